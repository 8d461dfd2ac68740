"""How people sign in, over the Management API: connection, attack protection, branding, second factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.application import now_ms
from tests.inprocess import InProcess, in_process


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One deployment for all: each test brings back what it changed, or looks at nothing else."""
    with in_process(tmp_path_factory.mktemp("settings") / "data", now_ms()) as running:
        yield running


@pytest.fixture(scope="module")
def connection(settled: InProcess) -> str:
    """Where the connection is."""
    [found] = settled.ask("GET", "connections")
    return f"connections/{found['id']}"


def put(house: InProcess, path: str, body: Any) -> Any:
    return house.ask("PUT", path, body)


def test_there_is_the_one_connection_in_every_form_of_a_list(settled: InProcess, connection: str) -> None:
    [found] = settled.ask("GET", "connections?strategy=auth0")
    assert (found["name"], found["strategy"]) == ("Username-Password-Authentication", "auth0")
    assert found["realms"] == [found["name"]]
    assert found["options"]["disable_signup"] is False
    assert settled.ask("GET", "connections?include_totals=true&take=50") == {"connections": [found]}
    assert settled.ask("GET", "connections?include_totals=true&per_page=1")["total"] == 1
    assert settled.ask("GET", "connections?page=1") == []
    assert settled.ask("GET", "connections?strategy=google-oauth2") == []
    assert settled.ask("GET", "connections?name=another") == []
    assert settled.ask("GET", f"{connection}?fields=id,name") == {"id": found["id"], "name": found["name"]}
    assert settled.call("GET", "connections/con_another").json()["errorCode"] == "inexistent_connection"


def test_an_update_of_options_replaces_them_all(settled: InProcess, connection: str) -> None:
    """As with Auth0, whose tools send what they read together with what they change."""
    before = settled.ask("GET", connection)["options"]
    changed = settled.ask("PATCH", connection, {"options": {"disable_signup": True}, "display_name": "Staff"})
    assert changed["options"] == {**before, "disable_signup": True}
    again = settled.ask("PATCH", connection, {"options": {"password_complexity_options": {"min_length": 15}}})
    assert again["options"] == {**before, "password_complexity_options": {"min_length": 15}}
    assert again["display_name"] == "Staff"
    back = settled.ask("PATCH", connection, {"options": None, "display_name": None})
    assert back["options"] == before
    assert "display_name" not in back
    # What was read may be sent back.
    unread = {name: value for name, value in back.items() if name not in ("id", "name", "strategy")}
    assert settled.ask("PATCH", connection, unread) == back
    refused: tuple[dict[str, Any], ...] = ({"realms": ["another"]}, {"realms": []}, {"is_domain_connection": True})
    for wrong in refused:
        assert settled.call("PATCH", connection, wrong).status == 400, wrong


@pytest.mark.parametrize(
    "options",
    [
        {"disable_signup": "yes"},
        {"import_mode": True},
        {"customScripts": {"login": "function () {}"}},
        {"password_history": {"enable": True, "size": 5}},
        {"password_complexity_options": {"min_length": 0}},
        {"authentication_methods": {"password": {"enabled": False}, "passkey": {"enabled": False}}},
        {"authentication_methods": {"password": {"enabled": False}}},
        {"validation": {"username": {"min": 9, "max": 3}}},
        {"unheard_of": 1},
    ],
)
def test_an_option_that_nothing_holds_is_refused(settled: InProcess, connection: str, options: dict[str, Any]) -> None:
    before = settled.ask("GET", connection)
    refused = settled.call("PATCH", connection, {"options": options})
    assert (refused.status, refused.json()["errorCode"]) == (400, "invalid_body")
    assert settled.ask("GET", connection) == before


def test_every_application_may_use_the_connection(settled: InProcess, connection: str) -> None:
    ids = [client["client_id"] for client in settled.ask("GET", "clients?is_global=false")]
    listed = settled.ask("GET", f"{connection}/clients?take=100")
    assert [client["client_id"] for client in listed["clients"]] == ids
    settled.ask("PATCH", f"{connection}/clients", [{"client_id": ids[0], "status": True}])
    refused = settled.call("PATCH", f"{connection}/clients", [{"client_id": ids[0], "status": False}])
    assert (refused.status, refused.json()["errorCode"]) == (403, "operation_not_supported")
    for body in ({"client_id": ids[0], "status": True}, [{"client_id": ids[0]}], ["x"]):
        assert settled.call("PATCH", f"{connection}/clients", body).status == 400


