"""A1 at introspection, and its other ways to authenticate: no laxer than the token endpoint."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.certs.certificate import certificate_from_pem
from tallystick.sdk.certificates import self_signed
from tests.attacks.test_a_assertion_audience import MALFORMED, OTHERS
from tests.endpoints.introspecting import API, Asking, application, gateway, token_of
from tests.forge import Key
from tests.inprocess import FORM, InProcess

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
INTROSPECT = "oauth/introspect"
KEY = Key("ES256")


@pytest.fixture
def asked(house: InProcess) -> str:
    """A token of the API."""
    house.api(API)
    return token_of(application(house))


def keyed(house: InProcess, **fields: Any) -> Asking:
    credential = {"credential_type": "public_key", "pem": KEY.public_pem}
    methods = {"private_key_jwt": {"credentials": [credential]}}
    return gateway(house, client_authentication_methods=methods, **fields)


def told(at: Asking, token: str, audience: Any) -> Any:
    """What somebody hears with an assertion for this audience."""
    assertion = KEY.assertion(at.client_id, audience)
    return at.ask(token, client_assertion_type=KIND, client_assertion=assertion, client_id=None, client_secret=None)


def filled(audience: Any, house: InProcess) -> Any:
    """The audience with this server's addresses in it."""
    if isinstance(audience, list):
        return [filled(each, house) for each in audience]
    upper, bare = house.issuer.replace("localhost", "LOCALHOST"), house.issuer[:-1]
    named = {"issuer": house.issuer, "issuer_upper": upper, "issuer_bare": bare}
    return audience.format(**named) if isinstance(audience, str) else audience


def test_a1_audience_of_somebody_else_or_of_the_wrong_type(house: InProcess, asked: str) -> None:
    at = keyed(house)
    for name, audience in {**OTHERS, **MALFORMED}.items():
        answer = told(at, asked, filled(audience, house))
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client"), name
    assert told(at, asked, house.issuer).json()["active"]
    assert told(at, asked, house.issuer + INTROSPECT).json()["active"]


@pytest.mark.parametrize("audience", ["oauth/token", INTROSPECT, []])
def test_a1_fapi2_takes_the_issuer_alone(house: InProcess, asked: str, audience: Any) -> None:
    at = keyed(house, compliance_level="fapi2_sp_pkj_mtls")
    shown = [house.issuer] if audience == [] else house.issuer + audience
    assert told(at, asked, shown).status == 401
    assert told(at, asked, house.issuer).json()["active"]


def test_an_assertion_is_good_once_whichever_endpoint_sees_it(house: InProcess, asked: str) -> None:
    at = keyed(house)
    shown: dict[str, Any] = {
        "client_assertion_type": KIND,
        "client_assertion": KEY.assertion(at.client_id, house.issuer),
    }
    sent: dict[str, Any] = {**shown, "client_id": None, "client_secret": None}
    assert at.ask(asked, **sent).json()["active"]
    assert at.ask(asked, **sent).status == 401
    assert house.token(audience=API, **shown).json()["error"] == "invalid_client"


def test_by_certificate(house: InProcess, asked: str) -> None:
    pem = self_signed(Key().private, "CN=gateway", now_ms=house.clock.now_ms())
    methods = {"self_signed_tls_client_auth": {"credentials": [{"credential_type": "x509_cert", "pem": pem}]}}
    at = gateway(house, client_authentication_methods=methods)
    own, other = (certificate_from_pem(one).der for one in (pem, _another(house)))
    assert at.ask(asked, client_secret=None, certificates=(own,)).json()["active"]
    for certificates in ((), (other,)):
        assert at.ask(asked, client_secret=None, certificates=certificates).status == 401


def _another(house: InProcess) -> str:
    return self_signed(Key().private, "CN=gateway", now_ms=house.clock.now_ms())


def test_by_basic_and_by_one_method_alone(house: InProcess, asked: str) -> None:
    at = gateway(house, token_endpoint_auth_method="client_secret_basic")
    pair = f"{at.client_id}:{at.client['client_secret']}".encode()
    headers = {b"content-type": FORM, b"authorization": b"Basic " + b64encode(pair)}
    body = urlencode({"token": asked}).encode()
    assert house.request("POST", "/oauth/introspect", body, headers).json()["active"]
    twice = urlencode({"token": asked, "client_secret": "x", "client_id": at.client_id}).encode()
    assert house.request("POST", "/oauth/introspect", twice, headers).status in (400, 401)
    headers[b"authorization"] = b"Basic " + b64encode(pair[:-1])
    answer = house.request("POST", "/oauth/introspect", body, headers)
    assert (answer.status, answer.headers["www-authenticate"][:5]) == (401, "Basic")
    # The token that is asked about proves nobody (RFC 7662 2.1 allows a bearer token; this server does not take one).
    headers[b"authorization"] = b"Bearer " + asked.encode()
    assert house.request("POST", "/oauth/introspect", body, headers).status in (400, 401)


@pytest.mark.parametrize("dialect", ["access_token", "opaque"])
def test_f43_what_a_deleted_api_was_given_opens_no_later_one_of_its_name(house: InProcess, dialect: str) -> None:
    """Deleting an API takes the client grants along; whoever makes one of the same name may give it to others."""
    made = house.api(API, token_dialect=dialect)
    app, api = application(house), gateway(house)
    old = token_of(app)
    assert api.told(old)["active"]
    house.clock.advance(60)
    house.ask("DELETE", f"resource-servers/{made['id']}")
    assert api.is_blind(old)
    house.api(API, token_dialect=dialect)
    assert api.is_blind(old)
    house.ask("POST", "client-grants", {"client_id": app.client_id, "audience": API, "scope": ["read"]})
    assert api.told(token_of(app))["active"]
    assert api.is_blind(old)
