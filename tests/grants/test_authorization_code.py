"""``authorization_code``: who may redeem a code, once, and what is asked anew at that moment (RFC 6749 4.1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.authorization.code import AuthorizationCode
from tallystick.users.session import Session
from tests.application import decoded
from tests.inprocess import Answered, InProcess
from tests.tokens.allowed import CALLBACK, PUBLIC, ROTATING, VERIFIER, Allowed, allowed, challenge_of

OFFLINE = ["openid", "offline_access"]


def refused(answer: Answered, house: InProcess) -> str:
    """The exact check, of a refusal with the RFC's code and nothing else."""
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant"), answer
    row = house.ask("GET", "logs")[0]
    assert row["correlation_id"] == answer.json()["correlation_id"]
    return str(row["details"]["check"])


def test_a_code_gives_tokens_and_one_row(house: InProcess) -> None:
    app = allowed(house)
    body = app.tokens()
    assert set(body) == {"access_token", "token_type", "expires_in", "id_token", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 86_400, "openid profile email")
    row = house.ask("GET", "logs")[0]
    assert (row["type"], row["client_id"], row["scope"]) == ("seacft", app.client_id, "openid profile email")
    assert row["details"]["grant_id"] == decoded(body["access_token"])[1]["grant_id"]
    (family,) = app.families()
    assert (family.user_id, family.session_id, family.has_refresh_token) == (app.user.user_id, app.session.id, False)
    assert family.credential_id == row["details"]["credential_id"]


def test_without_openid_there_is_no_id_token(house: InProcess) -> None:
    assert "id_token" not in allowed(house).tokens(["profile"])


def test_a_refresh_token_needs_the_scope_the_grant_and_the_api(house: InProcess) -> None:
    app = allowed(house)
    assert "refresh_token" not in app.tokens()
    body = app.tokens(OFFLINE)
    assert "refresh_token" in body
    assert "offline_access" in body["scope"]
    open_api, closed_api = house.api("https://open/", allow_offline_access=True), house.api("https://closed/")
    assert "refresh_token" in app.tokens(OFFLINE, audience=open_api["identifier"])
    body = app.tokens(OFFLINE, audience=closed_api["identifier"])
    assert "refresh_token" not in body
    assert body["scope"] == "openid"
    house.ask("PATCH", f"clients/{app.client_id}", {"grant_types": ["authorization_code"]})
    assert "refresh_token" not in app.tokens(OFFLINE)


def test_codereuse_takes_back_what_the_code_gave(house: InProcess) -> None:
    """RFC 6749 4.1.2: access token and refresh token both die."""
    app = allowed(house)
    code = app.code(OFFLINE)
    body = app.redeem(code).json()
    house.clock.advance(30)
    assert refused(app.redeem(code), house) == "code.spent"
    assert app.userinfo(body["access_token"]).status == 401
    assert refused(app.refresh(body["refresh_token"]), house) == "refresh_token.withdrawn"
    assert refused(app.redeem(code), house) == "code.spent"


def test_a_code_lives_sixty_seconds(house: InProcess) -> None:
    app = allowed(house)
    code, late = app.code(), app.code()
    house.clock.advance(59.9)
    assert app.redeem(code).status == 200
    house.clock.advance(0.1)
    assert refused(app.redeem(late), house) == "code.expired"


@pytest.mark.parametrize(
    ("sent", "form", "check"),
    [
        (True, {"redirect_uri": None}, "code.redirect_uri"),
        (True, {"redirect_uri": CALLBACK + "/"}, "code.redirect_uri"),
        (False, {"redirect_uri": "https://evil.example/"}, "code.redirect_uri"),
        (False, {"redirect_uri": None}, ""),
        (False, {}, ""),
    ],
)
def test_the_redirect_uri_is_repeated_where_it_was_sent(
    house: InProcess, sent: bool, form: dict[str, Any], check: str
) -> None:
    app = allowed(house)
    code = app.code(redirect_uri_sent=sent)
    answer = app.redeem(code, **form)
    if not check:
        assert answer.status == 200
        return
    assert refused(answer, house) == check
    assert app.redeem(code).status == 200  # nothing was spent


@pytest.mark.parametrize(
    ("verifier", "check"),
    [
        (None, "code.verifier_form"),
        ("", "code.verifier_form"),
        ("v" * 42, "code.verifier_form"),
        ("v" * 129, "code.verifier_form"),
        ("ü" * 43, "code.verifier_form"),
        ("w" * 43, "code.verifier"),
        ("V" * 43, "code.verifier"),
        (challenge_of(VERIFIER), "code.verifier"),
    ],
)
def test_ensure_pkce_code_verifier_required_and_right(house: InProcess, verifier: str | None, check: str) -> None:
    """Attack 38: verifier dropped, empty, another, or the challenge itself as if the method were ``plain``."""
    confidential = allowed(house)
    for app in (confidential, allowed(house, confidential.user, **PUBLIC)):
        code = app.code(code_challenge=challenge_of(VERIFIER))
        assert refused(app.redeem(code, code_verifier=verifier), house) == check
        assert app.redeem(code, code_verifier=VERIFIER).status == 200


