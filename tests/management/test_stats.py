"""``/stats`` through the door (auth0.md 4.9)."""

from __future__ import annotations

from typing import Any

from tallystick.tallies import DailyCount
from tests.inprocess import InProcess

from .test_logs import Log, as_caller, token_with


def test_a_day_tells_what_was_issued_and_refused(house: InProcess) -> None:
    api = house.api()
    client = house.client(api["identifier"])
    credentials = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    for secret in (client["client_secret"], "x" * 43, "y" * 43):
        house.token(audience=api["identifier"], **credentials | {"client_secret": secret})
    assert house.call("GET", "clients/none").status == 404
    assert house.call("DELETE", "clients/none").status == 204  # nothing changed
    house.flush()
    (today,) = house.ask("GET", "stats/daily")
    assert today["date"] == house.now_iso()[:10] + "T00:00:00.000Z"
    # The token of the calls is one of those that were issued.
    assert (today["tokens_issued"], today["authentications_refused"]) == (2, 2)
    assert today["by_type"] == {"seccft": 2, "feccft": 2, "sapi": 3, "fapi": 1}
    assert (today["logins"], today["signups"], today["leaked_passwords"]) == (0, 0, 0)
    assert today["updated_at"] == house.now_iso()


def test_the_days_asked_for_and_no_others_of_no_other_tenant(house: InProcess) -> None:
    log = Log(house)

    def counted(day: str, name: str = "s", tenant_id: str = log.tenant_id) -> DailyCount:
        return DailyCount(tenant_id=tenant_id, day=day, name=name, count=5, updated_at_ms=1)

    days = [counted("2026-01-01"), counted("2026-01-02", "ss"), counted("2026-01-03"), counted("2026-01-02", "s", "x")]
    house.run(log.storage.add_tallies([], days))
    (day,) = house.ask("GET", "stats/daily?from=20260102&to=20260102")
    assert (day["date"], day["logins"], day["signups"]) == ("2026-01-02T00:00:00.000Z", 0, 5)
    assert len(house.ask("GET", "stats/daily?from=20260101&to=20260103")) == 3
    assert house.ask("GET", "stats/daily?to=20251231") == []


def test_days_that_cannot_be(house: InProcess) -> None:
    impossible = ("from=2026-01-01", "from=20260230", "from=", "to=00010101", "to=99999999", "from=20260101%00", "x=1")
    for query in (*impossible, "from=20260102&to=20260101", "from=20200101&to=20260101"):
        assert house.call("GET", f"stats/daily?{query}").status == 400, query


def test_active_users_is_a_bare_number_of_people(house: InProcess) -> None:
    log = Log(house)
    assert house.ask("GET", "stats/active-users") == 0
    people: list[dict[str, Any]] = [{"user_id": "a"}, {"user_id": "b"}, {"user_id": "a"}]
    for details in people:
        log.write("s", details=details)
    log.write("f", details={"user_id": "c"})
    log.write("s", tenant_id="other", details={"user_id": "d"})
    assert house.ask("GET", "stats/active-users") == 2
    house.clock.advance(31 * 86_400)
    house._token = ""
    log.write("s", details={"user_id": "a"})
    assert house.ask("GET", "stats/active-users") == 1


def test_each_needs_read_stats(house: InProcess) -> None:
    token = token_with(house, "read:logs")
    for path in ("stats/daily", "stats/active-users"):
        refusal = as_caller(house, token, path)
        assert refusal.status == 403
        assert refusal.json()["message"] == "Insufficient scope, expected any of: read:stats"
