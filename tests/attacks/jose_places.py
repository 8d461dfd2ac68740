"""Every place of the server where a stranger's JWT, JWE or JSON reaches a parser: one table, by function.

A place says what an honest sender would send there, how it is sent, what is heard when it is refused, and which calls
of a parser it reaches. `tests/attacks/test_jose_corner_cases.py` sends it every case of `tests/attacks/jose_cases.py`,
and fails for a call of a parser in ``src`` that no place reaches.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from tallystick.jose.jwt import ACCESS_TOKEN_BYTES_MAX
from tallystick.jose.keys import jwk_of, public_key_of
from tests.application import JWT_BEARER, decoded
from tests.attacks.jose_cases import Sender
from tests.attacks.jwe_cases import Recipient
from tests.authorization.asking import REDIRECT_URI, asking, redeemed
from tests.authorization.pushing import PKCE
from tests.authorization.request_objects.signing import OUTSIDE, Signing, by_key, signing
from tests.forge import Key
from tests.html_page import HtmlPage
from tests.inprocess import FORM, Answered, InProcess
from tests.signin import Visitor

API = "https://api.example/"
OFFLINE_API = "https://offline.example/"
REQUEST_URI = "https://request.example/request.jwt"
Heard = tuple[Any, str]
"""Status, or ``sent back`` where an application hears it; and the error, or what of it there is."""
CHARS_MAX = 64_000
"""What fits into a body. For more, a refusal of the whole request will do."""
QUERY_CHARS_MAX = 15_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One place, as it stands on a stage."""

    send: Callable[[Any], Answered]
    """Texts of JWTs, bytes of JSON."""
    refusals: set[Heard]
    good: Callable[[], Any]
    """What is taken."""
    taken: Callable[[Answered], bool]
    sender: Sender | None = None
    """Of a JWT; None where JSON is read as it is."""
    opens: bool = False
    """Whether a JWE is opened there."""
    wraps: bool = False
    """Whether what is sent goes into a JWE first."""
    frame: bytes = b""
    """Where JSON is read: good JSON, with ``%s`` for a value."""
    chars_max: int = CHARS_MAX
    trims: bool = False
    """Whether blanks around it are none of its."""
    takes: frozenset[str] = frozenset()
    """Cases that are no corner here."""
    unharmed: Callable[[], bool] = lambda: True
    """Whether all is as before, once every case was sent."""


PLACES: dict[str, tuple[Callable[[Stage], Place], tuple[str, ...]]] = {}
"""Name → the place, and the functions of ``src`` that hand to a parser what is sent there."""
Made = Callable[["Stage"], Place]


def place(*reaches: str) -> Callable[[Made], Made]:
    """A row of the table."""

    def row(made: Made) -> Made:
        PLACES[made.__name__] = (made, reaches)
        return made

    return row


class Stage(msgspec.Struct, frozen=True):
    """A deployment with applications and people, on which the places stand."""

    house: InProcess
    tenant: Recipient
    key: Key
    """The robot's."""
    robot: dict[str, Any]
    app: Signing
    published: dict[str, bytes]
    """What the addresses of applications answer."""

    def post(self, path: str, form: dict[str, Any], headers: dict[bytes, bytes] | None = None) -> Answered:
        return self.house.request("POST", path, urlencode(form).encode(), {b"content-type": FORM, **(headers or {})})

    def get(self, path: str, query: dict[str, Any], headers: dict[bytes, bytes]) -> Answered:
        return self.house.request("GET", f"{path}?{urlencode(query)}", headers=headers)

    @property
    def proof(self) -> dict[str, str]:
        """Of the application."""
        return {name: self.app.client[name] for name in ("client_id", "client_secret")}

    @property
    def assertions(self) -> Sender:
        """The robot, which proves itself."""
        client_id = self.robot["client_id"]

        def claims() -> dict[str, Any]:
            now_s = self.house.clock.now_ms() // 1000
            named = {"iss": client_id, "sub": client_id, "aud": self.house.issuer, "jti": secrets.token_hex(16)}
            return {**named, "iat": now_s, "exp": now_s + 60}

        return _by_key(self.key, claims, "client-authentication+jwt", 2_048, "at+jwt", "oauth-authz-req+jwt")

    @property
    def objects(self) -> Sender:
        """The application, which signs what it asks for."""
        return _by_key(
            self.app.key, self.app.claims, "oauth-authz-req+jwt", 32_768, "at+jwt", "client-authentication+jwt"
        )

    def ours(self, token: str, *other_typs: str) -> Sender:
        """We ourselves, who said what is in this token: what only we can sign is read strictly all the same."""
        house = self.house
        signer = house.run(house.worker.ring.signer(house.tenant.tenant_id, "RS256"))
        header, claims = decoded(token)
        return Sender(
            alg="RS256",
            kid=signer.kid,
            sign=lambda text: signer._sign(signer._key, text),
            public=signer._key.public_key(),
            claims=lambda: claims,
            typ=header["typ"],
            bytes_max=ACCESS_TOKEN_BYTES_MAX,
            other_typs=other_typs,
        )


