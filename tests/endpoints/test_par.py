"""`/oauth/par` (RFC 9126, auth0.md 1.4): who may push, what, how much of it, and what is answered."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.authorization import pushed_room
from tallystick.authorization.code import AuthorizationCode
from tallystick.authorization.pushed_request import PushedRequest
from tallystick.certs.certificate import certificate_from_pem
from tallystick.sdk.certificates import self_signed
from tests.application import JWT_BEARER
from tests.authorization.asking import REDIRECT_URI, Asking, application, check_of, last_event, set_tenant
from tests.authorization.pushing import PKCE, post, proof_of, push, pushed, refused, visit
from tests.forge import Key
from tests.inprocess import FORM, JSON, InProcess
from tests.people import person, signed_in
from tests.signin import visitor

REQUEST_URI = re.compile(r"urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}")


def pushing(house: InProcess, **fields: Any) -> Asking:
    return Asking(house, application(house, **fields), visitor(house))


def waiting(house: InProcess) -> list[PushedRequest]:
    return house.run(house.worker.storage.find(PushedRequest, house.tenant.tenant_id))


def test_the_answer(house: InProcess) -> None:
    """RFC 9126 2.2."""
    answer = push(pushing(house))
    assert answer.status == 201
    body = answer.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert REQUEST_URI.fullmatch(body["request_uri"])
    assert body["expires_in"] == 30
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


def test_no_two_are_alike(house: InProcess) -> None:
    app = pushing(house)
    assert len({pushed(app) for _ in range(5)}) == 5


def test_the_life_that_the_client_chose(house: InProcess) -> None:
    assert push(pushing(house, par_request_expiry=600)).json()["expires_in"] == 600


def test_by_secret_in_the_header(house: InProcess) -> None:
    """The client is who proved itself, so client_id may be left out."""
    app = pushing(house, token_endpoint_auth_method="client_secret_basic")
    basic = b64encode(f"{app.client['client_id']}:{app.client['client_secret']}".encode())
    form = {**app.parameters(client_id=None), **PKCE}
    assert post(app, form, {b"authorization": b"Basic " + basic}).status == 201
    assert waiting(house)[0].client_id == app.client["client_id"]
    answer = post(app, form, {b"authorization": b"Basic " + basic[:-4]})
    refused(answer, "invalid_client", 401)
    assert answer.headers["www-authenticate"].startswith("Basic")


def keyed(house: InProcess, key: Key, **fields: Any) -> Asking:
    body = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg}
    methods = {"private_key_jwt": {"credentials": [body]}}
    return pushing(house, client_authentication_methods=methods, **fields)


@pytest.mark.parametrize("audience", ["", "oauth/par", "oauth/token"])
def test_by_assertion_for_the_issuer_or_a_url_of_it(house: InProcess, audience: str) -> None:
    key = Key()
    app = keyed(house, key)
    assertion = key.assertion(app.client["client_id"], house.issuer + audience)
    shown = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    answer = post(app, {**app.parameters(), **PKCE, **shown})
    assert answer.status == 201
    refused(post(app, {**app.parameters(), **PKCE, **shown}), "invalid_client", 401)  # its jti is spent
    (row,) = waiting(house)
    assert set(row.parameters) == {*app.parameters(), *PKCE}


def test_by_certificate(house: InProcess) -> None:
    pem = self_signed(Key().private, "CN=app", now_ms=house.clock.now_ms())
    body = {"credential_type": "x509_cert", "pem": pem}
    methods = {"self_signed_tls_client_auth": {"credentials": [body]}}
    app = pushing(house, client_authentication_methods=methods)
    form = {**app.parameters(), **PKCE}
    refused(post(app, form), "invalid_client", 401)
    assert post(app, form, certificates=(certificate_from_pem(pem).der,)).status == 201


def test_a_public_client_is_refused(house: InProcess) -> None:
    """As Auth0 does: whoever knows its client_id could push in its name."""
    app = pushing(house, app_type="spa", token_endpoint_auth_method="none")
    refused(push(app, client_secret=None), "unauthorized_client")
    assert check_of(house) == "pushed.public"


def test_nobody_pushes_without_proof(house: InProcess) -> None:
    app = pushing(house)
    for form in ({"client_secret": None}, {"client_secret": "wrong"}, {"client_id": "unknown"}, {"client_id": None}):
        refused(push(app, **form), "invalid_client", 401)
    assert waiting(house) == []


def test_another_client_id_beside_the_proof(house: InProcess) -> None:
    app, other = pushing(house, token_endpoint_auth_method="client_secret_basic"), pushing(house)
    basic = b64encode(f"{app.client['client_id']}:{app.client['client_secret']}".encode())
    form = {**app.parameters(client_id=other.client["client_id"]), **PKCE}
    refused(post(app, form, {b"authorization": b"Basic " + basic}), "invalid_client", 401)


def test_the_same_checks_as_at_authorize(house: InProcess) -> None:
    """One table; RFC 9126 2.3 has the refusal as JSON, wherever it would have gone."""
    app = pushing(house)
    for changed, error, check in (
        ({"redirect_uri": "https://evil.example/"}, "invalid_request", "redirect_uri_registered"),
        ({"response_type": None}, "invalid_request", "response_type_known"),
        ({"response_type": "token"}, "unsupported_response_type", "response_type_offered"),
        ({"code_challenge_method": "plain"}, "invalid_request", "pkce_method"),
        ({"state": "a\nb"}, "invalid_request", "characters"),
        ({"audience": "https://nobody.example/"}, "access_denied", "audience_known"),
        ({"prompt": "none login"}, "invalid_request", "prompt_none_alone"),
        ({"id_token_hint": "x"}, "invalid_request", "id_token_hint"),
    ):
        answer = push(app, **changed)
        assert answer.json()["error"] == error, changed
        assert answer.status in (400, 403)
        assert check_of(house) == f"authorize.{check}"
    assert waiting(house) == []


def test_a_name_is_not_pushed(house: InProcess) -> None:
    """RFC 9126 2.1; par-authorization-request-containing-request_uri-form-param."""
    app = pushing(house)
    for request_uri in (pushed(app), "https://app.example/request"):
        refused(push(app, request_uri=request_uri), "invalid_request")
        assert check_of(house) == "pushed.request_uri"
    assert len(waiting(house)) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods(house: InProcess, method: str) -> None:
    """par-attempt-invalid-http-method."""
    answer = house.request(method, "/oauth/par", b"client_id=a", {b"content-type": FORM})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_only_a_form_and_nothing_in_the_url(house: InProcess) -> None:
    app = pushing(house)
    answer = house.request("POST", "/oauth/par", b'{"client_id": "a"}', {b"content-type": JSON})
    refused(answer, "invalid_request")
    answer = house.request("POST", f"/oauth/par?client_id={app.client['client_id']}", b"", {b"content-type": FORM})
    refused(answer, "invalid_request")
    answer = house.request("POST", "/oauth/par", b"scope=a&scope=b", {b"content-type": FORM})
    refused(answer, "invalid_request")


def test_what_is_nobodys_parameter_is_dropped(house: InProcess) -> None:
    """auth0.md 1.4; neither a proof nor a token is kept."""
    app = pushing(house)
    own = {f"ext-{number}": str(number) for number in range(12)}
    assert push(app, unknown="x", client_assertion_type=None, **own).status == 201
    (row,) = waiting(house)
    assert set(row.parameters) == {*app.parameters(), *PKCE, *(f"ext-{number}" for number in range(10))}
    assert row.parameters["ext-3"] == "3"


def test_the_size(house: InProcess) -> None:
    """auth0.md 1.4: 10 KB of plain parameters; of what would be kept."""
    app = pushing(house)
    own = {f"ext-{number}": "x" * 3300 for number in range(3)}
    assert push(app, **own, unknown="x" * 4000).status == 201
    refused(push(app, **own, **{"ext-9": "x" * 1000}), "invalid_request", 413)
    assert check_of(house) == "pushed.size"
    refused(push(app, unknown="x" * 70_000), "invalid_request", 413)


def test_several_resources_are_seen(house: InProcess) -> None:
    set_tenant(house, resource_parameter_profile="compatibility")
    app = pushing(house)
    secret = f"client_id={app.client['client_id']}&client_secret={app.client['client_secret']}"
    form = f"{secret}&{urlencode({'redirect_uri': REDIRECT_URI})}&response_type=code&resource=urn:a&resource=urn:b"
    refused(house.request("POST", "/oauth/par", form.encode(), {b"content-type": FORM}), "invalid_target")
    assert check_of(house) == "authorize.resource_single"


def test_a_tenant_may_do_without(house: InProcess) -> None:
    app = pushing(house)
    set_tenant(house, pushed_authorization_requests_supported=False)
    refused(push(app), "invalid_request", 404)
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert "pushed_authorization_request_endpoint" not in document
    assert "pushed_authorization_request_endpoint" not in document["mtls_endpoint_aliases"]


def test_discovery(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert document["pushed_authorization_request_endpoint"] == house.issuer + "oauth/par"
    alias = document["mtls_endpoint_aliases"]["pushed_authorization_request_endpoint"]
    assert alias == "https://localhost:8444/oauth/par"
    assert document["require_pushed_authorization_requests"] is False
    for demand in ({"require_pushed_authorization_requests": True}, {"compliance_level_floor": "fapi2_security"}):
        set_tenant(house, **demand)
        document = house.request("GET", "/.well-known/openid-configuration").json()
        assert document["require_pushed_authorization_requests"] is True, demand
        set_tenant(house, **dict.fromkeys(demand))


def test_the_log_and_the_numbers_tell_of_a_refusal(house: InProcess) -> None:
    app = pushing(house)
    refused(push(app, redirect_uri="https://evil.example/"), "invalid_request")
    event = last_event(house)
    assert (event.type, event.client_id) == ("fpar", app.client["client_id"])
    assert event.details["method"] == "client_secret_post"
    house.flush()
    assert [count.count for count in house.daily_counts() if count.name == "fpar"] == [1]


def test_a_loop_is_stopped(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a row; another client is not bothered."""
    monkeypatch.setattr(pushed_room, "BURST", 3)
    monkeypatch.setattr(pushed_room, "PER_S", 1)
    app, other = pushing(house), pushing(house)
    answers = [push(app) for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 201, 201, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert check_of(house) == "pushed.too_many"
    assert push(other).status == 201
    house.clock.advance(1)
    assert push(app).status == 201


def test_the_code_knows_the_credential_that_pushed(house: InProcess) -> None:
    key = Key()
    app = keyed(house, key)
    assertion = key.assertion(app.client["client_id"], house.issuer)
    shown = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    request_uri = post(app, {**app.parameters(), **PKCE, **shown}).json()["request_uri"]
    assert "code" in visit(app, request_uri, signed_in(house, person(house))).answer
    (code,) = house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id))
    (credential,) = house.ask("GET", f"clients/{app.client['client_id']}/credentials")
    assert code.credential_id == credential["id"]


def test_a_page_of_the_client_reads_the_answer(house: InProcess) -> None:
    """As at the token endpoint (attacks.md 50)."""
    app = pushing(house, web_origins=["https://app.example"])
    form = {**app.parameters(), **PKCE, **proof_of(app)}
    for origin, allowed in ((b"https://app.example", "https://app.example"), (b"https://evil.example", None)):
        answer = post(app, form, {b"origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed
    preflight = house.request("OPTIONS", "/oauth/par", headers={b"origin": b"https://app.example"})
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, "https://app.example")
