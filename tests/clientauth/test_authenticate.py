"""The one way through: exactly one client, one method, equal work for whoever fails, and the one-time value last."""

from __future__ import annotations

import asyncio
import contextlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.clientauth import authenticate, private_key_jwt
from tallystick.clientauth.authenticate import AuthenticatedClient, AuthenticationRequest, Authenticator
from tallystick.clientauth.decoy import make_decoy
from tallystick.clientauth.method import Evidence, Method, Proof
from tallystick.clientauth.presented import JWT_BEARER
from tallystick.clientauth.table import METHODS
from tallystick.clients.client_keys import ClientKeys
from tallystick.clients.credential import Credential
from tallystick.clients.directory import ClientDirectory
from tallystick.clients.secrets import SecretHasher
from tallystick.errors import OAuthError
from tallystick.jose.algorithms import ALGORITHMS
from tallystick.jose.claims import PROOF, VerifiedClaims
from tallystick.onetime import OneTimeValue
from tallystick.profiles import OAUTH21
from tallystick.records import Record
from tallystick.tallies import Tallies
from tallystick.tenants.tenant import Tenant
from tests.application import now_ms
from tests.certificate_mill import authority, leaf
from tests.clientauth.evidence import (
    CLIENT_ID,
    HASHER,
    NOW_MS,
    TENANT,
    TOKEN_URLS,
    assertion,
    client,
    client_using,
    credential,
    der,
    key_credential,
    registered_certificate,
    secret_credential,
)
from tests.clientauth.test_mtls_methods import trusting
from tests.forge import LEFT_OUT, Key
from tests.memory import MemoryRecords, MemoryTallies

KEY = Key("ES256")
NO_KEY_SETS = ClientKeys(None)  # type: ignore[arg-type]  # no client here has its keys by address
SECRET = "the-secret-of-the-client"
BASIC = b"Basic " + b64encode(f"{CLIENT_ID}:{SECRET}".encode())


