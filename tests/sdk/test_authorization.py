"""Authorization requests and what may come back, at a server that signs with a key of the test's."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.refusals import JwtRefused
from tallystick.jose.signer import Signer
from tallystick.sdk.adapters.httpx import perform
from tallystick.sdk.application import Application
from tallystick.sdk.authorization import Asked, RequestKey, code_of
from tallystick.sdk.back_channel import KEYS_FLOOR_MS, KEYS_LIFE_MS
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.failures import AnswerRefused, ServerRefused
from tallystick.sdk.keys import public_jwk
from tallystick.sdk.metadata import ServerMetadata
from tallystick.sdk.methods import ClientSecretBasic, NoAuthentication
from tests.application import decoded
from tests.sdk.fake_server import Asked as Seen
from tests.sdk.fake_server import Fake, Said, hashed, said

NOW_MS = 1_700_000_000_000
KEY = generate_private_key("ES256")
JWKS: list[dict[str, Any]] = [dict(public_jwk(public_key_for(KEY), "ES256", "k1"))]
ISSUER = "https://as.example"
CALLBACK = "https://app.example/cb"
GOOD = {"iss": ISSUER, "sub": "u", "aud": "c1", "exp": NOW_MS // 1000 + 60, "iat": NOW_MS // 1000, "nonce": "n"}


def signed(claims: dict[str, Any], key: Any = KEY, kid: str | None = "k1") -> str:
    return Signer(kid, "ES256", key).sign(msgspec.json.encode(claims))


ASKED = Asked(issuer=ISSUER, url="", state="s", code_verifier="v", redirect_uri=CALLBACK)


@pytest.mark.parametrize(
    ("answer", "sends_iss"),
    [({"state": "s", "code": "c"}, False), ({"state": "s", "code": "c", "iss": ISSUER}, True)],
)
def test_an_answer_to_this_request_gives_its_code(answer: dict[str, str], sends_iss: bool) -> None:
    server = ServerMetadata(ISSUER, {"authorization_response_iss_parameter_supported": sends_iss})
    assert code_of(ASKED, answer, server, is_signed=False) == "c"


@pytest.mark.parametrize(
    ("answer", "sends_iss"),
    [
        ({"code": "c"}, False),
        ({"state": "t", "code": "c"}, False),
        ({"state": "\ud800", "code": "c"}, False),
        ({"state": ["s"], "code": "c"}, False),
        ({"state": "s"}, False),
        ({"state": "s", "code": ""}, False),
        ({"state": "s", "code": "c", "iss": "https://evil.example"}, False),
        ({"state": "s", "code": "c"}, True),
        ({"state": "t", "error": "access_denied"}, False),
        ({"state": "s", "error": "access_denied", "iss": "https://evil.example"}, True),
    ],
)
def test_rfc9207_2_4_any_other_answer_is_refused(answer: dict[str, Any], sends_iss: bool) -> None:
    server = ServerMetadata(ISSUER, {"authorization_response_iss_parameter_supported": sends_iss})
    with pytest.raises(AnswerRefused):
        code_of(ASKED, answer, server, is_signed=False)


def test_a_refusal_by_the_browser_is_the_servers() -> None:
    said_no = {"state": "s", "error": "access_denied", "error_description": "no"}
    with pytest.raises(ServerRefused) as refused:
        code_of(ASKED, said_no, ServerMetadata(ISSUER, {}), is_signed=False)
    assert (refused.value.code, refused.value.description, refused.value.status) == ("access_denied", "no", 0)


class Provider(Fake):
    """The same server with sign-ins."""

    def metadata(self) -> dict[str, Any]:
        return super().metadata() | {"jwks_uri": f"{self.origin}/jwks"}


@pytest.fixture
def provider() -> Provider:
    return Provider(as_nonce=None)


def answering(provider: Provider, id_token: Any) -> None:
    """Let codes be redeemed for tokens with this ID token."""

    def token(_: Seen) -> Said:
        provider.tokens["t"] = None
        return said(200, {"access_token": "t", "token_type": "Bearer", "id_token": id_token})

    provider.pages["/token"] = token
    provider.pages["/jwks"] = lambda _: said(200, {"keys": JWKS})


def redeemed(provider: Provider, answer: dict[str, Any] | None = None, **asks: Any) -> Any:
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid", **asks))
        answering(provider, signed({**GOOD, "nonce": asked.nonce}) if "no" not in provider.secrets else None)
        return perform(http, app.redeem(asked, {"state": asked.state, "code": "c"} if answer is None else answer))


def test_a_request_carries_pkce_state_nonce_and_the_key_it_is_bound_to(provider: Provider) -> None:
    key = DpopKey.generate()
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), dpop_key=key)
    with httpx.Client(transport=provider.transport()) as http:
        details = [{"type": "payment"}]
        asked = perform(
            http, app.ask(redirect_uri=CALLBACK, scope="openid", resource=["a", "b"], authorization_details=details)
        )
        other = perform(http, app.ask(redirect_uri=CALLBACK, scope="plain"))
    query = parse_qs(urlsplit(asked.url).query)
    assert query.pop("code_challenge") == [hashed(asked.code_verifier)]
    assert query.pop("authorization_details") == ['[{"type":"payment"}]']
    assert query == {
        "client_id": ["c1"],
        "redirect_uri": [CALLBACK],
        "response_type": ["code"],
        "scope": ["openid"],
        "resource": ["a", "b"],
        "state": [asked.state],
        "nonce": [asked.nonce],
        "code_challenge_method": ["S256"],
        "dpop_jkt": [key.jkt],
    }
    assert other.nonce is None
    assert len({asked.state, other.state, asked.code_verifier, other.code_verifier}) == 4
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Asked) == asked
    assert asked.code_verifier not in repr(asked)


@pytest.mark.parametrize("name", ["state", "nonce", "code_challenge", "dpop_jkt", "response_type"])
def test_what_only_the_sdk_may_make_is_not_taken_from_elsewhere(provider: Provider, name: str) -> None:
    given: dict[str, Any] = {name: "x"}
    app = Application(ISSUER, "c1", ClientSecretBasic("good"))
    with httpx.Client(transport=provider.transport()) as http, pytest.raises(ValueError, match=name):
        perform(http, app.ask(redirect_uri=CALLBACK, **given))


def test_a_code_is_redeemed_for_tokens_with_a_verified_id_token(provider: Provider) -> None:
    assert redeemed(provider).id_claims["sub"] == "u"


def test_a_sign_in_without_its_id_token_is_refused(provider: Provider) -> None:
    provider.secrets.add("no")
    with pytest.raises(AnswerRefused, match="no ID token"):
        redeemed(provider)


def test_a_key_that_is_not_known_yet_is_looked_for_once_more(provider: Provider) -> None:
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid"))
        answering(provider, signed({**GOOD, "nonce": asked.nonce}))
        before = iter([[], JWKS, [], []])
        provider.pages["/jwks"] = lambda _: said(200, {"keys": next(before)})
        assert perform(http, app.redeem(asked, {"state": asked.state, "code": "c"})).id_claims["sub"] == "u"
        fresh = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
        with pytest.raises(JwtRefused):
            perform(http, fresh.redeem(asked, {"state": asked.state, "code": "c"}))
    assert provider.count("/jwks") == 4


def test_jarm_who_asked_for_a_signed_answer_believes_no_other(provider: Provider) -> None:
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid", response_mode="query.jwt"))
        answering(provider, signed({**GOOD, "nonce": asked.nonce}))
        with pytest.raises(AnswerRefused, match="not signed"):
            perform(http, app.redeem(asked, {"state": asked.state, "code": "c"}))
        response = {name: GOOD[name] for name in ("iss", "aud", "exp")} | {"code": "c", "state": asked.state}
        for changed in ({"aud": "c2"}, {"iss": "https://evil.example"}, {"state": "other"}):
            with pytest.raises(JwtRefused):
                perform(http, app.redeem(asked, {"response": signed({**response, **changed})}))
        assert perform(http, app.redeem(asked, {"response": signed(response)})).id_claims["sub"] == "u"


def test_a_pushed_request_is_signed_and_proven(provider: Provider) -> None:
    provider.metadata = lambda: Fake.metadata(provider) | {"pushed_authorization_request_endpoint": f"{ISSUER}/par"}  # type: ignore[method-assign]
    provider.pages["/par"] = lambda _: said(201, {"request_uri": "urn:x", "expires_in": 60})
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), dpop_key=DpopKey.generate())
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="x", request_key=RequestKey(KEY, "ES256", "k1")))
        assert parse_qs(urlsplit(asked.url).query) == {"client_id": ["c1"], "request_uri": ["urn:x"]}
        form = parse_qs(provider.asked[-1].body.decode())
        header, claims = decoded(form["request"][0])
        assert (header["kid"], claims["aud"], claims["state"]) == ("k1", ISSUER, asked.state)
        assert "dpop" in provider.asked[-1].headers
        provider.pages["/par"] = lambda _: said(201, {"expires_in": 60})
        with pytest.raises(AnswerRefused, match="request_uri"):
            perform(http, app.ask(redirect_uri=CALLBACK, scope="x"))


def test_a_key_that_the_server_withdrew_is_not_believed_for_ever(provider: Provider) -> None:
    """A long-lived process met every new key, and went on believing whoever had stolen an old one."""
    now_ms = [NOW_MS]
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: now_ms[0])
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid"))
        answering(provider, signed({**GOOD, "nonce": asked.nonce, "exp": NOW_MS // 1000 + 9999}))
        for waits_ms, works in ((0, True), (KEYS_LIFE_MS - 1, True), (1, False)):
            now_ms[0] += waits_ms
            answer = app.redeem(asked, {"state": asked.state, "code": "c"})
            if works:
                assert perform(http, answer).id_claims["sub"] == "u"
                assert provider.count("/jwks") == 1
                provider.pages["/jwks"] = lambda _: said(200, {"keys": []})
                continue
            with pytest.raises(JwtRefused):
                perform(http, answer)


def test_rfc9207_2_4_an_answer_is_redeemed_at_the_server_that_was_asked(provider: Provider) -> None:
    """The application of one server, and what was asked of another: mixed up, the code would go to the wrong one."""
    app = Application(ISSUER, "c1", ClientSecretBasic("good"))
    other = msgspec.structs.replace(ASKED, issuer="https://other.example")
    with httpx.Client(transport=provider.transport()) as http, pytest.raises(AnswerRefused, match="another server"):
        perform(http, app.redeem(other, {"state": "s", "code": "c"}))
    assert provider.count("/token") == 0


@pytest.mark.parametrize(
    ("name", "fits"),
    [("at_hash", lambda asked: "t"), ("c_hash", lambda asked: "c"), ("s_hash", lambda asked: asked.state)],
)
def test_oidcc_core_3_1_3_8_the_id_token_goes_with_these_tokens_this_code_and_this_state(
    provider: Provider, name: str, fits: Any
) -> None:
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid"))
        for text, works in ((fits(asked), True), ("of another", False)):
            half = b64decode(hashed(text) + "=", altchars=b"-_")[:16]
            claims = {**GOOD, "nonce": asked.nonce, name: urlsafe_b64encode(half).rstrip(b"=").decode()}
            answering(provider, signed(claims))
            answer = app.redeem(asked, {"state": asked.state, "code": "c"})
            if works:
                assert perform(http, answer).id_claims["sub"] == "u"
                continue
            with pytest.raises(JwtRefused) as refused:
                perform(http, answer)
            assert refused.value.check == f"jwt.claim.{name}"


@pytest.mark.parametrize(
    ("acr", "essential"),
    [
        ({"essential": True, "values": ["loa2", "loa3"]}, ("loa2", "loa3")),
        ({"essential": True, "value": "loa2"}, ("loa2",)),
        ({"essential": True}, ()),
        ({"values": ["loa2"]}, ()),
        (None, ()),
    ],
)
def test_oidcc_core_5_5_1_1_an_essential_acr_is_kept_for_the_answer(
    provider: Provider, acr: Any, essential: Any
) -> None:
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
    claims = {"id_token": {"acr": acr}}
    with httpx.Client(transport=provider.transport()) as http:
        for given in (claims, msgspec.json.encode(claims).decode()):
            asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid", claims=given))
            assert asked.acr_values == essential
        for said_acr, works in (("loa2", True), ("loa1", not essential)):
            answering(provider, signed({**GOOD, "nonce": asked.nonce, "acr": said_acr}))
            answer = app.redeem(asked, {"state": asked.state, "code": "c"})
            if works:
                assert perform(http, answer).id_claims["acr"] == said_acr
                continue
            with pytest.raises(JwtRefused):
                perform(http, answer)


def test_strangers_with_made_up_keys_do_not_make_the_application_ask_and_ask(provider: Provider) -> None:
    now_ms = [NOW_MS]
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: now_ms[0])
    with httpx.Client(transport=provider.transport()) as http:
        asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="x", response_mode="query.jwt"))
        answering(provider, None)
        for passed_ms, times in ((0, 2), (0, 2), (KEYS_FLOOR_MS - 1, 2), (1, 3)):
            now_ms[0] += passed_ms
            with pytest.raises(JwtRefused):
                perform(http, app.redeem(asked, {"response": signed({}, kid="made up")}))
            assert provider.count("/jwks") == times


def test_a_clock_that_was_put_back_does_not_keep_keys_for_longer(provider: Provider) -> None:
    now_ms = [NOW_MS + 10**12]
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: now_ms[0])
    answering(provider, None)
    with httpx.Client(transport=provider.transport()) as http:
        for times in (1, 2):
            perform(http, app.keys())
            assert provider.count("/jwks") == times
            assert provider.count("/.well-known/oauth-authorization-server") == times
            now_ms[0] = NOW_MS


def test_rfc9126_5_a_server_that_takes_nothing_else_gets_pushed_requests_of_public_applications(
    provider: Provider,
) -> None:
    pushing = {"pushed_authorization_request_endpoint": f"{ISSUER}/par", "require_pushed_authorization_requests": True}
    provider.metadata = lambda: Fake.metadata(provider) | pushing  # type: ignore[method-assign]
    provider.pages["/par"] = lambda _: said(201, {"request_uri": "urn:x", "expires_in": 60})
    app = Application(ISSUER, "c1", NoAuthentication())
    with httpx.Client(transport=provider.transport()) as http:
        assert "request_uri" in perform(http, app.ask(redirect_uri=CALLBACK, scope="x")).url
        del pushing["require_pushed_authorization_requests"]
        fresh = Application(ISSUER, "c1", NoAuthentication())
        assert "request_uri" not in perform(http, fresh.ask(redirect_uri=CALLBACK, scope="x")).url
