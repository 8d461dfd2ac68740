"""The SDK and the server, in one process: each believes what the other one makes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tallystick.jose.keys import pem_of
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.sdk.adapters.httpx import TokenAuth, perform
from tallystick.sdk.application import Application
from tallystick.sdk.authorization import Asked, RequestKey
from tallystick.sdk.challenges import challenges_in
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.failures import AnswerRefused, ServerRefused, SignInNeeded
from tallystick.sdk.introspecting import Demanded, Received
from tallystick.sdk.methods import ClientSecretBasic, NoAuthentication, PrivateKeyJwt
from tallystick.sdk.rotation import HOLD_MS, Rotating
from tallystick.sdk.sources import ClientCredentials, SignedIn
from tallystick.sdk.tokens import Tokens
from tests.application import decoded
from tests.inprocess import InProcess
from tests.people import person, signed_in

AUDIENCE = "https://api.example/"
CALLBACK = "https://app.example/callback"
BINDING = {"mechanism": "dpop", "required": True}


@pytest.fixture
def http(house: InProcess) -> httpx.Client:
    """The server, as httpx sees it."""

    def handle(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.raw if name.lower() != b"host"}
        path = request.url.raw_path.decode()
        answer = house.request(request.method, path, request.read(), headers, host=request.url.netloc)
        return httpx.Response(answer.status, headers=list(answer.header_list), content=answer.content)

    return httpx.Client(transport=httpx.MockTransport(handle))


def application(house: InProcess, client_id: str, method: Any, **more: Any) -> Application:
    """An application whose clock is the server's."""
    return Application(house.issuer, client_id, method, clock=house.clock.now_ms, **more)


def key_client(house: InProcess, **fields: Any) -> tuple[dict[str, Any], PrivateKeyJwt]:
    """An application that signs its assertions."""
    key = generate_private_key("ES256")
    credential = {"credential_type": "public_key", "pem": pem_of(public_key_for(key)), "alg": "ES256", "name": "k"}
    methods = {"private_key_jwt": {"credentials": [credential]}}
    client = house.client(AUDIENCE, client_authentication_methods=methods, jwt_configuration={"alg": "ES256"}, **fields)
    return client, PrivateKeyJwt(key, "ES256")


def signing_in(**fields: Any) -> dict[str, Any]:
    """The members of an application that people sign in to."""
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    return {"app_type": "regular_web", "grant_types": grants, "callbacks": [CALLBACK], **fields}


def came_back(house: InProcess, asked: Asked) -> dict[str, str]:
    """What a person's browser brings back."""
    return signed_in(house, person(house)).get(asked.url).answer


def test_client_credentials_bound_to_a_key_of_the_application(house: InProcess, http: httpx.Client) -> None:
    house.api(AUDIENCE, proof_of_possession=BINDING)
    client, method = key_client(house)
    key = DpopKey.generate()
    app = application(house, client["client_id"], method, dpop_key=key)
    tokens = perform(http, app.client_credentials(audience=AUDIENCE, scope="read"))
    _, claims = decoded(tokens.access_token)
    assert (tokens.token_type, claims["cnf"], tokens.scope) == ("DPoP", {"jkt": key.jkt}, "read")


def test_a_tenant_that_demands_nonces_gets_them(house: InProcess, http: httpx.Client) -> None:
    house.api(AUDIENCE, proof_of_possession=BINDING)
    house.ask("PATCH", "tenants/settings", {"dpop_nonce_required": True})
    client, method = key_client(house)
    app = application(house, client["client_id"], method, dpop_key=DpopKey.generate())
    assert perform(http, app.client_credentials(audience=AUDIENCE)).token_type == "DPoP"
    assert app.nonces.of(house.issuer) is not None


def test_a_pushed_request_that_is_sent_again_for_a_nonce_has_a_new_assertion(
    house: InProcess, http: httpx.Client
) -> None:
    """The server takes the assertion of the first try for used."""
    house.api(AUDIENCE, proof_of_possession=BINDING)
    house.ask("PATCH", "tenants/settings", {"dpop_nonce_required": True})
    client, method = key_client(house, **signing_in())
    app = application(house, client["client_id"], method, dpop_key=DpopKey.generate())
    asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid read", audience=AUDIENCE))
    assert "request_uri" in httpx.URL(asked.url).params
    tokens = perform(http, app.redeem(asked, came_back(house, asked)))
    assert (tokens.token_type, tokens.id_claims["nonce"]) == ("DPoP", asked.nonce)
    # Ours says which access token the ID token goes with, and the claim is held against it.
    assert "at_hash" in tokens.id_claims


