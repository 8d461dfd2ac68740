"""Registration hygiene: quotas of a tenant, when a credential was last used, and which ones lie idle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.application import now_ms
from tests.inprocess import Answered, InProcess, in_process

AUDIENCE = "https://api.example/"
DAY_S = 86_400


def refused(answer: Answered) -> tuple[int, str]:
    return answer.status, answer.json()["errorCode"]


@pytest.fixture
def bounded(tmp_path: Path) -> Iterator[InProcess]:
    """A deployment whose operator gives each tenant little room; two clients are there from the start."""
    with in_process(tmp_path / "data", now_ms(), clients_per_tenant_max=4, credentials_per_tenant_max=3) as running:
        yield running


def new_client(house: InProcess) -> Answered:
    return house.call("POST", "clients", {"name": "app", "app_type": "non_interactive"})


def test_a_tenant_bounds_its_applications(house: InProcess) -> None:
    house.ask("PATCH", "tenants/settings", {"clients_max": 3})
    made = new_client(house).json()
    assert refused(new_client(house)) == (403, "too_many_entities")
    house.ask("DELETE", f"clients/{made['client_id']}")
    assert new_client(house).status == 201
    house.ask("PATCH", "tenants/settings", {"clients_max": None})
    assert new_client(house).status == 201


def test_a_tenant_bounds_its_credentials_wherever_one_is_made(house: InProcess) -> None:
    first = new_client(house).json()["client_id"]
    second = house.made("POST", "clients", {"name": "public", "app_type": "spa"})["client_id"]
    house.ask("PATCH", "tenants/settings", {"credentials_max": 2})
    assert refused(new_client(house)) == (403, "too_many_entities")
    secret = {"credential_type": "client_secret"}
    assert refused(house.call("POST", f"clients/{first}/credentials", secret)) == (403, "too_many_entities")
    overlap = house.call("POST", f"clients/{first}/rotate-secret", {"overlap_s": 60})
    assert refused(overlap) == (403, "too_many_entities")
    to_secret = {"app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post"}
    assert refused(house.call("PATCH", f"clients/{second}", to_secret)) == (403, "too_many_entities")
    # One for one needs no room.
    assert house.call("POST", f"clients/{first}/rotate-secret").status == 200
    assert house.call("POST", "clients", {"name": "public", "app_type": "native"}).status == 201
    # The secret that the rotation withdrew stays as a row and takes no place.
    house.ask("PATCH", "tenants/settings", {"credentials_max": 3})
    assert new_client(house).status == 201


def test_the_operators_bound_holds_whatever_the_tenant_says(bounded: InProcess) -> None:
    bounded.ask("PATCH", "tenants/settings", {"clients_max": 1000, "credentials_max": 1000})
    assert [new_client(bounded).status for _ in range(2)] == [201, 201]
    without_credential = {"name": "public", "app_type": "spa"}
    assert refused(bounded.call("POST", "clients", without_credential)) == (403, "too_many_entities")
    client_id = bounded.ask("GET", "clients?app_type=non_interactive")[1]["client_id"]
    extra = bounded.call("POST", f"clients/{client_id}/credentials", {"credential_type": "client_secret"})
    assert refused(extra) == (403, "too_many_entities")
    bounded.ask("PATCH", "tenants/settings", {"credentials_max": 1})
    assert refused(bounded.call("POST", f"clients/{client_id}/rotate-secret", {"overlap_s": 9}))[0] == 403


def test_a_credential_tells_when_it_was_used_last_and_how_often(house: InProcess) -> None:
    house.api(AUDIENCE)
    client = house.client(AUDIENCE)
    path = f"clients/{client['client_id']}/credentials"
    (fresh,) = house.ask("GET", f"{path}?credential_type=client_secret")
    assert "last_used_at" not in fresh
    show = {name: client[name] for name in ("client_id", "client_secret")}
    for _ in range(2):
        assert house.token(audience=AUDIENCE, **show).status == 200
    assert house.token(audience=AUDIENCE, client_id=client["client_id"], client_secret="w" * 64).status == 401
    # Proven, though it asked for too much: the secret was used.
    assert house.token(audience=AUDIENCE, scope="nonsense", **show).status == 400
    house.flush()
    (used,) = house.ask("GET", f"{path}?credential_type=client_secret")
    assert (used["uses"], used["last_used_at"]) == (3, house.now_iso())
    assert house.ask("GET", f"{path}/{fresh['id']}") == used


def test_idle_is_what_nobody_used_for_so_many_days(house: InProcess) -> None:
    house.api(AUDIENCE)
    idle, busy = house.client(AUDIENCE), house.client(AUDIENCE)
    house.clock.advance(100 * DAY_S)
    house.forget_token()
    late = house.client(AUDIENCE)
    show = {name: busy[name] for name in ("client_id", "client_secret")}
    assert house.token(audience=AUDIENCE, **show).status == 200
    house.flush()
    found = house.ask("GET", "idle-credentials")
    assert [one["client_id"] for one in found] == [idle["client_id"]]
    assert (found[0]["uses"], "last_used_at" in found[0]) == (0, False)
    house.clock.advance(2 * DAY_S)
    house.forget_token()
    house.ask("GET", "tenants/settings")
    house.flush()  # the management application has used its secret now
    page = house.ask("GET", "idle-credentials?days=1&include_totals=true&per_page=2")
    assert (page["total"], len(page["idle_credentials"])) == (3, 2)
    of_busy = house.ask("GET", f"idle-credentials?days=1&client_id={busy['client_id']}")
    assert [(one["client_id"], one["uses"]) for one in of_busy] == [(busy["client_id"], 1)]
    assert house.ask("GET", f"idle-credentials?days=3&client_id={late['client_id']}") == []
    assert house.call("GET", "idle-credentials?days=0").status == 400


def test_what_ends_soon_is_listed_with_what_has_ended(house: InProcess) -> None:
    house.api(AUDIENCE)
    client_id = house.client(AUDIENCE)["client_id"]
    ends = {}
    for days in (5, 50, 0.5):
        body = {"credential_type": "client_secret", "expires_at": house.later_iso(days * DAY_S)}
        ends[days] = house.made("POST", f"clients/{client_id}/credentials", body)["id"]
    house.clock.advance(0.75 * DAY_S)
    found = house.ask("GET", "expiring-credentials")
    assert [one["credential_id"] for one in found] == [ends[0.5], ends[5]]
    assert {one["client_id"] for one in found} == {client_id}
    page = house.ask("GET", "expiring-credentials?days=60&take=2")
    assert (len(page["expiring_credentials"]), "next" in page) == (2, True)
    assert house.ask("GET", "expiring-credentials?days=60&include_totals=true")["total"] == 3
    house.ask("DELETE", f"clients/{client_id}/credentials/{ends[5]}")
    assert [one["credential_id"] for one in house.ask("GET", "expiring-credentials")] == [ends[0.5]]


def test_what_is_done_in_a_day_is_counted(house: InProcess) -> None:
    house.api(AUDIENCE)
    client = house.client(AUDIENCE)
    house.token(audience=AUDIENCE, client_id=client["client_id"], client_secret=client["client_secret"])
    house.token(audience=AUDIENCE, client_id=client["client_id"], client_secret="w" * 64)
    house.flush()
    counts = {row.name: row.count for row in house.daily_counts()}
    # The management application's own token is one of them; it made the API, the application and the grant.
    assert counts == {"seccft": 2, "feccft": 1, "sapi": 3}
