"""How a request came in: what must be pushed or signed, and that whoever vouched for it still may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.asking import Asking, asking, asking_nobody, check_of, last_event, sent_back, set_tenant
from tests.authorization.pushing import PKCE, post, pushed, visit
from tests.authorization.request_objects.signing import Signing, signing
from tests.certificate_mill import Holder, jwk_with, leaf
from tests.clientauth.evidence import der
from tests.forge import Key
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.publisher import Published, public_jwk

REQUIRED: dict[str, Any] = {"require_pushed_authorization_requests": True}
JANE = "jane@example.org"


def test_a_client_demands_that_requests_are_pushed(house: InProcess) -> None:
    app = asking(house, **REQUIRED)
    answer = sent_back(app, app.ask(), "invalid_request", "pushed_as_demanded")
    assert answer["error_description"] == "Pushed Authorization Requests are required by this application"
    assert "code" in visit(app, pushed(app)).answer


def test_a_tenant_demands_it_of_everybody(house: InProcess) -> None:
    app = asking(house)
    set_tenant(house, **REQUIRED)
    answer = sent_back(app, app.ask(), "invalid_request", "pushed_as_demanded")
    assert answer["error_description"] == "Pushed Authorization Requests are required by this tenant"
    assert "code" in visit(app, pushed(app)).answer


def test_what_is_demanded_meanwhile_counts(house: InProcess) -> None:
    """The demand is asked at every return: what was begun without it is not finished without it."""
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    page = app.ask()
    set_tenant(house, **REQUIRED)
    sent_back(app, page.press("sign-in", username=JANE, password=PASSWORD), "invalid_request", "pushed_as_demanded")


def test_a_pushed_request_is_still_one_after_the_page(house: InProcess) -> None:
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house, **REQUIRED)
    page = visit(app, pushed(app))
    assert "code" in page.press("sign-in", username=JANE, password=PASSWORD).answer


def test_a_client_demands_that_requests_are_signed(house: InProcess) -> None:
    app = asking(house, **signed_by_a_key())
    sent_back(app, app.ask(), "invalid_request", "signed_as_demanded")


def signed_by_a_key() -> dict[str, Any]:
    body = {"credential_type": "public_key", "pem": Key("PS256").public_pem, "alg": "PS256"}
    return {"signed_request_object": {"required": True, "credentials": [body]}}


def withdraw(house: InProcess, client_id: str) -> None:
    house.ask("POST", f"clients/{client_id}/rotate-secret")


def test_a_withdrawn_credential_takes_its_push_along(house: InProcess) -> None:
    app = asking(house)
    request_uri = pushed(app)
    withdraw(house, app.client["client_id"])
    sent_back(app, visit(app, request_uri), "invalid_request", "vouching_credential_live")


def test_it_does_so_while_the_person_is_asked(house: InProcess) -> None:
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    page = visit(app, pushed(app))
    withdraw(house, app.client["client_id"])
    stop = page.press("sign-in", username=JANE, password=PASSWORD)
    sent_back(app, stop, "invalid_request", "vouching_credential_live")


URL = "https://keys.example/jwks.json"
SOURCES = ["credentials", "jwks", "jwks_uri"]


@pytest.fixture
def published(house: InProcess) -> Published:
    published = Published()
    published.serve(house.worker.client_keys._key_sets)
    return published


def holder(published: Published, source: str, key: Key) -> Any:
    """The key as a client has it: uploaded, in the client itself, at an address."""
    published.put(URL, public_jwk(key))
    credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg, "kid": key.kid}
    values: dict[str, Any] = {"credentials": [credential], "jwks": {"keys": [public_jwk(key)]}, "jwks_uri": URL}
    return {source: values[source]}


def replace(house: InProcess, app: Asking, source: str, held: Any, usage: str) -> None:
    """Have the client hold this instead; what was uploaded before stays with it, and serves nothing."""
    if source == "credentials":
        body = held["credentials"][0]
        row = house.made("POST", f"clients/{app.client['client_id']}/credentials", body)
        held = {"credentials": [{"id": row["id"]}]}
    fields = {usage: held} if usage == "signed_request_object" else {"client_authentication_methods": {usage: held}}
    house.ask("PATCH", f"clients/{app.client['client_id']}", fields)


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_that_proves_its_client_no_more_takes_its_push_along(
    house: InProcess, published: Published, source: str
) -> None:
    """Wherever it is from; what became of one at its address nobody knows, but that it was good at the push."""
    key, usage = Key("ES256", "proves-client"), "private_key_jwt"
    plain = asking(house, client_authentication_methods={usage: holder(published, source, key)})
    app = Signing(house, plain.client, plain.browser, key, key)

    def name() -> str:
        proof = {"client_secret": None, **app._proof()}
        return pushed(app, **proof)

    assert "code" in visit(app, name()).answer
    request_uri = name()
    replace(house, app, source, holder(published, source, Key("ES256", "comes-next")), usage)
    stop = visit(app, request_uri)
    if source == "jwks_uri":
        assert "code" in stop.answer
    else:
        sent_back(app, stop, "invalid_request", "vouching_credential_live")


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_that_signs_no_more_takes_its_request_along(house: InProcess, published: Published, source: str) -> None:
    key, usage = Key("ES256", "signs-requests"), "signed_request_object"
    before = signing(house, signed_request_object=holder(published, source, key))
    app = Signing(house, before.client, before.browser, key)
    assert "code" in app.answer()
    request_uri = app.push(app.object(state="s t&a=te")).json()["request_uri"]
    replace(house, app, source, holder(published, source, Key("ES256", "comes-next")), usage)
    stop = visit(app, request_uri)
    if source == "jwks_uri":
        assert "code" in stop.answer
    else:
        sent_back(app, stop, "invalid_request", "vouching_credential_live")


@pytest.mark.parametrize("fields", [{"request_object_signing_alg": "PS256"}, {"compliance_level": "fapi1_adv_pkj_par"}])
def test_an_algorithm_that_is_ruled_out_meanwhile_signs_nothing(
    house: InProcess, published: Published, fields: dict[str, Any]
) -> None:
    """By the application or by its profile: what it signed by the weaker one is not finished."""
    signs, proves = Key("RS256", "signs-requests"), Key("PS256", "proves-client")
    plain = asking(
        house,
        token_endpoint_auth_method=None,
        client_authentication_methods={"private_key_jwt": {"jwks": {"keys": [public_jwk(proves)]}}},
        signed_request_object=holder(published, "jwks_uri", signs),
    )
    app = Signing(house, plain.client, plain.browser, signs, proves)
    request_uri = app.push(app.object(response_mode="jwt")).json()["request_uri"]
    house.ask("PATCH", f"clients/{app.client['client_id']}", fields)
    assert set(visit(app, request_uri).answer) == {"response"}
    assert check_of(house) == "authorize.signed_as_demanded"
    assert last_event(house).details["alg"] == "RS256"


@pytest.mark.parametrize("usage", ["private_key_jwt", "signed_request_object"])
def test_keys_that_are_fetched_no_more_vouch_for_nothing(house: InProcess, published: Published, usage: str) -> None:
    signs, proves = Key("ES256", "signs-requests"), Key("ES256", "proves-client")
    held = {"signed_request_object": signs, "private_key_jwt": proves}
    sources = {name: "jwks_uri" if name == usage else "jwks" for name in held}
    holders = {name: holder(published, sources[name], key) for name, key in held.items()}
    published.put(URL, public_jwk(held[usage]))
    plain = asking(
        house,
        token_endpoint_auth_method=None,
        client_authentication_methods={"private_key_jwt": holders["private_key_jwt"]},
        signed_request_object=holders["signed_request_object"],
    )
    app = Signing(house, plain.client, plain.browser, signs, proves)
    request_uris = [app.push(app.object(state="s t&a=te")).json()["request_uri"] for _ in range(2)]
    assert "code" in visit(app, request_uris[0]).answer
    replace(house, app, "jwks", {"jwks": {"keys": [public_jwk(Key("ES256", "comes-next"))]}}, usage)
    sent_back(app, visit(app, request_uris[1]), "invalid_request", "vouching_credential_live")


@pytest.mark.parametrize("source", ["jwks", "jwks_uri"])
def test_so_does_a_certificate_of_its_key_set(house: InProcess, published: Published, source: str) -> None:
    method, mine = "self_signed_tls_client_auth", leaf("CN=mine")

    def held(by: Holder) -> Any:
        published.put(URL, jwk_with(by))
        return {method: {source: {"keys": [jwk_with(by)]} if source == "jwks" else URL}}

    app = asking(house, client_authentication_methods=held(mine))
    answer = post(app, {**app.parameters(), **PKCE}, certificates=(der(mine),))
    assert answer.status == 201, answer.content
    fields = {"client_authentication_methods": held(leaf("CN=next"))}
    house.ask("PATCH", f"clients/{app.client['client_id']}", fields)
    stop = visit(app, answer.json()["request_uri"])
    if source == "jwks_uri":
        assert "code" in stop.answer
    else:
        sent_back(app, stop, "invalid_request", "vouching_credential_live")
