"""B15 timing, B16 hashing and truncation, B17 Basic header laxness, B18 public clients with secrets."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from tallystick.clientauth import registered_keys
from tallystick.clientauth.authenticate import AuthenticationRequest, Authenticator
from tallystick.clients.directory import ClientDirectory
from tallystick.clients.secrets import SecretHasher
from tallystick.errors import OAuthError
from tallystick.jose.jwt import verify
from tallystick.tenants.tenant import Tenant
from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application
from tests.attacks.expect import accepted, refused, refused_for
from tests.forge import Key
from tests.memory import MemoryRecords
from tests.patience import settle

UNKNOWN = "NoSuchClientNoSuchClientNoSuchCl"
CHOSEN = "a+b%2Bc:d&e=f~!@#$^*()_-[]{}|<>,.?/`\\'\";0123456789%41"
"""A secret of every character that form encoding, Basic and percent encoding treat in their own way."""


def shape(answer: httpx.Response) -> tuple[Any, ...]:
    """All that a stranger sees of an answer, but for what is different in every one."""
    volatile = {"x-correlation-id", "date"}
    headers = [(name, "" if name in volatile else value) for name, value in answer.headers.items()]
    body = {**answer.json(), "correlation_id": len(answer.json()["correlation_id"])}
    return answer.status_code, headers, body, len(answer.content)


@pytest.fixture(scope="module")
def public(admin: Administrator, audience: str) -> Application:
    """A public client."""
    client = admin.client(token_endpoint_auth_method="none", app_type="native", grant_types=["authorization_code"])
    return Application(admin.server, client["client_id"], audience)


@pytest.fixture(scope="module")
def mtls(admin: Administrator, audience: str) -> Application:
    """A client that authenticates by certificate."""
    application = admin.application(audience)
    dn = admin.credential(application.client_id, credential_type="cert_subject_dn", subject_dn="CN=b15")
    admin.use(application.client_id, "tls_client_auth", dn["id"])
    return application


# B15: equal work and equal answers


def test_b15_the_answer_does_not_tell_why(
    secret: Application, keyed: Application, public: Application, mtls: Application
) -> None:
    ids = (UNKNOWN, public.client_id, secret.client_id, keyed.client_id, mtls.client_id)
    by_post = [secret.post(secret.form(client_id=each, client_secret="w" * 64)) for each in ids]
    by_basic = [secret.post(secret.form(), auth=(each, "w" * 64)) for each in ids]
    for answers in (by_post, by_basic):
        for answer in answers:
            refused(answer)
        assert len({repr(shape(answer)) for answer in answers}) == 1, [shape(answer) for answer in answers]


def test_b15_no_answer_tells_which_clients_use_keys(
    secret: Application, keyed: Application, public: Application, mtls: Application
) -> None:
    thief = Key("ES256")
    answers = [
        secret.by_assertion(thief.assertion(each, secret.server.issuer))
        for each in (UNKNOWN, public.client_id, secret.client_id, keyed.client_id, mtls.client_id)
    ]
    for answer in answers:
        refused(answer)
    assert len({repr(shape(answer)) for answer in answers}) == 1


def test_b15_nothing_but_a_client_id_is_answered_alike_for_every_client_that_must_prove_itself(
    secret: Application, keyed: Application, mtls: Application
) -> None:
    ids = (UNKNOWN, secret.client_id, keyed.client_id, mtls.client_id)
    answers = [secret.post(secret.form(client_id=each)) for each in ids]
    for answer in answers:
        refused(answer)
    assert len({repr(shape(answer)) for answer in answers}) == 1


def test_b15_the_log_does_tell(admin: Administrator, secret: Application, public: Application) -> None:
    wrong = {"client_secret": "w" * 64}
    assert admin.failing_check(secret.post(secret.form(client_id=UNKNOWN, **wrong))) == "client.unknown"
    assert admin.failing_check(public.post(public.form(client_id=public.client_id, **wrong))) == "client.method_is_none"
    answer = secret.post(secret.form(client_id=secret.client_id, **wrong))
    assert admin.failing_check(answer) == "client_secret.match"


class CountingHasher(SecretHasher):
    """Counts its work."""

    def __init__(self) -> None:
        super().__init__(b"k" * 32)
        self.hashes = 0

    def hash(self, secret: str) -> str:
        """One more."""
        self.hashes += 1
        return super().hash(secret)


def authenticate(hasher: SecretHasher, parameters: dict[str, str]) -> OAuthError:
    """The refusal of a deployment without a single client."""
    records = MemoryRecords()
    authenticator = Authenticator(ClientDirectory(records, records), None, None, hasher, None)  # type: ignore[arg-type]  # no keys by address, nothing to spend or notch
    tenant = Tenant(tenant_id="t", name="t", issuer="https://t/", mtls_issuer="https://t/", created_at_ms=0)
    request = AuthenticationRequest(
        tenant=tenant, endpoint_urls=(), authorization=(), parameters=parameters, peer_certificates=(), now_ms=0
    )
    with pytest.raises(OAuthError) as refusal:
        asyncio.run(authenticator.authenticate(request))
    return refusal.value


def test_b15_a_secret_is_hashed_and_a_signature_verified_for_unknown_clients_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = CountingHasher()
    assert authenticate(hasher, {"client_id": UNKNOWN, "client_secret": "w" * 64}).check == "client.unknown"
    assert hasher.hashes == 1
    verified: list[str] = []
    original = verify

    def counted(jwt: Any, key: Any, alg: str) -> Any:
        verified.append(alg)
        return original(jwt, key, alg)

    monkeypatch.setattr(registered_keys, "verify", counted)
    for alg in ("RS256", "PS384", "ES256", "ES512", "Ed25519"):
        assertion = Key(alg).assertion(UNKNOWN, "https://t/")
        shown = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
        assert authenticate(hasher, shown).check == "client.unknown"
    assert verified == ["RS256", "PS384", "ES256", "ES512", "Ed25519"]


# B16: every byte counts


@pytest.fixture(scope="module")
def long_secret(admin: Administrator, audience: str) -> Application:
    """A client whose administrator chose the longest secret there may be."""
    application = admin.application(audience)
    application.secret = ("0123456789abcdefghijklmnopqrstuvwxyz" * 20)[:512]
    admin.ask("PATCH", f"clients/{application.client_id}", {"client_secret": application.secret})
    return application


@pytest.mark.parametrize("length", [1, 31, 55, 56, 63, 64, 71, 72, 73, 127, 128, 255, 256, 511])
def test_b16_a_prefix_of_the_secret_is_another_secret(
    admin: Administrator, long_secret: Application, length: int
) -> None:
    assert long_secret.secret is not None
    for shown in (long_secret.secret[:length], long_secret.secret[:length] + "~" * (512 - length)):
        answer = long_secret.post(long_secret.form(client_id=long_secret.client_id, client_secret=shown))
        refused_for(admin, answer, "client_secret.match")
    accepted(long_secret.by_secret())


@pytest.mark.parametrize("suffix", ["0", " ", "\x00", "\n", "%00", "\u0301"])
def test_b16_a_longer_secret_is_another_secret(long_secret: Application, suffix: str) -> None:
    assert long_secret.secret is not None
    for shown in (long_secret.secret + suffix, suffix + long_secret.secret):
        refused(long_secret.post(long_secret.form(client_id=long_secret.client_id, client_secret=shown)))


@pytest.mark.parametrize("length", [1025, 10_000, 60_000])
def test_b16_huge_secrets_are_refused_before_they_are_hashed(
    admin: Administrator, long_secret: Application, length: int
) -> None:
    assert long_secret.secret is not None
    shown = long_secret.secret + "x" * (length - 512)
    answer = long_secret.post(long_secret.form(client_id=long_secret.client_id, client_secret=shown))
    refused_for(admin, answer, "client_secret.size")


def test_b16_case_and_white_space_count(secret: Application) -> None:
    assert secret.secret is not None
    for shown in (secret.secret.swapcase(), secret.secret + " ", " " + secret.secret, secret.secret[::-1]):
        refused(secret.post(secret.form(client_id=secret.client_id, client_secret=shown)))


@pytest.mark.parametrize("chosen", ["short", "a" * 64, "0123456789abcdef0123456789abcde", "ä" * 40, "x y" * 20])
def test_b16_weak_chosen_secrets_are_not_taken(admin: Administrator, secret: Application, chosen: str) -> None:
    answer = admin.call("PATCH", f"clients/{secret.client_id}", {"client_secret": chosen})
    assert answer.status_code == 400, answer.text
    accepted(secret.by_secret())


# B17: the Basic header, read in one way only


@pytest.fixture(scope="module")
def odd(admin: Administrator, audience: str) -> Application:
    """A client with a secret of awkward characters."""
    application = admin.application(audience)
    application.secret = CHOSEN
    admin.ask("PATCH", f"clients/{application.client_id}", {"client_secret": CHOSEN})
    return application


def with_header(application: Application, *values: bytes) -> httpx.Response:
    """A token request with these Authorization headers."""
    return application.post(application.form(), headers=[(b"Authorization", value) for value in values])


def basic(pair: str | bytes, scheme: bytes = b"Basic ") -> bytes:
    """The header around an id and a secret, joined and encoded as they may be."""
    return scheme + b64encode(pair if isinstance(pair, bytes) else pair.encode())


def fully(text: str) -> str:
    """Every byte percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def test_b17_what_rfc_6749_encodes_is_accepted(odd: Application) -> None:
    assert odd.secret is not None
    for encode in (quote_plus, lambda text: quote(text, safe=""), fully, lambda text: fully(text).lower()):
        accepted(with_header(odd, basic(f"{encode(odd.client_id)}:{encode(odd.secret)}")))
    encoded = f"{odd.client_id}:{quote_plus(odd.secret)}"
    for scheme in (b"basic ", b"BASIC ", b"bAsIc ", b"Basic  "):
        accepted(with_header(odd, basic(encoded, scheme)))
    accepted(odd.by_secret())
    accepted(odd.post(odd.form(client_id=odd.client_id), headers=[(b"Authorization", basic(encoded))]))


