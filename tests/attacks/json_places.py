"""The rows of the table of places where JSON is read that stands in no JWT. Texts are bytes here."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import structs

from tests.application import JWT_BEARER
from tests.attacks.jose_cases import CANARY
from tests.attacks.jose_places import API, Heard, Place, Stage, cookies_of, is_code, place
from tests.authorization.asking import REDIRECT_URI, application
from tests.authorization.pushing import PKCE
from tests.authorization.request_objects.signing import OUTSIDE
from tests.forge import Key, b64
from tests.html_page import HtmlPage
from tests.inprocess import FORM, JSON, Answered
from tests.management.test_jobs import upload
from tests.publisher import public_jwk
from tests.signin import visitor

SECTOR_URL = "https://sector.example/uris.json"
ENCODED_CHARS_MAX = 3_000
"""Where a body holds them in three times as many letters, and a pushed request may not be as long as a body."""
NO_BYTES = frozenset({"invalid UTF-8", "an overlong slash"})
"""They cannot come as text within JSON."""
NOT_DEEP = frozenset({"nested 9 deep"})
"""The Management API's own bodies may be deeper than what comes from strangers."""


def _good(frame: bytes) -> bytes:
    return frame.replace(b"%s", b'"%s"' % CANARY.encode())


def _parameter(stage: Stage, name: str, frame: bytes, error: str, *, pushed: bool, **beside: str) -> Place:
    """A parameter of an authorization request, carried by a browser or pushed."""
    form = {**stage.app.parameters(**beside), **PKCE, **(stage.proof if pushed else {})}
    headers = {b"content-type": FORM, **({} if pushed else cookies_of(stage.app.browser))}

    def send(text: bytes) -> Answered:
        content = f"{urlencode(form)}&{name}={quote(text)}".encode()
        return stage.house.request("POST", "/oauth/par" if pushed else "/authorize", content, headers)

    # What is no UTF-8 is no form, and leads nobody anywhere.
    refusals: set[Heard] = {(400, error), (400, "invalid_request"), *([] if pushed else [("sent back", error)])}
    taken = (lambda it: it.status == 201) if pushed else is_code
    good = _good(frame)
    return Place(send=send, refusals=refusals, good=lambda: good, taken=taken, frame=frame, chars_max=ENCODED_CHARS_MAX)


_CLAIMS = b'{"id_token":{"acr":{"value":%s}}}'
_DETAILS = b'[{"type":"payment","x":%s}]'


@place("authorization.claims_parameter:claims_of")
def claims_at_authorize(stage: Stage) -> Place:
    return _parameter(stage, "claims", _CLAIMS, "invalid_request", pushed=False)


@place("authorization.claims_parameter:claims_of")
def claims_at_par(stage: Stage) -> Place:
    return _parameter(stage, "claims", _CLAIMS, "invalid_request", pushed=True)


@place("authorization.authorization_details:read_details", "authorization.request_object:_parse", "jose.jwt:_object")
def details_in_an_object(stage: Stage) -> Place:
    """As text within what is signed: a browser alone may not bring them."""
    asked = {**OUTSIDE, "client_id": stage.app.client["client_id"]}

    def send(text: bytes) -> Answered:
        details = text.decode("utf-8", "replace")
        request = stage.app.object(authorization_details=details, audience=API)
        return stage.post("/authorize", {**asked, "request": request}, cookies_of(stage.app.browser))

    return Place(
        send=send,
        refusals={
            *(("sent back", error) for error in ("invalid_authorization_details", "invalid_request_object")),
            ("sent back", "invalid_request"),
        },
        good=lambda: _good(_DETAILS),
        taken=is_code,
        frame=_DETAILS,
        takes=NO_BYTES,
        chars_max=ENCODED_CHARS_MAX,
    )


@place("authorization.authorization_details:read_details")
def details_at_par(stage: Stage) -> Place:
    error = "invalid_authorization_details"
    return _parameter(stage, "authorization_details", _DETAILS, error, pushed=True, audience=API)


@place("web.parameters:_from_json")
def json_at_token(stage: Stage) -> Place:
    client = stage.house.client(API)
    told = {name: client[name] for name in ("client_id", "client_secret")}
    body = json.dumps({"grant_type": "client_credentials", "audience": API, **told}).encode()
    frame = body[:-1] + b',"x":%s}'
    return Place(
        send=lambda text: stage.house.request("POST", "/oauth/token", text, {b"content-type": JSON}),
        refusals={(400, "invalid_request")},
        good=lambda: _good(frame),
        taken=lambda it: it.status == 200,
        frame=frame,
    )


def _managed(stage: Stage, method: str, path: str, frame: bytes, **more: Any) -> Place:
    token = stage.house.token(**stage.house.bootstrap["management"]).json()["access_token"]
    headers = {b"authorization": f"Bearer {token}".encode(), b"content-type": JSON}
    known = {"good": lambda: _good(frame), "taken": lambda it: it.status < 300, "frame": frame}
    return Place(
        send=lambda text: stage.house.request(method, f"/api/v2/{path}", text, headers),
        refusals={(400, "")},
        **{**known, **more},
    )


@place("management.bodies:read_body")
def body_at_the_management_api(stage: Stage) -> Place:
    path = f"clients/{application(stage.house)['client_id']}"
    return _managed(stage, "PATCH", path, b'{"client_metadata":{"a":%s}}')


