"""F39, F40, F42, F46: what was granted goes to nobody else, never twice, and never grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.application import decoded, now_ms
from tests.authorization.asking import asking
from tests.inprocess import FORM, InProcess, in_process
from tests.tokens.allowed import PUBLIC, ROTATING, VERIFIER, Allowed, allowed, challenge_of

OFFLINE = ["openid", "read", "offline_access"]
API = "https://api.example/"
HOST = b"umbrella.example:8443"


# F39: another tenant's codes and tokens (another client's: tests/grants)


@pytest.fixture
def neighbour(house: InProcess) -> dict[str, Any]:
    """An application of another tenant on the same server that may do what the first tenant's may."""
    host, token = house.neighbour()
    fields = {"name": "app", "app_type": "regular_web", "callbacks": ["https://app.example/callback"]}
    grants = ["authorization_code", "refresh_token"]
    answer = house.call("POST", "clients", {**fields, "grant_types": grants}, token=token, host=host)
    client = answer.json()
    return {"client_id": client["client_id"], "client_secret": client["client_secret"]}


def test_f39_what_one_tenant_gave_is_worth_nothing_at_its_neighbour(
    house: InProcess, neighbour: dict[str, Any]
) -> None:
    """By its own application, and by the other tenant's; and nothing of it is spent, told or taken back there."""
    app = allowed(house)
    code, body = app.code(), app.tokens(["openid", "offline_access"])
    for shown in (neighbour, app.proof):
        expected = "invalid_grant" if shown is neighbour else "invalid_client"
        redeemed: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://app.example/callback",
        }
        assert house.token(host=HOST, **redeemed, **shown).json()["error"] == expected
        refreshed: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
        assert house.token(host=HOST, **refreshed, **shown).json()["error"] == expected
        for token in (body["refresh_token"], body["access_token"]):
            content = "&".join(f"{name}={value}" for name, value in {**shown, "token": token}.items()).encode()
            house.request("POST", "/oauth/revoke", content, {b"content-type": FORM}, host=HOST)
    bearer = {b"authorization": f"Bearer {body['access_token']}".encode()}
    assert house.request("GET", "/userinfo", headers=bearer, host=HOST).status == 401
    assert app.userinfo(body["access_token"]).status == 200
    assert app.refresh(body["refresh_token"]).status == 200
    assert app.redeem(code).status == 200


# F40: after a restart (many at once: test_f_races.py)


def test_f40_what_was_spent_before_a_restart_is_spent_after_it(tmp_path: Path) -> None:
    """CVE-2026-9802: the code and the replaced refresh token raise the alarm all the same, and the family is gone."""
    at = now_ms()
    with in_process(tmp_path / "data", at) as house:
        app = allowed(house, refresh_token=ROTATING)
        code = app.code(["openid", "offline_access"])
        first = app.redeem(code).json()["refresh_token"]
        second = app.refresh(first).json()
        spent = app.code()
        kept = app.redeem(spent).json()["access_token"]
    with in_process(tmp_path / "data", at + 1000) as house:
        again = Allowed(house=house, client=app.client, user=app.user, session=app.session)
        assert again.userinfo(kept).status == 200
        assert again.redeem(spent).json()["error"] == "invalid_grant"
        assert again.userinfo(kept).status == 401
        assert again.refresh(first).json()["error"] == "invalid_grant"
        assert again.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
        assert again.userinfo(second["access_token"]).status == 401


# F42: nothing widens


EXCHANGES = {
    "urn:ietf:params:oauth:grant-type:token-exchange": "subject_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "assertion",
    "urn:ietf:params:oauth:grant-type:saml2-bearer": "assertion",
    "urn:ietf:params:oauth:grant-type:device_code": "device_code",
    "urn:openid:params:grant-type:ciba": "auth_req_id",
    "password": "password",
    "http://auth0.com/oauth/grant-type/password-realm": "password",
}


@pytest.mark.parametrize("grant_type", EXCHANGES)
def test_f42_no_token_is_exchanged_for_another(house: InProcess, grant_type: str) -> None:
    """CVE-2026-56668. There is no such grant: to have it among one's grant types gives nothing."""
    house.api(API)
    app = allowed(house)
    house.call("PATCH", f"clients/{app.client_id}", {"grant_types": ["authorization_code", grant_type]})
    body = app.tokens(["openid"])
    for token in (body["access_token"], body["id_token"]):
        about = {"audience": API, "scope": "read write", "actor_token": token, "subject_token_type": "x"}
        answer = house.token(grant_type=grant_type, **{EXCHANGES[grant_type]: token}, **about, **app.proof)
        assert answer.json()["error"] == "unsupported_grant_type"
    assert grant_type not in house.request("GET", "/.well-known/openid-configuration").json()["grant_types_supported"]