def test_b17_what_is_not_encoded_or_twice_is_another_secret(odd: Application) -> None:
    assert odd.secret is not None
    for spelled in (odd.secret, quote_plus(quote_plus(odd.secret)), quote_plus(odd.secret).replace("%2B", "+")):
        refused(with_header(odd, basic(f"{odd.client_id}:{spelled}")))
        refused(with_header(odd, basic(f"{odd.client_id}:{spelled.replace('+', '%20')}")))
    refused(with_header(odd, basic(f"{quote(quote(fully(odd.client_id)))}:{quote_plus(odd.secret)}")))


MALFORMED = {
    "no base64": (b"Basic !!!!", "presented.basic_base64"),
    "no padding": (b"Basic " + b64encode(b"ab:cd").rstrip(b"="), "presented.basic_base64"),
    "base64url": (b"Basic " + b64encode(b"\xfb\xff:\xfb").replace(b"+", b"-").replace(b"/", b"_"), None),
    "white space within": (b"Basic YWI 6Y2Q=", "presented.basic_base64"),
    "trailing garbage": (basic("ab:cd") + b"!", "presented.basic_base64"),
    "two values": (basic("ab:cd") + b", " + basic("ab:cd"), "presented.basic_base64"),
    "nothing": (b"Basic", "presented.basic_colon"),
    "no colon": (basic("abcdefgh"), "presented.basic_colon"),
    "encoded colon": (basic("ab%3Acd"), "presented.basic_colon"),
    "empty id": (basic(":secret"), "presented.basic_client_id"),
    "nothing but a colon": (basic(":"), "presented.basic_client_id"),
    "no UTF-8": (basic(b"ab:\xff\xfe"), "presented.basic_utf8"),
    "no UTF-8 in the id": (basic(b"\xc3\x28:cd"), "presented.basic_utf8"),
    "no UTF-8 once decoded": (basic("ab:%ff%fe"), "presented.basic_utf8"),
    "overlong UTF-8": (basic("ab:%c0%af"), "presented.basic_utf8"),
    "broken percent": (basic("ab:cd%4"), "presented.basic_percent"),
    "percent of no hex": (basic("ab%zz:cd"), "presented.basic_percent"),
    "lone percent": (basic("ab:%"), "presented.basic_percent"),
    "Bearer": (b"Bearer abcdef", "presented.scheme"),
    "Digest": (b'Digest username="ab", response="cd"', "presented.scheme"),
    "DPoP": (b"DPoP abcdef", "presented.scheme"),
    "no scheme": (b"YWI6Y2Q=", "presented.scheme"),
    "tab": (b"Basic\tYWI6Y2Q=", "presented.scheme"),
    "prefix of the scheme": (b"Basi YWI6Y2Q=", "presented.scheme"),
    "scheme and more": (b"Basics YWI6Y2Q=", "presented.scheme"),
    "bytes beyond ASCII": (b"Basic \xc3\xa4\xc3\xa4", "presented.basic_base64"),
}


