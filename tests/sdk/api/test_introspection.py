"""Tokens that are names: the server is asked, briefly believed, and never believed beyond what it said."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

import pytest

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.api import Introspection, introspection
from tallystick.sdk.api.fetching import Answer, Ask
from tallystick.sdk.api.introspection import CACHE_MS
from tallystick.sdk.api.protected_resource import ProtectedResource
from tallystick.sdk.api.verifier import TOKEN_BYTES_MAX
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.methods import ClientSecretBasic, ClientSecretPost, PrivateKeyJwt, SelfSignedTlsClientAuth
from tests.forge import LEFT_OUT

from .issuer import API, INTROSPECT, ISSUER, METADATA, NOW_MS, Issuer, asked, bearer, check_of

S = NOW_MS // 1000
TOKEN = "aB3-opaque_token"


@pytest.fixture
def issuer() -> Issuer:
    found = Issuer()
    found.pages[INTROSPECT] = answer()
    return found


def answer(**members: Any) -> dict[str, Any]:
    good = {"active": True, "iss": ISSUER, "aud": API, "sub": "user|1", "client_id": "c1", "scope": "read:orders"}
    said = {**good, "exp": S + 300, "token_type": "Bearer", **members}
    return {name: value for name, value in said.items() if value is not LEFT_OUT}


def resource(issuer: Issuer, **options: Any) -> ProtectedResource:
    how = Introspection(client_id="orders", method=ClientSecretPost("hush"), **options)
    return issuer.resource(introspection=how)


def test_rfc7662_2_1_the_api_shows_who_it_is_and_asks(issuer: Issuer) -> None:
    token = asked(resource(issuer), bearer(TOKEN))
    assert (token.subject, token.client_id, *token.scopes) == ("user|1", "c1", "read:orders")
    form = parse_qs(issuer.forms[0].decode())
    assert form["token"] == [TOKEN]
    assert (form["client_id"], form["client_secret"]) == (["orders"], ["hush"])


@pytest.mark.parametrize("method", [ClientSecretBasic("hush"), PrivateKeyJwt(generate_private_key("ES256"), "ES256")])
def test_by_any_method(issuer: Issuer, method: Any) -> None:
    how = Introspection(client_id="orders", method=method)
    assert asked(issuer.resource(introspection=how), bearer(TOKEN))
    assert "hush" not in repr(how)


def test_rfc8705_5_who_shows_a_certificate_asks_where_it_is_asked_for(issuer: Issuer) -> None:
    alias = "https://mtls.as.example/introspect"
    issuer.pages[METADATA]["mtls_endpoint_aliases"] = {"introspection_endpoint": alias}
    issuer.pages[alias] = issuer.pages.pop(INTROSPECT)
    other = Issuer()
    other.pages[alias] = issuer.pages[alias]
    how = Introspection(client_id="orders", method=SelfSignedTlsClientAuth(), fetch=other)
    assert asked(issuer.resource(introspection=how), bearer(TOKEN))
    assert (other.asked, alias in issuer.asked) == ([alias], False)
    issuer.pages[INTROSPECT] = issuer.pages[alias]
    issuer.pages[METADATA]["mtls_endpoint_aliases"] = {}  # of other endpoints alone
    other.pages.clear()
    assert asked(issuer.resource(introspection=Introspection(client_id="orders", method=how.method)), bearer(TOKEN))


def test_who_shows_no_certificate_does_not_ask_there(issuer: Issuer) -> None:
    alias = "https://mtls.as.example/introspect"
    issuer.pages[METADATA]["mtls_endpoint_aliases"] = {"introspection_endpoint": alias}
    assert asked(resource(issuer), bearer(TOKEN))
    assert alias not in issuer.asked


def test_clocks_may_differ_a_little(issuer: Issuer) -> None:
    issuer.pages[INTROSPECT] = answer(nbf=S + 60, exp=S + 61)
    assert asked(resource(issuer), bearer(TOKEN))


def test_without_introspection_a_name_is_refused(issuer: Issuer) -> None:
    assert check_of(lambda: asked(issuer.resource(), bearer(TOKEN))) == "token.opaque"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"active": False}, "introspection.inactive"),
        ({"active": "true"}, "introspection.inactive"),
        ({"active": LEFT_OUT}, "introspection.inactive"),
        ({"iss": "https://evil.example/"}, "introspection.iss"),
        ({"aud": "https://other.example/"}, "introspection.aud"),
        ({"aud": LEFT_OUT}, "introspection.aud"),
        ({"aud": [1]}, "introspection.aud"),
        ({"exp": S}, "introspection.exp"),
        ({"exp": "soon"}, "introspection.exp"),
        ({"nbf": S + 61}, "introspection.nbf"),
        ({"token_type": "refresh_token"}, "introspection.token_type"),
        ({"token_type": 1}, "introspection.token_type"),
        ({"cnf": None}, "introspection.cnf"),
        ({"cnf": {"jkt": "a"}}, "possession.scheme"),
        ({"sub": 1}, "introspection.sub"),
        ({"scope": 1}, "introspection.scope"),
    ],
)
def test_rfc7662_2_2_each_member_counts(issuer: Issuer, members: dict[str, Any], expected: str) -> None:
    issuer.pages[INTROSPECT] = answer(**members)
    assert check_of(lambda: asked(resource(issuer), bearer(TOKEN))) == expected


def test_servers_that_name_no_audience_are_believed_where_the_api_says_so(issuer: Issuer) -> None:
    issuer.pages[INTROSPECT] = answer(aud=LEFT_OUT, exp=LEFT_OUT, iss=LEFT_OUT, token_type=LEFT_OUT)
    assert asked(resource(issuer, names_no_audience=True), bearer(TOKEN)).expires_at_ms is None
    issuer.pages[INTROSPECT] = answer(aud="https://other.example/")
    assert check_of(lambda: asked(resource(issuer, names_no_audience=True), bearer(TOKEN))) == "introspection.aud"


def test_an_answer_is_kept_for_a_moment_and_under_its_own_token(issuer: Issuer) -> None:
    api = resource(issuer)
    asked(api, bearer(TOKEN))
    issuer.pages[INTROSPECT] = answer(active=False)
    assert asked(api, bearer(TOKEN))
    assert check_of(lambda: asked(api, bearer(TOKEN[:-1]))) == "introspection.inactive"
    issuer.clock.advance(CACHE_MS / 1000)
    assert check_of(lambda: asked(api, bearer(TOKEN))) == "introspection.inactive"
    assert len(issuer.forms) == 3


def test_an_answer_is_never_kept_beyond_the_tokens_end(issuer: Issuer) -> None:
    issuer.pages[INTROSPECT] = answer(exp=S + 2)
    api = resource(issuer)
    asked(api, bearer(TOKEN))
    issuer.clock.advance(2)
    assert check_of(lambda: asked(api, bearer(TOKEN))) == "introspection.exp"


def test_nothing_is_kept_where_the_api_wants_to_know_at_once(issuer: Issuer) -> None:
    api = resource(issuer, cache_ms=0)
    asked(api, bearer(TOKEN))
    issuer.pages[INTROSPECT] = answer(active=False)
    assert check_of(lambda: asked(api, bearer(TOKEN))) == "introspection.inactive"


def test_cve_2021_32701_scopes_and_proofs_are_judged_anew(issuer: Issuer) -> None:
    key, other = DpopKey.generate(), DpopKey.generate()
    issuer.pages[INTROSPECT] = answer(cnf={"jkt": key.jkt}, token_type="DPoP")
    api = resource(issuer)

    def by(holder: DpopKey) -> Any:
        return asked(api, ("authorization", f"DPoP {TOKEN}"), ("dpop", issuer.proof(holder, TOKEN)))

    assert check_of(lambda: by(key).require("write:orders")) == "scope"
    assert check_of(lambda: by(other)) == "possession.key"
    assert check_of(lambda: asked(api, bearer(TOKEN))) == "possession.scheme"
    assert by(key).require("read:orders")
    assert len(issuer.forms) == 1


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("a.b.c", ""),
        ("ey.a", ""),
        ("ey.a.b", "jwt."),
        ("x" * TOKEN_BYTES_MAX, ""),
        ("x" * (TOKEN_BYTES_MAX + 1), "token.size"),
    ],
)
def test_what_is_no_jwt_is_asked_about_if_it_is_no_longer_than_a_token(
    issuer: Issuer, token: str, expected: str
) -> None:
    api = resource(issuer)
    if expected:
        assert check_of(lambda: asked(api, bearer(token))).startswith(expected)
    else:
        assert asked(api, bearer(token))
    assert len(issuer.forms) == (not expected)


def test_what_one_request_makes_of_its_token_is_not_the_next_ones(issuer: Issuer) -> None:
    issuer.pages[INTROSPECT] = answer(cnf={"jkt": "k"})
    verifier = resource(issuer).verifier
    first = asyncio.run(verifier.verify_without_possession(TOKEN))
    first.claims["scope"] = "read:orders admin"
    first.claims.pop("cnf").clear()
    second = asyncio.run(verifier.verify_without_possession(TOKEN))
    assert second.scopes == {"read:orders"}
    assert second.confirmation == {"jkt": "k"}
    assert len(issuer.forms) == 1


def test_an_answer_longer_than_any_token_deserves_is_none(issuer: Issuer) -> None:
    issuer.pages[INTROSPECT] = answer(more="x" * (introspection.ANSWER_BYTES_MAX - 300))
    assert asked(resource(issuer), bearer(TOKEN))
    issuer.pages[INTROSPECT] = answer(more="x" * introspection.ANSWER_BYTES_MAX)
    assert check_of(lambda: asked(resource(issuer), bearer(TOKEN))) == "introspection.failed"


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a":' + b"[" * 9999 + b"]" * 9999 + b"}", None])
def test_while_the_server_does_not_answer_nobody_gets_in(issuer: Issuer, content: bytes | None) -> None:
    issuer.pages[INTROSPECT] = content
    assert check_of(lambda: asked(resource(issuer), bearer(TOKEN))) == "introspection.failed"
    issuer.pages[METADATA].pop("introspection_endpoint")
    assert check_of(lambda: asked(resource(issuer), bearer(TOKEN))) == "introspection.failed"
    issuer.is_down = True
    assert check_of(lambda: asked(resource(issuer), bearer(TOKEN))) == "metadata.not_fetched"


def test_an_answer_that_is_no_success_is_none(issuer: Issuer) -> None:
    how = Introspection(client_id="orders", method=ClientSecretPost("hush"))
    api = issuer.resource(introspection=how, introspection_endpoint=INTROSPECT)
    for issuer.status in (401, 503):
        assert check_of(lambda: asked(api, bearer(TOKEN))) == "introspection.failed"
    issuer.status = 200
    assert asked(api, bearer(TOKEN))


def keeps_the_last_two(api: ProtectedResource, issuer: Issuer) -> None:
    for token in ("a", "b", "c", "c", "b"):
        asked(api, bearer(token))
    assert len(issuer.forms) == 3
    asked(api, bearer("a"))
    assert len(issuer.forms) == 4


def test_tokens_that_say_much_fill_no_memory(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that may have such tokens could have ten thousand of them: 600 MB that nobody asks for again."""
    monkeypatch.setattr(introspection, "KEPT_BYTES_MAX", 100_000)
    issuer.pages[INTROSPECT] = answer(authorization_details=[{"type": "x", "to": "y" * 40_000}])
    api = resource(issuer)
    keeps_the_last_two(api, issuer)
    asker = api.verifier._introspector  # type: ignore[attr-defined]
    assert 80_000 < asker._kept_bytes == sum(len(said) for _, said in asker._answers.values()) < 100_000