def _by_key(key: Key, claims: Callable[[], dict[str, Any]], typ: str, bytes_max: int, *others: str) -> Sender:
    return Sender(
        alg=key.alg,
        kid=key.kid,
        sign=key.sign,
        public=key.private.public_key(),
        claims=claims,
        typ=typ,
        bytes_max=bytes_max,
        other_typs=others,
    )


def stage_of(house: InProcess) -> Stage:
    """Set it."""
    house.api(API, authorization_details=[{"type": "payment"}])
    house.api(OFFLINE_API, allow_offline_access=True)
    key = Key("ES256", "proves-the-robot")
    grants = ["client_credentials", "authorization_code"]
    robot = house.client(API, app_type="regular_web", grant_types=grants, callbacks=[REDIRECT_URI], **by_key(key))
    app = signing(house, kid="signs-the-requests", request_uris=[REQUEST_URI])
    keys = house.request("GET", "/.well-known/jwks.json").json()["keys"]
    ec, rsa = (next(one for one in keys if one["use"] == "enc" and one["kty"] == kty) for kty in ("EC", "RSA"))
    return Stage(house, Recipient(ec, rsa), key, robot, app, {})


def heard(answer: Answered) -> Heard:
    """What an answer says, to whomever it says it."""
    location = answer.headers.get("location", "")
    if location.startswith(REDIRECT_URI):
        members = dict(part.partition("=")[::2] for part in location.partition("?")[2].split("&"))
        return "sent back", members.get("error", "code" if "code" in members else "")
    if location:
        return answer.status, location.partition("?")[0]
    if answer.headers.get("content-type", "").startswith("text/html"):
        return answer.status, HtmlPage(answer.text).by_id.get("error", "")
    body = answer.json() if answer.content else {}
    return answer.status, str(body.get("errorCode") or body.get("error", ""))