@pytest.mark.parametrize("header", MALFORMED)
def test_b17_malformed_headers_are_refused(admin: Administrator, secret: Application, header: str) -> None:
    value, check = MALFORMED[header]
    answer = with_header(secret, value)
    refused(answer)
    assert answer.headers["www-authenticate"] == 'Basic realm="oauth"'
    assert check is None or admin.failing_check(answer) == check


def test_b17_laxness_around_a_good_secret(secret: Application) -> None:
    pair = f"{secret.client_id}:{secret.secret}"
    for spoilt in (pair + "\n", pair + "\r\n", pair + "\x00", " " + pair, pair + " ", pair.replace(":", ": ")):
        refused(with_header(secret, basic(spoilt)))
    refused(with_header(secret, basic(f"{secret.client_id}::{secret.secret}")))
    refused(with_header(secret, basic(f"{secret.client_id.swapcase()}:{secret.secret}")))
    accepted(with_header(secret, basic(pair)))


def test_b17_several_headers(admin: Administrator, secret: Application) -> None:
    good = basic(f"{secret.client_id}:{secret.secret}")
    for values in ((good, good), (good, b"Bearer x"), (b"Bearer x", good), (good, b""), (b"", good)):
        refused_for(admin, with_header(secret, *values), "presented.one_header", "invalid_request")
    refused(with_header(secret, b""))