def test_what_is_over_is_not_kept_until_there_is_no_room(issuer: Issuer) -> None:
    api = resource(issuer)
    for token in ("a", "b"):
        asked(api, bearer(token))
    issuer.clock.advance(CACHE_MS / 1000)
    asked(api, bearer("c"))
    asker = api.verifier._introspector  # type: ignore[attr-defined]
    assert len(asker._answers) == 1


def test_no_more_answers_are_kept_than_there_is_room_for(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introspection, "ENTRIES_MAX", 2)
    api = resource(issuer)
    keeps_the_last_two(api, issuer)


def test_jwts_are_asked_about_too_where_the_api_wants_that(issuer: Issuer) -> None:
    how = Introspection(client_id="orders", method=ClientSecretPost("hush"))
    api = issuer.resource(introspection=how, introspects_jwts=True)
    assert asked(api, bearer(issuer.token()))
    issuer.pages[INTROSPECT] = answer(active=False)
    assert check_of(lambda: asked(api, bearer(issuer.token(jti="t-2")))) == "introspection.inactive"
    assert asked(issuer.resource(introspection=how), bearer(issuer.token(jti="t-2")))
    assert len(issuer.forms) == 2


def test_who_waited_for_a_turn_does_not_ask_what_was_answered_meanwhile(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(introspection, "CONCURRENT_MAX", 1)
    verifier = resource(issuer).verifier

    async def together() -> None:
        await asyncio.gather(*(verifier.verify(TOKEN) for _ in range(10)))

    asyncio.run(together())
    assert len(issuer.forms) == 1


def test_a_client_without_a_timeout_keeps_no_turn_for_ever(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introspection, "ANSWER_S_MAX", 0.01)

    async def hangs(ask: Ask) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError(ask)

    verifier = resource(issuer, fetch=hangs).verifier
    assert check_of(lambda: asyncio.run(asyncio.wait_for(verifier.verify(TOKEN), 5))) == "introspection.failed"


def test_an_api_of_threads_asks_from_a_loop_for_each_request(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introspection, "CONCURRENT_MAX", 1)
    verifier = resource(issuer).verifier

    async def together(names: str) -> int:
        return len(await asyncio.gather(*(verifier.verify(name) for name in names)))

    assert (asyncio.run(together("abc")), asyncio.run(together("def"))) == (3, 3)


def test_what_is_not_ascii_is_no_token(issuer: Issuer) -> None:
    assert check_of(lambda: asyncio.run(resource(issuer).verifier.verify("tökén"))) == "token.size"
    assert issuer.asked == []