def cookies_of(browser: Visitor) -> dict[bytes, bytes]:
    """The header in which they come."""
    return {b"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()).encode()}


def is_code(answer: Answered) -> bool:
    """Whether the application got its code."""
    return heard(answer) == ("sent back", "code")


# Client assertions


def _assertion(stage: Stage, path: str, **beside: str) -> Place:
    def send(text: str) -> Answered:
        return stage.post(path, {"client_assertion_type": JWT_BEARER, "client_assertion": text, **beside})

    sender = stage.assertions
    refusals: set[Heard] = {(401, "invalid_client")}
    return Place(send=send, refusals=refusals, sender=sender, good=sender.jws, taken=lambda it: it.status in (200, 201))


@place("clientauth.presented:_assertion", "jose.jwt:_object")
def assertion_at_token(stage: Stage) -> Place:
    return _assertion(stage, "/oauth/token", grant_type="client_credentials", audience=API)


@place("clientauth.presented:_assertion", "jose.jwt:_object")
def assertion_at_par(stage: Stage) -> Place:
    return _assertion(stage, "/oauth/par", response_type="code", redirect_uri=REDIRECT_URI, **PKCE)


@place("clientauth.presented:_assertion", "jose.jwt:_object")
def assertion_at_revoke(stage: Stage) -> Place:
    return _assertion(stage, "/oauth/revoke", token="x")


@place("clientauth.diagnosis:_check_format", "clientauth.presented:_assertion", "jose.jwt:_object")
def assertion_at_debug(stage: Stage) -> Place:
    """What an administrator asks about is as strange as what it came from."""

    def send(text: str) -> Answered:
        return stage.house.call("POST", "debug/assertion", {"assertion": text})

    def is_accepted(answer: Answered) -> bool:
        return answer.status == 200 and answer.json()["accepted"] is True

    sender = stage.assertions
    refusals: set[Heard] = {(200, ""), (400, "")}
    return Place(send=send, refusals=refusals, sender=sender, good=sender.jws, taken=is_accepted)


# Proofs of possession


def _proof(stage: Stage, path: str, form: dict[str, str], taken: int) -> Place:
    house, key = stage.house, Key("ES256")

    def claims() -> dict[str, Any]:
        now_s = house.clock.now_ms() // 1000
        return {"jti": secrets.token_hex(16), "htm": "POST", "htu": f"{house.issuer}{path}", "iat": now_s}

    def send(text: str) -> Answered:
        return stage.post(f"/{path}", {**form, **stage.proof}, {b"dpop": text.encode()})

    sender = msgspec.structs.replace(
        _by_key(key, claims, "dpop+jwt", 8_192, "jwt", "client-authentication+jwt", "oauth-authz-req+jwt", "at+jwt"),
        shown={"jwk": jwk_of(public_key_of(key.private.public_key()))},
    )
    return Place(
        send=send,
        refusals={(400, "invalid_dpop_proof")},
        sender=sender,
        good=sender.jws,
        taken=lambda it: it.status == taken,
        # Whoever shows a key of theirs has proven to hold that one, and a name for it says nothing.
        takes=frozenset({"typ dpop+jwt", "jwk of a stranger", "kid '../../../../'", '''kid "' OR 1=1 --"'''}),
    )


_PROOFS = ("sender.proof:walk_of", "jose.jwt:_object")


@place(*_PROOFS)
def proof_at_token(stage: Stage) -> Place:
    refresh_token = stage.app.tokens(scope="openid offline_access", audience=OFFLINE_API)["refresh_token"]
    return _proof(stage, "oauth/token", {"grant_type": "refresh_token", "refresh_token": refresh_token}, 200)


@place(*_PROOFS)
def proof_at_par(stage: Stage) -> Place:
    return _proof(stage, "oauth/par", {"response_type": "code", "redirect_uri": REDIRECT_URI, **PKCE}, 201)


# Request objects


def _object(stage: Stage, send: Callable[[str], Answered], *refusals: Heard, **more: Any) -> Place:
    sender = stage.objects
    known = {"sender": sender, "good": sender.jws, "taken": is_code, "opens": True}
    return Place(send=send, refusals=set(refusals), **{**known, **more})


REFUSED: Heard = ("sent back", "invalid_request_object")
_OBJECTS = ("authorization.request_object:_parse", "jose.jwt:_object")
_OPENED = ("authorization.request_objects:RequestObjects._opened", "jose.jwe:_object")


@place(*_OBJECTS, *_OPENED)
def request_by_get(stage: Stage) -> Place:
    asked, headers = {**OUTSIDE, "client_id": stage.app.client["client_id"]}, cookies_of(stage.app.browser)

    def send(text: str) -> Answered:
        return stage.get("/authorize", {**asked, "request": text}, headers)

    return _object(stage, send, REFUSED, chars_max=QUERY_CHARS_MAX)


def _by_post(stage: Stage, **more: Any) -> Place:
    asked, headers = {**OUTSIDE, "client_id": stage.app.client["client_id"]}, cookies_of(stage.app.browser)

    def send(text: str) -> Answered:
        return stage.post("/authorize", {**asked, "request": text}, headers)

    return _object(stage, send, REFUSED, **more)


@place(*_OBJECTS, *_OPENED)
def request_by_post(stage: Stage) -> Place:
    return _by_post(stage)


@place(*_OBJECTS, *_OPENED)
def request_in_a_wrapper(stage: Stage) -> Place:
    return _by_post(stage, wraps=True)


def _pushed(stage: Stage, **more: Any) -> Place:
    def send(text: str) -> Answered:
        return stage.post("/oauth/par", {"request": text, **stage.proof})

    return _object(stage, send, (400, "invalid_request_object"), taken=lambda it: it.status == 201, **more)


@place(*_OBJECTS, *_OPENED)
def request_pushed(stage: Stage) -> Place:
    return _pushed(stage)


@place(*_OBJECTS, *_OPENED)
def request_pushed_in_a_wrapper(stage: Stage) -> Place:
    return _pushed(stage, wraps=True)


@place(*_OBJECTS, *_OPENED)
def request_by_reference(stage: Stage) -> Place:
    asked = {**OUTSIDE, "client_id": stage.app.client["client_id"], "request_uri": REQUEST_URI}

    def send(text: str) -> Answered:
        stage.published[REQUEST_URI] = text.encode()
        stage.house.clock.advance(6)  # what could not be used is not asked for again at once
        return stage.get("/authorize", asked, cookies_of(stage.app.browser))

    return _object(stage, send, REFUSED, ("sent back", "invalid_request_uri"), trims=True)


# Tokens of ours that come back


def _hint(stage: Stage, send: Callable[[str], Answered], *refusals: Heard, **more: Any) -> Place:
    sender = stage.ours(redeemed(stage.app, stage.app.code(nonce="n"))["id_token"], "at+jwt", "oauth-authz-req+jwt")
    known = {"sender": sender, "good": sender.jws, "taken": is_code, "opens": True}
    return Place(send=send, refusals=set(refusals), **{**known, **more})


_HINTS = (
    *("tokens.id_token_hint:IdTokenHints.read", "jose.jwt:_object"),
    *("tokens.id_token_hint:IdTokenHints._opened", "jose.jwe:_object"),
)


def _hint_at_authorize(stage: Stage, **more: Any) -> Place:
    headers = cookies_of(stage.app.browser)

    def send(text: str) -> Answered:
        return stage.post("/authorize", stage.app.parameters(id_token_hint=text), headers)

    return _hint(stage, send, ("sent back", "invalid_request"), **more)


@place(*_HINTS)
def hint_at_authorize(stage: Stage) -> Place:
    return _hint_at_authorize(stage)


@place(*_HINTS)
def hint_in_a_wrapper(stage: Stage) -> Place:
    return _hint_at_authorize(stage, wraps=True)


@place(*_HINTS)
def hint_at_par(stage: Stage) -> Place:
    def send(text: str) -> Answered:
        return stage.post("/oauth/par", {**stage.app.parameters(id_token_hint=text), **PKCE, **stage.proof})

    return _hint(stage, send, (400, "invalid_request"), taken=lambda it: it.status == 201)


def _at_logout(stage: Stage, send: Callable[[Visitor, str], Answered], **more: Any) -> Place:
    """The session of somebody else than who is there at the other places: it ends with the good hint."""
    other = asking(stage.house)
    sender = stage.ours(redeemed(other, other.code())["id_token"], "at+jwt", "oauth-authz-req+jwt")

    def is_there() -> bool:
        return "code" in other.ask(prompt="none").answer

    return Place(
        send=lambda text: send(other.browser, text),
        refusals={(400, "invalid_request")},
        sender=sender,
        good=sender.jws,
        taken=lambda it: it.status == 200 and not is_there(),
        opens=True,
        unharmed=is_there,
        **more,
    )


@place(*_HINTS)
def hint_at_logout_by_get(stage: Stage) -> Place:
    def send(browser: Visitor, text: str) -> Answered:
        return stage.get("/oidc/logout", {"id_token_hint": text}, cookies_of(browser))

    return _at_logout(stage, send, chars_max=QUERY_CHARS_MAX)


@place(*_HINTS)
def hint_at_logout_by_post(stage: Stage) -> Place:
    def send(browser: Visitor, text: str) -> Answered:
        return stage.post("/oidc/logout", {"id_token_hint": text}, cookies_of(browser))

    return _at_logout(stage, send)


_BEARER = ("jose.jwt:parse_access_token", "jose.jwt:_object")


def _bearer(text: str) -> dict[bytes, bytes]:
    return {b"authorization": b"Bearer " + text.encode()}


@place(*_BEARER)
def bearer_in_a_header(stage: Stage) -> Place:
    sender = stage.ours(stage.app.tokens(scope="openid")["access_token"], "oauth-authz-req+jwt")
    return Place(
        send=lambda text: stage.house.request("GET", "/userinfo", headers=_bearer(text)),
        refusals={(401, "invalid_token"), (400, "invalid_request")},
        sender=sender,
        good=sender.jws,
        taken=lambda it: it.status == 200,
        trims=True,
    )


@place(*_BEARER)
def bearer_in_a_form(stage: Stage) -> Place:
    sender = stage.ours(stage.app.tokens(scope="openid")["access_token"], "oauth-authz-req+jwt")
    return Place(
        send=lambda text: stage.post("/userinfo", {"access_token": text}),
        refusals={(401, "invalid_token")},
        sender=sender,
        good=sender.jws,
        taken=lambda it: it.status == 200,
    )


@place(*_BEARER)
def bearer_at_the_management_api(stage: Stage) -> Place:
    token = stage.house.token(**stage.house.bootstrap["management"]).json()["access_token"]
    sender = stage.ours(token, "oauth-authz-req+jwt")
    return Place(
        send=lambda text: stage.house.request("GET", "/api/v2/clients", headers=_bearer(text)),
        refusals={(401, ""), (400, "Bearer")},
        sender=sender,
        good=sender.jws,
        taken=lambda it: it.status == 200,
        trims=True,
    )


@place(*_BEARER)
def token_at_revoke(stage: Stage) -> Place:
    """RFC 7009 2.2: what is no token is revoked already. So nothing may have been."""
    token = stage.app.tokens(scope="openid")["access_token"]
    sender = stage.ours(token, "oauth-authz-req+jwt")

    def lives() -> bool:
        return stage.house.request("GET", "/userinfo", headers=_bearer(token)).status == 200

    return Place(
        send=lambda text: stage.post("/oauth/revoke", {"token": text, **stage.proof}),
        refusals={(200, ""), (400, "unsupported_token_type")},
        sender=sender,
        good=sender.jws,
        taken=lambda it: it.status == 200 and not lives(),
        unharmed=lives,
    )