def test_b17_another_client_id_beside_the_header(admin: Administrator, secret: Application) -> None:
    answer = secret.post(secret.form(client_id=UNKNOWN), auth=(secret.client_id, secret.secret or ""))
    refused_for(admin, answer, "presented.client_id_differs")


# B18: who has a secret and who has not


@pytest.mark.parametrize("shown", ["x", "null", "undefined", "none", "0", "w" * 64])
def test_b18_a_public_client_never_takes_a_secret(admin: Administrator, public: Application, shown: str) -> None:
    form = public.form(client_id=public.client_id, client_secret=shown)
    refused_for(admin, public.post(form), "client.method_is_none")
    refused_for(admin, public.post(public.form(), auth=(public.client_id, shown)), "client.method_is_none")
    form["grant_type"] = "authorization_code"
    refused_for(admin, public.post(form), "client.method_is_none")


def test_b18_a_public_client_gets_no_client_credentials(admin: Administrator, public: Application) -> None:
    answer = public.post(public.form(client_id=public.client_id))
    refused_for(admin, answer, "grant.allowed", "unauthorized_client")
    for grant_types in (["client_credentials"], ["authorization_code", "client_credentials"]):
        body = {"grant_types": grant_types}
        assert admin.call("PATCH", f"clients/{public.client_id}", body).status_code == 400
        assert admin.call("POST", "clients", {"name": "b18", "token_endpoint_auth_method": "none", **body}).is_error