def test_f42_a_refresh_changes_neither_audience_nor_scope_nor_subject(house: InProcess) -> None:
    """Whatever is said beside it; and a token that was narrowed stays so."""
    house.api(API, allow_offline_access=True)
    house.api("https://other.example/", allow_offline_access=True)
    app = allowed(house)
    body = app.tokens(OFFLINE, audience=API)
    granted = decoded(body["access_token"])[1]
    for beside in (
        {"resource": "https://other.example/"},
        {"actor_token": body["access_token"], "subject_token": body["id_token"]},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:access_token", "sub": "auth0|admin"},
        {"scope": "openid read write admin"},
        {"claims": '{"sub": "auth0|admin"}', "user_id": "auth0|admin"},
    ):
        answer = app.refresh(body["refresh_token"], **beside)
        if answer.status == 200:
            claims = decoded(answer.json()["access_token"])[1]
            assert {name: claims[name] for name in ("aud", "sub", "azp")} == {
                name: granted[name] for name in ("aud", "sub", "azp")
            }
            assert set(claims["scope"].split()) <= set(OFFLINE)
        else:
            assert answer.json()["error"] in ("invalid_scope", "invalid_target", "invalid_request", "invalid_grant")
    for audience in ("https://other.example/", f"{house.issuer}api/v2/"):
        assert app.refresh(body["refresh_token"], audience=audience).status == 400


def test_f42_no_refresh_token_comes_silently(house: InProcess) -> None:
    """Not for an application's own tokens, not without the scope, nor for a scope that only the request names."""
    house.api(API, allow_offline_access=True)
    client = house.client(API, app_type="regular_web", grant_types=["client_credentials", "refresh_token"])
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    for scope in (None, "offline_access", "read offline_access", "openid offline_access"):
        answer = house.token(audience=API, scope=scope, **proof)
        assert "refresh_token" not in answer.json()
    app = allowed(house)
    assert "refresh_token" not in app.redeem(app.code(["openid"]), scope="openid offline_access").json()


# F46: what is not understood is not passed over


NOT_UNDERSTOOD: tuple[Any, ...] = (
    *({}, {"kid": "x"}, {"jwk": {}}, {"x5t#S256": ""}, {"jkt": 5}, {"jkt": "x", "x5t#S256": "y"}),
    *("x5t#S256", [], 0, False, ""),
)


def test_f46_a_confirmation_that_nobody_understands_is_never_proven(house: InProcess) -> None:
    """Genuine tokens, as a later version or a mistake might bind them, at both doors that take tokens in person."""
    app = allowed(house)
    signer = house.run(house.worker.ring.signer(house.tenant.tenant_id, "RS256"))
    management = house.token(**house.bootstrap["management"]).json()["access_token"]
    doors = (("/userinfo", app.tokens()["access_token"]), ("/api/v2/clients", management))
    for path, token in doors:
        for cnf in NOT_UNDERSTOOD:
            claims = {**decoded(token)[1], "cnf": cnf}
            text = signer.sign(msgspec.json.encode(claims), "at+jwt")
            for scheme in ("Bearer", "DPoP"):
                header = {b"authorization": f"{scheme} {text}".encode()}
                answer = house.request("GET", path, headers=header, certificates=(b"c",))
                assert answer.status in (400, 401), (path, cnf)
        unbound = signer.sign(msgspec.json.encode(decoded(token)[1]), "at+jwt")
        assert house.request("GET", path, headers={b"authorization": b"Bearer " + unbound.encode()}).status == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"response_mode": "fragment.x"},
        {"response_type": "code device"},
        {"prompt": "none sometimes"},
        {"claims": '{"id_token": {"acr": {"essential": true, "value": "urn:none"}}}', "prompt": "none"},
    ],
)
def test_f46_what_is_asked_and_not_known_gives_no_code(house: InProcess, asked: dict[str, Any]) -> None:
    assert "code=" not in asking(house).ask(**asked).location


def test_f46_a_kind_of_client_assertion_that_is_unknown_is_none(house: InProcess) -> None:
    """It neither counts nor is passed over for the secret beside it."""
    app = allowed(house)
    code = app.code(code_challenge=challenge_of(VERIFIER))
    for kind in ("urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "x", ""):
        answer = app.redeem(code, code_verifier=VERIFIER, client_assertion_type=kind, client_assertion="x.y.z")
        assert answer.json()["error"] in ("invalid_client", "invalid_request")
    public = allowed(house, app.user, **PUBLIC)
    answer = public.redeem(public.code(), client_assertion_type="x", client_assertion="x.y.z")
    assert answer.json()["error"] in ("invalid_client", "invalid_request")