class Spent:
    """Implements `onetime.OneTimeStore`, and notes what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[OneTimeValue] = []

    async def spend(self, value: OneTimeValue) -> bool:
        """True the first time."""
        self.asked.append(value)
        return value.key() not in {each.key() for each in self.asked[:-1]}


class House:
    """A deployment of nothing but client authentication."""

    def __init__(self, *records: Record, hasher: SecretHasher = HASHER) -> None:
        self.records = MemoryRecords(*records)
        self.spent = Spent()
        self.kept = MemoryTallies()
        self.tallies = Tallies(self.kept)
        directory = ClientDirectory(self.records, self.records)
        self.authenticator = Authenticator(directory, NO_KEY_SETS, self.spent, hasher, self.tallies)

    def authenticate(
        self,
        *authorization: bytes,
        tenant: Tenant = TENANT,
        certificates: tuple[bytes, ...] = (),
        now_ms: int = NOW_MS,
        **parameters: Any,
    ) -> AuthenticatedClient:
        request = AuthenticationRequest(
            tenant=tenant,
            endpoint_urls=TOKEN_URLS,
            authorization=authorization,
            parameters=parameters,
            peer_certificates=certificates,
            now_ms=now_ms,
        )
        return asyncio.run(self.authenticator.authenticate(request))

    @property
    def uses(self) -> dict[str, int]:
        """How often each credential counts as used."""
        asyncio.run(self.tallies.flush())
        return {id: use.uses for id, use in self.kept.uses.items()}

    def check(self, *authorization: bytes, **options: Any) -> str:
        """The failing check; the caller hears the same of every one."""
        with pytest.raises(OAuthError) as refusal:
            self.authenticate(*authorization, **options)
        assert (refusal.value.code, refusal.value.description) == ("invalid_client", "Client authentication failed.")
        return refusal.value.check


def asserted(shown: str, **beside: str) -> dict[str, Any]:
    return {"client_assertion_type": JWT_BEARER, "client_assertion": shown, **beside}


def secret_house(**metadata: Any) -> House:
    return House(client(metadata=metadata), secret_credential(SECRET))


def key_house(*keys: Key, **metadata: Any) -> House:
    rows = [key_credential(key) for key in keys or (KEY,)]
    return House(client_using("private_key_jwt", *rows, **metadata), *rows)


# Who is let in


def test_each_method_authenticates_its_client() -> None:
    house = secret_house()
    assert house.authenticate(client_id=CLIENT_ID, client_secret=SECRET).method == "client_secret_post"
    house = secret_house(token_endpoint_auth_method="client_secret_basic")
    assert house.authenticate(BASIC).method == "client_secret_basic"
    proven = key_house().authenticate(**asserted(assertion(KEY)))
    assert (proven.method, proven.client.client_id, proven.is_confidential) == ("private_key_jwt", CLIENT_ID, True)
    holder = leaf("CN=one")
    row = registered_certificate(holder)
    house = House(client_using("self_signed_tls_client_auth", row), row)
    proven = house.authenticate(client_id=CLIENT_ID, certificates=(der(holder),), now_ms=now_ms())
    assert (proven.method, proven.credential) == ("self_signed_tls_client_auth", row)
    proven = secret_house(token_endpoint_auth_method="none").authenticate(client_id=CLIENT_ID)
    assert (proven.method, proven.credential, proven.is_confidential) == ("none", None, False)


@pytest.mark.parametrize("registered", ["client_secret_post", "client_secret_basic"])
def test_a_secret_client_may_show_its_secret_in_either_place(registered: str) -> None:
    house = secret_house(token_endpoint_auth_method=registered)
    assert house.authenticate(client_id=CLIENT_ID, client_secret=SECRET).credential is not None
    assert house.authenticate(BASIC).credential is not None


def test_a9_a_profile_narrows_the_methods() -> None:
    level = {"compliance_level": "fapi2_sp_pkj_mtls"}
    assert secret_house(**level).check(client_id=CLIENT_ID, client_secret=SECRET) == "profile.authentication_methods"
    assert secret_house(**level).check(BASIC) == "profile.authentication_methods"
    assert key_house(**level).authenticate(**asserted(assertion(KEY))).method == "private_key_jwt"
    mtls = {"compliance_level": "fapi2_sp_mtls_mtls"}
    assert key_house(**mtls).check(**asserted(assertion(KEY))) == "profile.authentication_methods"
    public = secret_house(token_endpoint_auth_method="none", **level)
    assert public.check(client_id=CLIENT_ID) == "profile.authentication_methods"


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"metadata": {"compliance_level": "fapi2_sp_mtls_mtls"}}, "profile.authentication_methods"),
        ({"is_global": True}, "client.global"),
    ],
)
def test_no_address_is_asked_for_keys_of_a_client_that_may_not_use_them(fields: dict[str, Any], check: str) -> None:
    """Here nobody could ask one: whoever tried would fail otherwise."""
    methods = {"private_key_jwt": {"jwks_uri": "https://client.example/jwks.json"}}
    metadata = {**fields.pop("metadata", {}), "client_authentication_methods": methods}
    assert House(client(metadata=metadata, **fields)).check(**asserted(assertion(KEY))) == check


def test_an_address_of_keys_for_something_else_is_none_of_those_that_authenticate() -> None:
    row = key_credential(KEY)
    requests = {"signed_request_object": {"jwks_uri": "https://client.example/jwks.json"}}
    house = House(client_using("private_key_jwt", row, **requests), row)
    assert house.authenticate(**asserted(assertion(KEY))).credential == row


def test_whoever_has_certificates_at_an_address_and_shows_none_is_refused() -> None:
    methods = {"self_signed_tls_client_auth": {"jwks_uri": "https://client.example/jwks.json"}}
    house = House(client(metadata={"client_authentication_methods": methods}))
    with pytest.raises(OAuthError) as refusal:
        house.authenticate(client_id=CLIENT_ID)
    assert (refusal.value.check, refusal.value.evidence) == ("mtls.certificate_missing", {"client_id": CLIENT_ID})


def test_an_authority_that_is_newer_than_those_remembered_is_loaded_with_the_client_that_is_pinned_to_it() -> None:
    root, house = authority("CN=root"), House()
    assert house.check(client_id=CLIENT_ID) == "client.unknown"  # which remembers that there is no authority
    row = credential("cert_subject_dn", subject_dn="CN=one", certificate_authority_id="newer", client_id="later")
    newer = trusting(newer=root).by_id["newer"].authority
    for record in (replace(client_using("tls_client_auth", row), client_id="later"), row, newer):
        house.records._save(record)
    certificates = (der(leaf("CN=one", root)),)
    assert house.authenticate(client_id="later", certificates=certificates, now_ms=now_ms()).credential == row


def test_a9_a_profile_may_allow_one_of_the_two_places_of_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = replace(OAUTH21, authentication_methods=frozenset({"client_secret_basic"}))
    monkeypatch.setattr("tallystick.clients.floor.profile_of", lambda *_: narrow)
    for registered in ("client_secret_basic", "client_secret_post"):
        house = secret_house(token_endpoint_auth_method=registered)
        assert house.authenticate(BASIC).method == "client_secret_basic"
        assert house.check(client_id=CLIENT_ID, client_secret=SECRET) == "profile.authentication_methods"


def test_a_credential_counts_as_used_when_it_proved_its_client_and_only_then() -> None:
    house = key_house()
    (row,) = house.records.rows[Credential].values()
    assert house.check(**asserted(assertion(Key("ES256")))) == "jwt.signature"
    assert house.uses == {}
    shown = assertion(KEY)
    house.authenticate(**asserted(shown))
    assert house.check(**asserted(shown)) == "one_time.spent"
    assert house.uses == {row.id: 1}


# Who is not


def test_unknown_clients_of_any_spelling() -> None:
    house = secret_house()
    for other in ("other", CLIENT_ID.upper(), CLIENT_ID + "x", CLIENT_ID[:-1]):
        assert house.check(client_id=other, client_secret=SECRET) == "client.unknown"
        assert house.check(client_id=other) == "client.unknown"


def test_an_assertion_that_names_nobody_is_from_nobody() -> None:
    house = key_house()
    assert house.check(**asserted(assertion(KEY, sub=LEFT_OUT))) == "client.unknown"
    assert house.check(**asserted(assertion(KEY, sub=LEFT_OUT), client_id=CLIENT_ID)) == "presented.client_id_differs"


@pytest.mark.parametrize("odd", ["x" * 129, "a b", "a\n", "\u00e9", "a\x00b"])
def test_what_is_no_client_id_is_not_even_looked_up(odd: str) -> None:
    house = House(client(odd), secret_credential(SECRET, client_id=odd))
    assert house.check(client_id=odd, client_secret=SECRET) == "client.unknown"
    assert house.records.loads == 1  # the tenant's authorities


def test_a_client_of_another_tenant_is_unknown() -> None:
    house = secret_house()
    neighbour = replace(TENANT, tenant_id="t2")
    assert house.check(client_id=CLIENT_ID, client_secret=SECRET, tenant=neighbour) == "client.unknown"
    assert key_house().check(**asserted(assertion(KEY)), tenant=neighbour) == "client.unknown"


def test_the_global_client_never_authenticates() -> None:
    house = House(client(is_global=True), secret_credential(SECRET))
    assert house.check(client_id=CLIENT_ID, client_secret=SECRET) == "client.global"
    house = House(client(is_global=True, metadata={"token_endpoint_auth_method": "none"}))
    assert house.check(client_id=CLIENT_ID) == "client.global"


def test_a9_only_the_registered_method_counts() -> None:
    holder = leaf("CN=one")
    row = registered_certificate(holder)
    cases: list[tuple[House, str]] = [
        (House(client_using("private_key_jwt", key := key_credential(KEY)), key, secret_credential(SECRET)), "secret"),
        (House(client_using("self_signed_tls_client_auth", row), row, secret_credential(SECRET)), "secret"),
        (House(client(metadata={"token_endpoint_auth_method": "none"}), secret_credential(SECRET)), "secret"),
        (House(client(), secret_credential(SECRET), key_credential(KEY)), "assertion"),
        (House(client_using("self_signed_tls_client_auth", row), row, key_credential(KEY)), "assertion"),
        (secret_house(), "nothing"),
        (key_house(), "nothing"),
    ]
    shown: dict[str, dict[str, Any]] = {
        "secret": {"client_id": CLIENT_ID, "client_secret": SECRET},
        "assertion": asserted(assertion(KEY)),
        "nothing": {"client_id": CLIENT_ID},
    }
    for house, what in cases:
        assert house.check(**shown[what], certificates=(der(holder),)).startswith("client.method_is_")


def test_a10_client_id_beside_an_assertion_must_be_its_subject() -> None:
    house = key_house()
    assert house.authenticate(**asserted(assertion(KEY), client_id=CLIENT_ID)).client.client_id == CLIENT_ID
    for other in ("other", CLIENT_ID.upper(), CLIENT_ID + " "):
        assert house.check(**asserted(assertion(KEY), client_id=other)) == "presented.client_id_differs"


def test_a10_the_key_of_one_client_proves_no_other() -> None:
    mine, theirs = key_credential(KEY), key_credential(Key("ES256"), client_id="other")
    other = replace(client_using("private_key_jwt", theirs), client_id="other")
    house = House(client_using("private_key_jwt", mine), other, mine, theirs)
    assert house.check(**asserted(assertion(KEY, iss="other", sub="other"))) == "jwt.signature"
    assert house.check(**asserted(assertion(KEY, iss="other"))) == "private_key_jwt.iss"


def test_b18_the_secret_of_one_client_proves_no_other() -> None:
    house = House(
        client(), client("other"), secret_credential(SECRET), secret_credential("of-the-other", client_id="other")
    )
    assert house.authenticate(client_id="other", client_secret="of-the-other").client.client_id == "other"
    assert house.check(client_id="other", client_secret=SECRET) == "client_secret.match"
    assert house.check(client_id=CLIENT_ID, client_secret="of-the-other") == "client_secret.match"


# The one-time value


def test_a2_the_same_assertion_twice() -> None:
    house = key_house()
    shown = asserted(assertion(KEY, jti="one"))
    house.authenticate(**shown)
    assert house.check(**shown) == "one_time.spent"
    # Another signature over the same jti is the same value.
    assert house.check(**asserted(assertion(KEY, jti="one"))) == "one_time.spent"


@pytest.mark.parametrize(
    "spoilt", [{"aud": "https://other.example/"}, {"exp": 1}, {"iss": "other"}, {"iat": 2_000_000_000}]
)
def test_a3_whatever_fails_spends_nothing(spoilt: dict[str, Any]) -> None:
    house = key_house()
    house.check(**asserted(assertion(KEY, jti="one", **spoilt)))
    house.check(**asserted(assertion(Key("ES256"), jti="one")))
    house.check(**asserted(assertion(KEY, jti="one"), client_id="other"))
    assert house.spent.asked == []
    house.authenticate(**asserted(assertion(KEY, jti="one")))
    assert [value.value for value in house.spent.asked] == ["one"]


def test_the_log_learns_which_client_it_was_of_those_that_are_there() -> None:
    for house, told in ((secret_house(), {"client_id": CLIENT_ID}), (House(), {})):
        with pytest.raises(OAuthError) as refusal:
            house.authenticate(client_id=CLIENT_ID, client_secret="w" * 64)
        assert {name: value for name, value in refusal.value.evidence.items() if name == "client_id"} == told


def test_each_is_counted_by_the_method_it_was_judged_by(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, ...]] = []
    monkeypatch.setattr("tallystick.clientauth.authenticate.CLIENT_AUTHENTICATIONS.add", lambda *to: counted.append(to))
    secret_house().authenticate(client_id=CLIENT_ID, client_secret=SECRET)
    key_house().check(**asserted(assertion(Key("ES256"))))
    House().check(client_id="nobody")
    House().check(client_id="nobody", certificates=(der(leaf("CN=one")),))
    House().check()
    assert counted == [
        ("client_secret_post", "authenticated", ""),
        ("private_key_jwt", "refused", "jwt.signature"),
        ("none", "refused", "client.unknown"),
        ("tls_client_auth", "refused", "client.unknown"),
        ("none presented", "refused", "presented.nothing"),
    ]


# B15: equal work, and nothing that a decoy could let in


class Work:
    """Counts hashes and signature verifications, whoever does them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: Counter[str] = Counter()
        original_hash = SecretHasher.hash

        def counted_hash(hasher: SecretHasher, secret: str) -> str:
            self.done["hash"] += 1
            return original_hash(hasher, secret)

        monkeypatch.setattr(SecretHasher, "hash", counted_hash)
        monkeypatch.setattr("tallystick.jose.jwt.ALGORITHMS", {name: self._counted(name) for name in ALGORITHMS})

    def _counted(self, name: str) -> Any:
        original = ALGORITHMS[name]

        class Counted:
            fits = staticmethod(original.fits)

            @staticmethod
            def verify(key: Any, signing_input: bytes, signature: bytes) -> bool:
                self.done[name] += 1
                return original.verify(key, signing_input, signature)

        return Counted

    def of(self, house: House, *authorization: bytes, **options: Any) -> dict[str, int]:
        """What one refused request costs."""
        self.done.clear()
        house.check(*authorization, **options)
        return dict(self.done)