def test_b18_confidential_to_public_and_back(admin: Administrator, audience: str) -> None:
    application = admin.application(audience)
    path = f"clients/{application.client_id}"
    accepted(application.by_secret())
    changed = admin.ask("PATCH", path, {"token_endpoint_auth_method": "none"})
    assert "client_secret" not in changed
    assert "client_credentials" not in changed["grant_types"]
    settle()
    refused_for(admin, application.by_secret(), "client.method_is_none")
    refused(application.post(application.form(client_id=application.client_id)), "unauthorized_client")
    back = {"token_endpoint_auth_method": "client_secret_post", "grant_types": ["client_credentials"]}
    issued = admin.ask("PATCH", path, back)["client_secret"]
    settle()
    refused_for(admin, application.by_secret(), "client_secret.match")
    application.secret = issued
    accepted(application.by_secret())


def test_b18_every_live_secret_works_and_no_other(admin: Administrator, audience: str) -> None:
    application = admin.application(audience)
    first = application.secret or ""
    now = datetime.now(UTC)

    def added(**life: str) -> dict[str, Any]:
        return admin.credential(application.client_id, credential_type="client_secret", **life)

    second, third = added(), added(expires_at=f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    ended, early = added(), added(not_before=f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    withdrawn = added()
    path = f"clients/{application.client_id}/credentials"
    past = {"expires_at": f"{now - timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"}
    admin.ask("PATCH", f"{path}/{ended['id']}", past)
    admin.ask("DELETE", f"{path}/{withdrawn['id']}")
    for shown in (first, second["client_secret"], third["client_secret"]):
        application.secret = shown
        accepted(application.by_secret())
    for row, check in (
        (ended, "client_secret.life"),
        (early, "client_secret.life"),
        (withdrawn, "client_secret.match"),
    ):
        application.secret = row["client_secret"]
        refused_for(admin, application.by_secret(), check)
    assert admin.call("GET", f"{path}/{withdrawn['id']}").status_code == 404


def test_b18_a_withdrawn_secret_ends_at_every_worker(admin: Administrator, audience: str) -> None:
    application = admin.application(audience)
    row = admin.credential(application.client_id, credential_type="client_secret")
    application.secret = row["client_secret"]
    form = application.form(client_id=application.client_id, client_secret=application.secret)
    for _ in range(8):  # connections of their own, so that every worker knows it
        with application.server.http() as http:
            accepted(application.post(form, http))
    admin.ask("DELETE", f"clients/{application.client_id}/credentials/{row['id']}")
    settle()
    for _ in range(8):
        with application.server.http() as http:
            refused(application.post(form, http))


def test_b18_a_secret_of_another_client(admin: Administrator, secret: Application, audience: str) -> None:
    other = admin.application(audience)
    refused_for(
        admin,
        secret.post(secret.form(client_id=secret.client_id, client_secret=other.secret)),
        "client_secret.match",
    )


def test_b18_the_secret_in_json_is_a_string(secret: Application) -> None:
    for shown in ([secret.secret], {"$ne": None}, True, 0, {"client_secret": secret.secret}):
        body = {**secret.form(client_id=secret.client_id), "client_secret": shown}
        refused(secret.http.post("oauth/token", json=body), "invalid_request")
    for empty in ("", None):  # counts as none at all (RFC 6749 3.1)
        body = {**secret.form(client_id=secret.client_id), "client_secret": empty}
        refused(secret.http.post("oauth/token", json=body))