@pytest.mark.parametrize("signed", [False, True])
def test_a_person_signs_in_to_a_fapi_like_application(house: InProcess, http: httpx.Client, signed: bool) -> None:
    house.api(AUDIENCE, proof_of_possession=BINDING, allow_offline_access=True)
    request_key = generate_private_key("ES256") if signed else None
    more: dict[str, Any] = {"require_pushed_authorization_requests": True}
    if request_key is not None:
        credential = {"credential_type": "public_key", "pem": pem_of(public_key_for(request_key)), "alg": "ES256"}
        more["signed_request_object"] = {"required": True, "credentials": [{**credential, "name": "r"}]}
        more["authorization_signed_response_alg"] = "ES256"
    client, method = key_client(house, **signing_in(**more))
    key = DpopKey.generate()
    app = application(house, client["client_id"], method, dpop_key=key)
    asked = perform(
        http,
        app.ask(
            redirect_uri=CALLBACK,
            scope="openid offline_access read",
            audience=AUDIENCE,
            request_key=RequestKey(request_key, "ES256") if request_key else None,
            response_mode="jwt" if signed else None,
        ),
    )
    assert set(httpx.URL(asked.url).params) == {"client_id", "request_uri"}
    answer = came_back(house, asked)
    assert set(answer) == ({"response"} if signed else {"code", "state", "iss"})
    tokens = perform(http, app.redeem(asked, answer))
    assert tokens.id_claims["nonce"] == asked.nonce
    assert decoded(tokens.access_token)[1]["cnf"] == {"jkt": key.jkt}
    renewed = perform(http, app.refresh(str(tokens.refresh_token)))
    assert renewed.access_token != tokens.access_token
    with pytest.raises(ServerRefused, match="invalid_grant"):
        perform(http, app.redeem(asked, answer))


def test_a_public_application_calls_userinfo_and_renews_its_tokens(house: InProcess, http: httpx.Client) -> None:
    fields = signing_in(app_type="native", token_endpoint_auth_method="none") | {"name": "app"}
    client = house.made("POST", "clients", fields | {"grant_types": ["authorization_code", "refresh_token"]})
    app = application(house, client["client_id"], NoAuthentication(), dpop_key=DpopKey.generate())
    asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid email offline_access"))
    assert "code_challenge" in httpx.URL(asked.url).params
    tokens = perform(http, app.redeem(asked, came_back(house, asked)))
    assert tokens.token_type == "DPoP"
    kept: list[Tokens] = []
    source = SignedIn(app, tokens, on_renewed=kept.append)
    with httpx.Client(transport=http._transport, auth=TokenAuth(source, house.issuer)) as api:
        for passed_s, times in ((0, 0), (86_400, 1), (1, 1)):
            house.clock.advance(passed_s)
            assert api.get(f"{house.issuer}userinfo").json()["email"] == "jane@example.org"
            assert len(kept) == times
        perform(http, app.revoke(str(kept[0].refresh_token)))
        house.clock.advance(86_400)
        with pytest.raises(SignInNeeded):
            api.get(f"{house.issuer}userinfo")
    # A refresh token that is bound to a key stays the same; whoever renews has it still.
    assert kept[0].refresh_token == tokens.refresh_token


def test_a_person_who_is_asked_by_somebody_else_is_not_taken_in(house: InProcess, http: httpx.Client) -> None:
    client, method = key_client(house_with_api(house), **signing_in())
    app = application(house, client["client_id"], method)
    asked = perform(http, app.ask(redirect_uri=CALLBACK, scope="openid"))
    answer = came_back(house, asked)
    for changed in ({"state": "other"}, {"iss": "https://evil.example/"}):
        with pytest.raises(AnswerRefused):
            perform(http, app.redeem(asked, {**answer, **changed}))
    with pytest.raises(AnswerRefused):
        perform(http, app.redeem(asked, {name: value for name, value in answer.items() if name != "iss"}))
    with pytest.raises(ServerRefused, match="access_denied"):
        perform(http, app.redeem(asked, {"state": asked.state, "iss": house.issuer, "error": "access_denied"}))
    assert perform(http, app.redeem(asked, answer)).id_claims["sub"]