def houses() -> dict[str, Callable[[], House]]:
    """Every state that a client can be in, as a stranger meets it."""
    certificate = credential("x509_cert", thumbprint_sha256="x")
    subject = credential("cert_subject_dn", subject_dn="CN=x")
    return {
        "unknown": House,
        "secret": secret_house,
        "several secrets": lambda: House(client(), *(secret_credential(f"s-{number}") for number in range(3))),
        "no secret left": lambda: House(client()),
        "expired secret": lambda: House(client(), secret_credential("w" * 64, expires_at_ms=1)),
        "key": key_house,
        "public": lambda: secret_house(token_endpoint_auth_method="none"),
        "self-signed": lambda: House(client_using("self_signed_tls_client_auth", certificate), certificate),
        "by subject": lambda: House(client_using("tls_client_auth", subject), subject),
        "global": lambda: House(client(is_global=True), secret_credential(SECRET)),
        "not by its profile": lambda: secret_house(compliance_level="fapi2_sp_pkj_mtls"),
    }


@pytest.mark.parametrize("state", houses())
@pytest.mark.parametrize("place", ["body", "header"])
def test_b15_a_shown_secret_costs_one_hash_whatever_the_client(
    monkeypatch: pytest.MonkeyPatch, state: str, place: str
) -> None:
    work, house = Work(monkeypatch), houses()[state]()
    basic = b"Basic " + b64encode(f"{CLIENT_ID}:{'w' * 64}".encode())
    if place == "header":
        assert work.of(house, basic) == {"hash": 1}
    else:
        assert work.of(house, client_id=CLIENT_ID, client_secret="w" * 64) == {"hash": 1}