@pytest.mark.parametrize(
    ("path", "change", "wrong"),
    [
        (
            "attack-protection/brute-force-protection",
            {"max_attempts": 3, "allowlist": ["192.0.2.0/24", "2001:db8::1"], "mode": "count_per_identifier"},
            {"allowlist": ["everywhere"]},
        ),
        ("attack-protection/suspicious-ip-throttling", {"enabled": False}, {"stage": {"pre-logout": {}}}),
        ("attack-protection/breached-password-detection", {"shields": ["block"]}, {"method": "enhanced"}),
        ("branding", {"logo_url": "https://a.example/logo.svg"}, {"logo_url": "javascript:alert(1)"}),
        ("branding", {"font": {"url": "https://a.example/f.woff2"}}, {"colors": {"primary": "red;}"}}),
    ],
)
def test_a_document_is_patched_and_brought_back(
    settled: InProcess, path: str, change: dict[str, Any], wrong: dict[str, Any]
) -> None:
    before = settled.ask("GET", path)
    assert settled.ask("PATCH", path, change) == {**before, **change} == settled.ask("GET", path)
    refused = settled.call("PATCH", path, wrong)
    assert (refused.status, refused.json()["errorCode"]) == (400, "invalid_body")
    assert settled.ask("PATCH", path, dict.fromkeys(change)) == before


def test_a_stage_and_a_colour_are_set_by_themselves(settled: InProcess) -> None:
    path = "attack-protection/suspicious-ip-throttling"
    before = settled.ask("GET", path)["stage"]
    changed = settled.ask("PATCH", path, {"stage": {"pre-login": {"max_attempts": 7, "rate": 1000}}})
    assert changed["stage"] == {**before, "pre-login": {"max_attempts": 7, "rate": 1000}}
    settled.ask("PATCH", "branding", {"colors": {"primary": "#0a5c46"}})
    branding = settled.ask("PATCH", "branding", {"colors": {"page_background": "#fff"}})
    assert branding["colors"] == {"primary": "#0a5c46", "page_background": "#fff"}


def test_a_second_factor_is_switched_and_demanded(settled: InProcess) -> None:
    factors = {one["name"]: one["enabled"] for one in settled.ask("GET", "guardian/factors")}
    assert {name for name, enabled in factors.items() if enabled} == {
        "otp",
        "webauthn-roaming",
        "webauthn-platform",
        "recovery-code",
    }
    assert put(settled, "guardian/factors/otp", {"enabled": False}) == {"enabled": False}
    assert put(settled, "guardian/factors/sms", {"enabled": False}) == {"enabled": False}
    assert {"name": "otp", "enabled": False, "trial_expired": False} in settled.ask("GET", "guardian/factors")
    assert settled.call("PUT", "guardian/factors/sms", {"enabled": True}).status == 403
    assert settled.call("PUT", "guardian/factors/carrier-pigeon", {"enabled": True}).status == 404
    assert settled.call("PUT", "guardian/factors/otp", {}).status == 400

    assert settled.ask("GET", "guardian/policies") == []
    assert put(settled, "guardian/policies", ["all-applications"]) == ["all-applications"]
    assert settled.ask("GET", "guardian/policies") == ["all-applications"]
    assert settled.call("PUT", "guardian/policies", ["confidence-score"]).status == 400
    assert settled.call("PUT", "guardian/policies", {"all-applications": True}).status == 400
    assert put(settled, "guardian/policies", []) == []


def test_every_change_is_a_row_of_the_log(settled: InProcess) -> None:
    settled.ask("PATCH", "attack-protection/brute-force-protection", {"max_attempts": 9})
    [row] = settled.ask("GET", "logs?per_page=1&sort=date:-1")
    assert row["type"] == "sapi"
    assert row["details"]["option"] == "brute-force-protection"
    assert row["details"]["changed"] == ["max_attempts"]