def test_introspection_and_revocation(house: InProcess, http: httpx.Client) -> None:
    client, method = key_client(house_with_api(house, token_dialect="opaque"))
    app = application(house, client["client_id"], method)
    token = perform(http, app.client_credentials(audience=AUDIENCE)).access_token
    assert perform(http, app.introspect(token))["active"] is True
    perform(http, app.revoke(token, hint="access_token"))
    assert perform(http, app.introspect(token)) == {"active": False}


def test_an_api_has_a_request_judged_and_keeps_the_signed_verdict(house: InProcess, http: httpx.Client) -> None:
    house.api(AUDIENCE, proof_of_possession=BINDING)
    client, method = key_client(house)
    key = DpopKey.generate()
    app = application(house, client["client_id"], method, dpop_key=key)
    token = perform(http, app.client_credentials(audience=AUDIENCE, scope="read")).access_token
    fields = {"name": "the API", "app_type": "resource_server", "resource_server_identifier": AUDIENCE}
    asking = house.made("POST", "clients", fields)
    api = application(house, asking["client_id"], ClientSecretBasic(asking["client_secret"]))
    url = f"{AUDIENCE}things"

    def told(by: DpopKey = key, scope: str = "read", htu: str = url) -> Any:
        proof = by.proof("GET", htu, now_ms=house.clock.now_ms(), access_token=token)
        received = Received("GET", url, "DPoP", proof)
        return perform(http, api.introspected(token, received=received, demanded=Demanded(scope), signed=True))

    good = told()
    assert (good.is_active, good.members["proof"]) == (True, {"bound_by": "jkt"})
    assert decoded(good.jwt)[1]["token_introspection"] == good.members
    refused = [told(DpopKey.generate()), told(htu=f"{AUDIENCE}other"), told(scope="admin")]
    errors = [one.members["proof"]["error"] for one in refused]
    assert errors == ["invalid_token", "invalid_dpop_proof", "insufficient_scope"]
    assert not any(one.is_active for one in refused)


def test_from_a_secret_to_a_key_and_to_the_next_key_without_a_refusal(house: InProcess, http: httpx.Client) -> None:
    client, current = key_client(house_with_api(house))
    client_id, at_ms = client["client_id"], house.clock.now_ms() + 600_000
    next_key = generate_private_key("ES256")
    app = application(house, client_id, Rotating(current, PrivateKeyJwt(next_key, "ES256"), at_ms=at_ms))

    def get() -> str:
        return perform(http, app.client_credentials(audience=AUDIENCE)).token_type

    assert get() == "Bearer"
    house.clock.advance(600)
    # The moment has come, and nobody has registered the next key yet.
    assert get() == "Bearer"
    credential = {"credential_type": "public_key", "pem": pem_of(public_key_for(next_key)), "alg": "ES256"}
    added = house.made("POST", f"clients/{client_id}/credentials", {**credential, "name": "next"})
    (old,) = client["client_authentication_methods"]["private_key_jwt"]["credentials"]
    for ids in ([old["id"], added["id"]], [added["id"]]):
        uses = {"private_key_jwt": {"credentials": [{"id": id} for id in ids]}}
        house.ask("PATCH", f"clients/{client_id}", {"client_authentication_methods": uses})
        assert get() == "Bearer"
    house.clock.advance(HOLD_MS / 1000)
    assert get() == "Bearer"


def test_the_management_api_tells_a_client_what_is_wrong(house: InProcess, http: httpx.Client) -> None:
    management = house.bootstrap["management"]
    app = application(house, management["client_id"], ClientSecretBasic(management["client_secret"]))
    source = ClientCredentials(app, audience=management["audience"], scope="read:clients")
    with httpx.Client(transport=http._transport, auth=TokenAuth(source, house.issuer)) as api:
        assert api.get(f"{house.issuer}api/v2/clients").status_code == 200
        answer = api.get(f"{house.issuer}api/v2/users")
    assert answer.status_code == 403
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert "insufficient_scope" in [found.error for found in challenges_in(headers)]


def house_with_api(house: InProcess, **fields: Any) -> InProcess:
    """The same, with the API."""
    house.api(AUDIENCE, **fields)
    return house