@pytest.mark.parametrize("state", houses())
def test_b15_a_shown_assertion_costs_one_verification_whatever_the_client(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    work, house = Work(monkeypatch), houses()[state]()
    assert work.of(house, **asserted(assertion(Key("ES256")))) == {"ES256": 1}


KEYS_THAT_DO_NOT_FIT: dict[str, Callable[[], House]] = {
    "expired": lambda: House(client_using("private_key_jwt", row := key_credential(KEY, expires_at_ms=1)), row),
    "of another algorithm": lambda: key_house(Key("Ed25519")),
    "with another kid": lambda: House(client_using("private_key_jwt", row := key_credential(KEY, kid="a")), row),
    "of an unknown client": House,
    "not by its profile": lambda: key_house(Key("PS256"), compliance_level="fapi2_sp_pkj_mtls"),
}


@pytest.mark.parametrize("state", KEYS_THAT_DO_NOT_FIT)
def test_b15_keys_that_do_not_fit_cost_as_much_as_an_unknown_client(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    work, house = Work(monkeypatch), KEYS_THAT_DO_NOT_FIT[state]()
    alg = "RS256" if state == "not by its profile" else "ES256"
    header = {} if state in ("expired", "of another algorithm", "not by its profile") else {"kid": "b"}
    assert work.of(house, **asserted(assertion(Key(alg), header))) == {alg: 1}


@pytest.mark.parametrize("state", ["unknown", "key", "secret"])
def test_b15_another_kind_of_jwt_costs_as_much(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    work, house = Work(monkeypatch), houses()[state]()
    assert work.of(house, **asserted(assertion(Key("ES256"), {"typ": "at+jwt"}))) == {"ES256": 1}


@pytest.mark.parametrize("alg", [name for name in ALGORITHMS if name not in ("RS384", "RS512", "PS384", "PS512")])
def test_b15_a_decoy_has_a_key_for_every_algorithm(monkeypatch: pytest.MonkeyPatch, alg: str) -> None:
    assert Work(monkeypatch).of(House(), **asserted(assertion(Key(alg)))) == {alg: 1}


def test_b15_a_shown_certificate_is_looked_at_whatever_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    original = METHODS["tls_client_auth"]

    def counted(evidence: Evidence) -> Proof:
        looked.append(evidence.client_id)
        return original.verify(evidence)

    monkeypatch.setitem(METHODS, "tls_client_auth", replace(original, verify=counted))
    certificate = der(leaf("CN=one"))
    for state in ("unknown", "secret", "key", "by subject"):
        house = houses()[state]()
        house.check(client_id=CLIENT_ID, certificates=(certificate,))
        assert looked == [CLIENT_ID], state
        looked.clear()


def test_b15_who_may_not_use_a_method_is_never_held_against_their_own_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A decoy stands in for a client that is there as for one that is not."""
    judged: list[str] = []
    original = authenticate._verified

    def noted(method: Method, evidence: Evidence, mismatch: str | None) -> Proof:
        judged.append(evidence.registered.client.tenant_id)
        return original(method, evidence, mismatch)

    monkeypatch.setattr(authenticate, "_verified", noted)
    for house in (House(), secret_house(), key_house()):
        with contextlib.suppress(OAuthError):
            house.authenticate(**asserted(assertion(KEY)))
    assert judged == ["", "", TENANT.tenant_id]


@pytest.mark.parametrize("state", ["unknown", "key", "by subject", "public"])
def test_b15_a_secret_over_mtls_costs_its_hash_whatever_the_client(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """The certificate that is there beside it is not what was shown."""
    work, house = Work(monkeypatch), houses()[state]()
    shown: dict[str, Any] = {"client_id": CLIENT_ID, "client_secret": SECRET, "certificates": (der(leaf("CN=one")),)}
    assert work.of(house, **shown) == {"hash": 1}


def test_a_decoy_holds_nothing_that_anybody_could_show() -> None:
    one, two = make_decoy("a"), make_decoy("a")
    assert one.secrets[0][1] != two.secrets[0][1]
    assert len(one.secrets[0][1]) == len(HASHER.hash("x"))
    assert one.client.client_id == "a"
    assert {key.algorithm for key in one.keys} == set(ALGORITHMS)


def test_b15_even_a_proof_against_the_decoy_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoy is for its work alone: were its key known, an unknown client would still be unknown."""
    monkeypatch.setattr(private_key_jwt, "verify_signature", lambda jwt, key, _: _accepting(jwt, key))
    house = House()
    assert house.check(**asserted(assertion(KEY))) == "client.unknown"
    assert house.spent.asked == []
    assert secret_house().check(**asserted(assertion(KEY))) == "client.method_is_client_secret_post"
    assert House().check(client_id="nobody") == "client.unknown"


def _accepting(jwt: Any, key: Any) -> VerifiedClaims:
    return VerifiedClaims(jwt.claims.members, key, PROOF)
