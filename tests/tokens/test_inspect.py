"""Which access tokens are ours, check by check (RFC 6750 3.1, RFC 8705 3, RFC 9068 4)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tallystick.apis.directory import ApiDirectory
from tallystick.clients.client import Client
from tallystick.clients.directory import ClientDirectory
from tallystick.errors import OAuthError
from tallystick.jose.signer import Signer
from tallystick.records import Change
from tallystick.sealing import Sealer
from tallystick.sender.mtls import binding_of
from tallystick.sender.nonces import Nonces
from tallystick.sender.possession import BEARER, Possession
from tallystick.sender.proof_walk import Expected
from tallystick.signing.key import SigningKey
from tallystick.signing.make import SEAL_PURPOSE, make_key
from tallystick.signing.ring import KeyRing
from tallystick.tenants.hosts import HostDirectory
from tallystick.tenants.tenant import Tenant, TenantHost
from tallystick.tokens.bearer import InspectedToken
from tallystick.tokens.inspect import Inspector
from tallystick.tokens.opaque_tokens import OpaqueTokens
from tallystick.tokens.proofs import Proofs
from tallystick.tokens.recognise import Recogniser
from tallystick.tokens.revocations import Revocations
from tests.forge import LEFT_OUT, Key
from tests.memory import MemoryRecords, MovableClock

NOW_S = 1_800_000_000
AUDIENCE = "https://as.example/api/v2/"
TENANT = Tenant(
    tenant_id="t1", name="t1", issuer="https://as.example/", mtls_issuer="https://as.example/", created_at_ms=0
)
NEIGHBOUR = replace(TENANT, tenant_id="t2", issuer="https://other.example/")
CUSTOM, NEIGHBOURS = "https://id.acme.example/", "https://id.umbrella.example/"
"""The issuers of a custom domain of each."""
SEALER = Sealer(b"m" * 32, SEAL_PURPOSE)
GOOD = {
    "iss": TENANT.issuer,
    "sub": "client@clients",
    "aud": AUDIENCE,
    "iat": NOW_S,
    "exp": NOW_S + 60,
    "azp": "client",
    "scope": "read:clients create:clients",
}


def made(tenant: Tenant) -> SigningKey:
    return asyncio.run(make_key(SEALER, tenant, "ES256", "current", NOW_S * 1000))


class NothingKept:
    """Live records without any."""

    async def get(self, kind: type[Any], tenant_id: str, *key: str) -> None:
        return None


class House:
    """One tenant with an application and a signing key, and its neighbour likewise."""

    def __init__(self) -> None:
        rows = [
            Client(tenant_id=tenant.tenant_id, client_id="client", name="c", created_at_ms=0, updated_at_ms=0)
            for tenant in (TENANT, NEIGHBOUR)
        ]
        self.keys = {tenant.tenant_id: made(tenant) for tenant in (TENANT, NEIGHBOUR)}
        hosts = [
            TenantHost(tenant_id=tenant_id, host=host, issuer=issuer, mtls_issuer=issuer, custom_domain_id="cd_1")
            for tenant_id, host, issuer in (
                ("t1", "id.acme.example", CUSTOM),
                ("t2", "id.umbrella.example", NEIGHBOURS),
            )
        ]
        self.records = MemoryRecords(*rows, *self.keys.values(), *hosts)
        self.clock = MovableClock(NOW_S * 1000)
        self.ring = KeyRing(self.records, self.records, SEALER)
        clients = ClientDirectory(self.records, self.records)
        nobody: Any = None  # these tokens are the applications' own
        hosts_of = HostDirectory(self.records, self.records)
        proofs = Proofs(nonces=Nonces(b"n" * 32), one_time=nobody)
        live: Any = NothingKept()
        tokens, revocations = OpaqueTokens(live, nobody), Revocations(live)
        recogniser = Recogniser(self.ring, clients, hosts_of, live, self.clock, tokens, revocations)
        self.inspector = Inspector(recogniser, proofs, ApiDirectory(self.records, self.records, list))

    def token(self, tenant: Tenant = TENANT, typ: str = "JWT", **claims: Any) -> str:
        """A token as the tenant signs it; claims as given replace the good ones."""
        full = {name: value for name, value in {**GOOD, **claims}.items() if value is not LEFT_OUT}
        signer: Signer = asyncio.run(self.ring.signer(tenant.tenant_id, "ES256"))
        return signer.sign(msgspec.json.encode(full), typ)

    def inspect(self, token: str, *certificates: bytes, audience: str = AUDIENCE) -> InspectedToken:
        expected = Expected(method="GET", urls=(AUDIENCE,), now_ms=self.clock.now_ms())
        possession = Possession(scheme=BEARER, peer_certificates=certificates, expected=expected)
        return asyncio.run(self.inspector.inspect(TENANT, token, audience=audience, possession=possession))

    def check(self, token: str, *certificates: bytes, audience: str = AUDIENCE) -> str:
        """The failing check."""
        with pytest.raises(OAuthError) as refusal:
            self.inspect(token, *certificates, audience=audience)
        assert (refusal.value.code, refusal.value.status) == ("invalid_token", 401)
        return refusal.value.check


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def test_a_good_token_says_who_and_what(house: House) -> None:
    inspected = house.inspect(house.token())
    assert (inspected.client_id, inspected.subject, inspected.audience) == ("client", "client@clients", AUDIENCE)
    assert inspected.scopes == {"read:clients", "create:clients"}
    assert house.inspect(house.token(scope=LEFT_OUT)).scopes == frozenset()
    # RFC 9068 2.2
    assert house.inspect(house.token(typ="at+jwt", azp=LEFT_OUT, client_id="client")).client_id == "client"
    assert house.inspect(house.token(aud=["https://api.example/", AUDIENCE])).audience == AUDIENCE


@pytest.mark.parametrize("typ", ["dpop+jwt", "client-authentication+jwt", "logout+jwt", "id_token", "at+jwt2", ""])
def test_f45_other_kinds_of_jwt_are_no_access_tokens(house: House, typ: str) -> None:
    assert house.check(house.token(typ=typ)) == "token.typ"


def test_f45_a_token_without_a_type_is_none(house: House) -> None:
    key = house.keys["t1"]
    assert house.check(Key("ES256", kid=key.kid).jwt(GOOD)) == "token.typ"


def test_a_key_that_is_not_ours(house: House) -> None:
    good = house.token()
    kid = house.keys["t1"].kid
    assert house.check(Key("ES256").jwt(GOOD, typ="JWT")) == "token.kid"
    assert house.check(Key("ES256", kid="unknown").jwt(GOOD, typ="JWT")) == "token.kid"
    assert house.check(Key("ES256", kid=kid.swapcase()).jwt(GOOD, typ="JWT")) == "token.kid"
    assert house.check(Key("ES256", kid=kid).jwt(GOOD, typ="JWT")) == "jwt.signature"
    assert house.check(Key("RS256", kid=kid).jwt(GOOD, typ="JWT")) == "jwt.alg"
    header, payload, signature = good.split(".")
    assert house.check(f"{header}.{payload}.{signature[:-8]}AAAAAAAA") == "jwt.signature"


def test_a_key_of_another_tenant_is_not_ours(house: House) -> None:
    assert house.check(house.token(NEIGHBOUR)) == "token.kid"


@pytest.mark.parametrize(
    "iss",
    [
        LEFT_OUT,
        NEIGHBOUR.issuer,
        NEIGHBOURS,
        TENANT.issuer[:-1],
        TENANT.issuer + "/",
        TENANT.issuer.upper(),
        CUSTOM[:-1],
        "https://mtls.id.acme.example/",
    ],
)
def test_the_issuer_is_this_tenant(house: House, iss: Any) -> None:
    assert house.check(house.token(iss=iss)) == "token.iss"


def test_a_token_of_a_custom_domain_counts_by_every_host_of_its_tenant(house: House) -> None:
    assert house.inspect(house.token(iss=CUSTOM)).client_id == "client"


@pytest.mark.parametrize(
    "aud", [LEFT_OUT, [], AUDIENCE[:-1], AUDIENCE + "x", AUDIENCE.upper(), ["https://api.example/"], TENANT.issuer]
)
def test_the_audience_is_this_api(house: House, aud: Any) -> None:
    assert house.check(house.token(aud=aud)) == "token.aud"


def test_it_ends_with_exp(house: House) -> None:
    assert house.check(house.token(exp=NOW_S)) == "token.exp"
    assert house.check(house.token(exp=NOW_S - 1)) == "token.exp"
    assert house.check(house.token(exp=LEFT_OUT)) == "token.exp"
    assert house.inspect(house.token(exp=NOW_S + 1)).client_id == "client"
    assert house.check(house.token(exp=True)) == "jwt.claim.exp"
    assert house.check(house.token(exp="1900000000")) == "jwt.claim.exp"


def test_a_client_must_be_named_and_still_exist(house: House) -> None:
    assert house.check(house.token(azp=LEFT_OUT)) == "token.client"
    assert house.check(house.token(azp="gone")) == "token.client_gone"
    house = House()
    token = house.token()
    house.inspect(token)
    row = house.records.rows[Client][("t1", "client")]
    asyncio.run(house.records.commit(Change(tenant_id="t1", base_revision=0, erasures=[row])))
    assert house.check(token) == "token.client_gone"


def test_a_revoked_key_signs_nothing_any_more() -> None:
    house = House()
    token = house.token()
    house.inspect(token)
    gone = replace(house.keys["t1"], revoked_at_ms=1)
    asyncio.run(house.records.commit(Change(tenant_id="t1", base_revision=0, saves=[gone])))
    assert house.check(token) == "token.kid"


def test_c28_a_bound_token_needs_its_certificate(house: House) -> None:
    mine, other = b"the certificate", b"another certificate"
    binding = binding_of((mine,))
    assert binding is not None
    bound = house.token(cnf=binding.confirmation)
    assert house.inspect(bound, mine).client_id == "client"
    assert house.inspect(bound, mine, other).client_id == "client"
    for shown in ((), (other,), (other, mine)):
        assert house.check(bound, *shown) == "possession.certificate"


def test_f43_it_begins_with_nbf(house: House) -> None:
    assert house.check(house.token(nbf=NOW_S + 1)) == "token.nbf"
    assert house.inspect(house.token(nbf=NOW_S)).client_id == "client"
    assert house.check(house.token(nbf=None)) == "jwt.claim.nbf"


@pytest.mark.parametrize(
    ("cnf", "check"),
    [
        ({}, "possession.confirmation"),
        ({"kid": "x"}, "possession.confirmation"),
        ({"jkt": "x"}, "possession.scheme"),
        ({"x5t#S256": ""}, "possession.certificate"),
        ({"x5t#S256": 5}, "possession.certificate"),
    ],
)
def test_f46_a_confirmation_that_is_not_understood_is_not_proven(house: House, cnf: Any, check: str) -> None:
    assert house.check(house.token(cnf=cnf), b"the certificate") == check


@pytest.mark.parametrize("cnf", ["x", ["x5t#S256"], 5, False, None])
def test_f46_a_confirmation_that_is_no_object_is_not_no_confirmation(house: House, cnf: Any) -> None:
    assert house.check(house.token(cnf=cnf), b"the certificate") == "token.cnf"


def test_f46_one_more_member_must_be_proven_too(house: House) -> None:
    binding = binding_of((b"the certificate",))
    assert binding is not None
    both = {**binding.confirmation, "jkt": "x"}
    assert house.check(house.token(cnf=both), b"the certificate") == "possession.confirmation"


@pytest.mark.parametrize("claims", [{"sub": 5}, {"scope": ["read:clients"]}, {"azp": 5}, {"aud": 5}, {"iss": 5}])
def test_claims_of_the_wrong_type(house: House, claims: dict[str, Any]) -> None:
    assert house.check(house.token(**claims)) == f"jwt.claim.{next(iter(claims))}"


def test_more_than_any_token_of_ours(house: House) -> None:
    assert house.inspect(house.token(padding="x" * 3000)).client_id == "client"
    assert house.check(house.token(padding="x" * 49_152)) == "jwt.size"


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "a.b.c.d.e", "\u00e9", "null"])
def test_f41_what_is_no_token(house: House, token: str) -> None:
    assert house.check(token).startswith("jwt." if "." in token else "token.opaque")
    good = house.token()
    for spoilt in (good[:-1], good + "A", good.swapcase(), good[1:], good + "."):
        house.check(spoilt)