def test_a_verifier_that_nobody_expects_is_refused(house: InProcess) -> None:
    """Attack 38, RFC 9700 2.1.1: somebody stripped the challenge off the request."""
    app = allowed(house)
    assert refused(app.redeem(app.code(), code_verifier=VERIFIER), house) == "code.verifier_unexpected"


def test_a_public_client_never_does_without_pkce(house: InProcess) -> None:
    app = allowed(house, **PUBLIC)
    code = app.code(code_challenge=None)
    assert refused(app.redeem(code, code_verifier=None), house) == "code.challenge_missing"


def test_another_clients_code_is_refused_and_not_burnt(house: InProcess) -> None:
    """Attack 39; ensure-authorization-code-is-bound-to-client."""
    app = allowed(house)
    stranger = allowed(house, app.user)
    code = app.code()
    assert refused(stranger.redeem(code), house) == "code.client"
    assert app.redeem(code).status == 200
    # Nor does a stranger who shows a spent code take anything back.
    body = app.tokens(OFFLINE)
    assert refused(stranger.redeem(code), house) == "code.client"
    assert app.userinfo(body["access_token"]).status == 200


@pytest.mark.parametrize("code", ["", "x", "ü", "A" * 43, "A" * 5000, "a\0b"])
def test_what_is_no_code(house: InProcess, code: str) -> None:
    answer = allowed(house).redeem(code)
    if code:
        assert refused(answer, house) == "code.unknown"
    else:
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def changed(app: Allowed, what: str) -> None:
    house, storage, tenant_id = app.house, app.house.worker.storage, app.house.tenant.tenant_id
    if what == "session":
        house.run(storage.erase_where(Session, tenant_id, {"id": app.session.id}))
    elif what == "session over":
        house.run(storage.write(saves=(replace(app.session, idle_expires_at_ms=house.clock.now_ms()),)))
    elif what == "blocked":
        house.run(storage.write(saves=(replace(app.user, blocked=True),)))
    elif what == "deleted":
        house.run(storage.write(erasures=(app.user,)))
    elif what == "redirect URI":
        house.ask("PATCH", f"clients/{app.client_id}", {"callbacks": ["https://app.example/other"]})
    elif what == "grant":
        house.ask("PATCH", f"clients/{app.client_id}", {"grant_types": ["refresh_token"]})


@pytest.mark.parametrize(
    ("what", "error", "check"),
    [
        ("session", "invalid_grant", "code.session"),
        ("session over", "invalid_grant", "code.session"),
        ("blocked", "invalid_grant", "code.user"),
        ("deleted", "invalid_grant", "code.user"),
        ("redirect URI", "invalid_grant", "code.redirect_uri_unregistered"),
        ("grant", "unauthorized_client", "grant.allowed"),
    ],
)
def test_what_changed_since_counts_at_redemption(house: InProcess, what: str, error: str, check: str) -> None:
    """Attack 44."""
    app = allowed(house)
    code = app.code()
    changed(app, what)
    answer = app.redeem(code)
    assert (answer.status, answer.json()["error"]) == (400, error)
    assert house.ask("GET", "logs")[0]["details"]["check"] == check


def test_an_application_that_became_public_needs_pkce_after_all(house: InProcess) -> None:
    app = allowed(house)
    code = app.code()
    house.ask("PATCH", f"clients/{app.client_id}", {"token_endpoint_auth_method": "none"})
    assert refused(app.redeem(code, client_secret=None), house) == "code.challenge_missing"


def test_a_code_that_waits_for_a_key_is_not_for_whoever_has_none(house: InProcess) -> None:
    """RFC 9449 10: closed, as long as nobody can prove a DPoP key."""
    app = allowed(house)
    assert refused(app.redeem(app.code(dpop_jkt="x" * 43)), house) == "code.possession"


@pytest.mark.parametrize("policy", ["deny_all", "require_client_grant"])
def test_an_api_that_gives_the_application_nothing_any_more(house: InProcess, policy: str) -> None:
    app, api = allowed(house), house.api()
    code = app.code(["openid", "read"], audience=api["identifier"])
    fields = {"subject_type_authorization": {"user": {"policy": policy}}}
    house.ask("PATCH", f"resource-servers/{api['id']}", fields)
    assert refused(app.redeem(code), house) == "code.audience"


def test_the_oldest_refresh_tokens_make_room(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """auth0.md 1.3: a bound per person and application; here of three."""
    monkeypatch.setattr("tallystick.tokens.families.REFRESH_TOKENS_MAX", 3)
    app = allowed(house, refresh_token=ROTATING)
    given = [app.tokens(OFFLINE)["refresh_token"] for _ in range(4)]
    assert "resource_cleanup" in {row["type"] for row in house.ask("GET", "logs")}
    assert [app.refresh(token).status for token in given] == [400, 200, 200, 200]


def test_a_spent_code_is_remembered_for_a_day(house: InProcess) -> None:
    app = allowed(house)
    code = app.code()
    app.redeem(code)
    house.clock.advance(86_000)
    house.run(house.worker.storage.forget(house.clock.now_ms()))
    assert len(house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id))) == 1
    house.clock.advance(600)
    house.run(house.worker.storage.forget(house.clock.now_ms()))
    assert house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id)) == []
