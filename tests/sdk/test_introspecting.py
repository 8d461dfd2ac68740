"""What a server says of a token, as an application reads it: signed or not, and to all that was asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import requests
from joserfc import jwt
from joserfc.jwk import import_key

from tallystick.jose.private_keys import generate_private_key, private_key_to_pem, public_key_for
from tallystick.jose.refusals import JwtRefused
from tallystick.sdk.adapters import requests as by_requests
from tallystick.sdk.adapters.httpx import perform
from tallystick.sdk.application import Application
from tallystick.sdk.failures import AnswerRefused
from tallystick.sdk.introspecting import MEDIA_TYPE, TYPE, Demanded, Received
from tallystick.sdk.keys import public_jwk
from tallystick.sdk.methods import ClientSecretBasic

from .fake_server import Asked, Fake, Said, listening, said

NOW_MS, S = 1_790_000_000_000, 1_790_000_000
KEY, OTHER = generate_private_key("ES256"), generate_private_key("ES256")
ACTIVE = {"active": True, "scope": "read write", "acr": "mfa", "auth_time": S - 100}
REQUEST = Received("GET", "https://api.example/things", "DPoP", proof="the proof")


class Server(Fake):
    """One that says of every token what the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.says: Said = said(200, ACTIVE)
        self.keys = [public_jwk(public_key_for(KEY), "ES256", "k-1")]
        self.pages |= {"/introspect": lambda _: self.says, "/jwks": lambda _: said(200, {"keys": self.keys})}

    def metadata(self) -> dict[str, Any]:
        """With both endpoints."""
        more = {"introspection_endpoint": f"{self.origin}/introspect", "jwks_uri": f"{self.origin}/jwks"}
        return super().metadata() | more

    def ask(self, **asked: Any) -> Any:
        """What an application hears."""
        http = httpx.Client(transport=self.transport())
        application = Application(self.origin, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
        return perform(http, application.introspected("the token", **asked))

    def heard(self) -> Asked:
        """The last question about a token."""
        return next(asked for asked in reversed(self.asked) if asked.url.endswith("/introspect"))

    def signs(self, key: Any = KEY, kid: str = "k-1", typ: str | None = TYPE, **claims: Any) -> None:
        """Sign what is said from now on."""
        whole = {"iss": self.origin, "aud": "c1", "iat": S, "token_introspection": ACTIVE, **claims}
        header = {"alg": "ES256", "kid": kid} | ({"typ": typ} if typ else {})
        body = {name: value for name, value in whole.items() if value is not None}
        signed = jwt.encode(header, body, import_key(private_key_to_pem(key), "EC"))
        self.says = Said(200, {"Content-Type": MEDIA_TYPE, "X-Correlation-Id": "c-7"}, signed.encode())


@pytest.fixture
def server() -> Server:
    return Server()


def test_rfc7662_2_1_a_question_and_its_answer(server: Server) -> None:
    told = server.ask(hint="access_token")
    assert (told.members, told.is_active, told.jwt) == (ACTIVE, True, None)
    assert server.heard().body == b"token=the+token&token_type_hint=access_token"
    assert server.heard().headers["accept"] == "application/json"


@pytest.mark.parametrize("members", [{}, {"active": "true"}, {"active": None}, [], "yes"])
def test_what_does_not_say_whether_the_token_is_active_is_no_answer(server: Server, members: Any) -> None:
    server.says = said(200, members)
    with pytest.raises(AnswerRefused):
        server.ask()


def test_a_request_is_handed_on(server: Server) -> None:
    server.says = said(200, {**ACTIVE, "proof": {"bound_by": "jkt"}})
    received = Received("GET", "https://api.example/", "DPoP", ("one", "two"), "PEM", needs_nonce=True)
    assert server.ask(received=received, demanded=Demanded("read", "mfa other", 300)).is_active
    sent = parse_qs(server.heard().body.decode())
    assert (sent["token_scheme"], sent["htm"], sent["htu"]) == (["DPoP"], ["GET"], ["https://api.example/"])
    assert (sent["dpop"], sent["client_certificate"], sent["nonce_required"]) == (["one", "two"], ["PEM"], ["true"])
    assert (sent["required_scope"], sent["acr_values"], sent["max_age"]) == (["read"], ["mfa other"], ["300"])
    assert "one" not in repr(received)


def test_a_server_that_passes_over_the_request_is_not_believed(server: Server) -> None:
    with pytest.raises(AnswerRefused, match="did not judge the request"):
        server.ask(received=REQUEST)
    server.says = said(200, {"active": False})
    assert not server.ask(received=REQUEST).is_active


@pytest.mark.parametrize(
    "demanded",
    [Demanded("read admin"), Demanded(acr_values="strong stronger"), Demanded(max_age_s=30), Demanded("rea")],
)
def test_a_server_that_passes_over_a_demand_is_not_believed(server: Server, demanded: Demanded) -> None:
    with pytest.raises(AnswerRefused, match="did not judge what was demanded"):
        server.ask(demanded=demanded)


def test_a_demand_that_the_token_cannot_meet_is_not_met_by_silence(server: Server) -> None:
    server.says = said(200, {"active": True})
    for demanded in (Demanded("read"), Demanded(acr_values="mfa"), Demanded(max_age_s=300)):
        with pytest.raises(AnswerRefused):
            server.ask(demanded=demanded)
    assert server.ask(demanded=Demanded()).is_active


def test_rfc9701_a_signed_answer_is_believed_and_kept(server: Server) -> None:
    server.signs()
    told = server.ask(signed=True)
    assert (told.members, told.correlation_id) == (ACTIVE, "c-7")
    assert told.jwt == server.says.body.decode()
    assert server.heard().headers["accept"] == MEDIA_TYPE
    server.signs(aud=["https://api.example/"])
    assert server.ask(signed=True, audience="https://api.example/").is_active


def test_sessions_of_requests_carry_it_too(server: Server) -> None:
    with listening(server), requests.Session() as session:
        server.signs()
        application = Application(server.origin, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS)
        assert by_requests.perform(session, application.introspected("the token", signed=True)).members == ACTIVE


def test_a_key_that_the_server_has_only_now_is_fetched(server: Server) -> None:
    server.signs(key=OTHER, kid="k-2")
    keys = [[], [public_jwk(public_key_for(OTHER), "ES256", "k-2")]]
    server.pages["/jwks"] = lambda _: said(200, {"keys": keys.pop(0)})
    assert server.ask(signed=True).is_active


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"iss": "https://other.example"}, "jwt.claim.iss"),
        ({"iss": None}, "jwt.claim.iss"),
        ({"aud": "c2"}, "jwt.claim.aud"),
        ({"aud": ["c1", "c2"]}, "jwt.claim.aud"),
        ({"aud": None}, "jwt.claim.aud"),
        ({"iat": None}, "jwt.claim.iat"),
        ({"iat": S + 61}, "jwt.claim.iat"),
        ({"token_introspection": None}, "jwt.claim.token_introspection"),
        ({"token_introspection": "active"}, "jwt.claim.token_introspection"),
        ({"typ": None}, "jwt.typ"),
        ({"typ": "at+jwt"}, "jwt.typ"),
        ({"key": OTHER}, "jwt.signature"),
        ({"kid": "k-3"}, "jwt.kid"),
    ],
)
def test_rfc9701_5_what_does_not_hold_is_refused(server: Server, changed: dict[str, Any], check: str) -> None:
    server.signs(**changed)
    with pytest.raises(JwtRefused) as refused:
        server.ask(signed=True)
    assert refused.value.check == check


def test_who_asked_for_a_signature_takes_nothing_without(server: Server) -> None:
    with pytest.raises(AnswerRefused, match="not signed"):
        server.ask(signed=True)
    server.says = Said(200, {"Content-Type": MEDIA_TYPE}, b"\xff")
    with pytest.raises(AnswerRefused, match="not a JWT"):
        server.ask(signed=True)
    server.signs(token_introspection={})
    with pytest.raises(AnswerRefused, match="whether the token is active"):
        server.ask(signed=True)