@place("management.bodies:read_body")
def jwks_at_save(stage: Stage) -> Place:
    jwk = json.dumps(public_jwk(Key("ES256", "inline"))).encode()
    frame = b'{"signed_request_object":{"jwks":{"keys":[' + jwk[:-1] + b',"note":%s}]}}}'
    return _managed(stage, "PATCH", f"clients/{application(stage.house)['client_id']}", frame, takes=NOT_DEEP)


@place("jose.keys:public_key_from_text", "management.bodies:read_body")
def jwk_as_text_at_save(stage: Stage) -> Place:
    """A credential's key may be a JWK as text: JSON within JSON."""

    def frame() -> bytes:
        return json.dumps(public_jwk(Key("ES256", None))).encode()[:-1] + b',"note":%s}'

    path = f"clients/{stage.robot['client_id']}/credentials"
    managed = _managed(stage, "POST", path, frame(), good=lambda: _good(frame()))

    def send(text: bytes) -> Answered:
        body = {"credential_type": "public_key", "alg": "ES256", "pem": text.decode("utf-8", "replace")}
        return managed.send(json.dumps(body).encode())

    return structs.replace(managed, send=send, takes=NO_BYTES, chars_max=ENCODED_CHARS_MAX)


@place("clients.jwk_set:read_document", "clientauth.presented:_assertion", "jose.jwt:_object")
def jwks_at_its_address(stage: Stage) -> Place:
    house, key = stage.house, Key("ES256", "published")
    client_id = str(house.client(API)["client_id"])
    frame = b'{"keys":[' + json.dumps(public_jwk(key)).encode()[:-1] + b',"note":%s}]}'

    def send(text: bytes) -> Answered:
        url = f"https://keys.example/{len(stage.published)}"  # what was asked just now is not asked again
        stage.published[url] = text
        methods = {"private_key_jwt": {"jwks_uri": url}}
        body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
        house.ask("PATCH", f"clients/{client_id}", body)
        now_s = house.clock.now_ms() // 1000
        assertion = key.assertion(client_id, house.issuer, iat=now_s, exp=now_s + 60)
        return house.token(audience=API, client_assertion_type=JWT_BEARER, client_assertion=assertion)

    return Place(
        send=send,
        refusals={(401, "invalid_client")},
        good=lambda: _good(frame),
        taken=lambda it: it.status == 200,
        frame=frame,
    )


@place("management.bodies:read_items")
def array_at_the_management_api(stage: Stage) -> Place:
    frame = b'["all-applications",%s]'
    return _managed(stage, "PUT", "guardian/policies", frame, good=lambda: b"[]")


@place("management.jobs:read_import")
def people_in_a_file(stage: Stage) -> Place:
    frame = b'[{"email":"jill@example.org","given_name":%s}]'
    return Place(
        send=lambda text: upload(stage.house, text),
        refusals={(400, "")},
        good=lambda: _good(frame),
        taken=lambda it: it.status == 202,
        frame=frame,
        takes=NOT_DEEP,
    )


@place("clients.sector_documents:SectorDocuments._read", "management.bodies:read_body")
def sector_document_at_its_address(stage: Stage) -> Place:
    body = {"name": "paired", "callbacks": [REDIRECT_URI], "sector_identifier_uri": SECTOR_URL}

    def send(text: bytes) -> Answered:
        stage.published[SECTOR_URL] = text
        return stage.house.call("POST", "clients", body)

    frame = b'["%s",%%s]' % REDIRECT_URI.encode()
    return Place(
        send=send,
        refusals={(400, "")},
        good=lambda: _good(frame),
        taken=lambda it: it.status == 201,
        frame=frame,
    )


@place("users.webauthn:read_shown")
def passkey_at_sign_in(stage: Stage) -> Place:
    """Whoever is at the sign-in page may send one."""
    browser = visitor(stage.house)
    page = browser.get(stage.app.path())
    form, pressed = page.page.button("passkey")
    shown = {name: value for name, value in form.fields.items() if name != "credential"}
    fields = urlencode({**shown, pressed.name: pressed.value} if pressed.name else shown)
    client_data = b64(b'{"type":"webauthn.get","challenge":"AAAA","origin":"https://localhost:8443"}')
    frame = b'{"id":"AAAA","response":{"clientDataJSON":"%s"},"x":%%s}' % client_data.encode()

    def send(text: bytes) -> Answered:
        content = f"{fields}&credential={quote(text)}".encode()
        headers = {b"content-type": FORM, **cookies_of(browser)}
        return stage.house.request("POST", f"/u/passkey?state={page.state}", content, headers)

    def is_judged() -> bool:
        """Nobody has it; that is what a well-formed one is refused for."""
        (row,) = stage.house.run(stage.house.worker.storage.log_page(stage.house.tenant.tenant_id, limit=1))
        return str(row.event.details.get("check")).startswith("passkey.")

    return Place(
        send=send,
        refusals={(200, ""), (400, "invalid_request"), (400, "")},
        good=lambda: _good(frame),
        taken=lambda it: it.status < 500 and is_judged(),
        frame=frame,
        chars_max=ENCODED_CHARS_MAX,
        unharmed=lambda: not HtmlPage(browser.get("/account").reply.text).by_id.get("user_id"),
    )
