"""Protection against guessing, as the tenant sets it: per account, per address, spared, off."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.errors import OAuthError
from tallystick.tenants.options import Rate
from tallystick.tenants.tenant import Tenant
from tallystick.users import attempt_counts
from tallystick.users.attempt_counts import TooMany
from tallystick.users.attempts import FailedAttempts
from tallystick.users.throttle import is_allowed, one_drop, place_of
from tests.storage.samples import tenant
from tests.users.people import Town

HERE, THERE = "203.0.113.9", "203.0.113.10"
BRUTE_FORCE, ADDRESSES = "brute-force-protection", "suspicious-ip-throttling"


def guess(town: Town, times: int, name: str = "ann@example.com", ip: str = HERE) -> list[str]:
    return [town.told(name, "wrong", ip) for _ in range(times)]


def three_from_one_address(town: Town, **more: Any) -> None:
    town.protect(ADDRESSES, stage={"pre-login": {"max_attempts": 3, "rate": 60_000}}, **more)


def test_an_account_is_blocked_for_the_address_that_tried(town: Town) -> None:
    ann = town.person()
    town.protect(BRUTE_FORCE, max_attempts=2)
    listed = f"user-blocks/{ann.user_id}"
    assert guess(town, 1) == ["wrong"]
    assert town.house.ask("GET", listed)["blocked_for"] == []
    assert guess(town, 2) == ["wrong", "too_many"]
    assert [one["ip"] for one in town.house.ask("GET", listed)["blocked_for"]] == [HERE]
    assert town.told("ann@example.com", ip=THERE) == "in"
    town.house.clock.advance(24 * 3600)
    town.house.forget_token()
    assert town.house.ask("GET", listed)["blocked_for"] == []


def test_or_for_every_address(town: Town) -> None:
    ann = town.person()
    town.protect(BRUTE_FORCE, max_attempts=2, mode="count_per_identifier")
    assert [*guess(town, 1), *guess(town, 1, ip=THERE)] == ["wrong", "wrong"]
    assert town.told("ann@example.com", ip="198.51.100.1") == "too_many"
    (blocked,) = town.house.ask("GET", f"user-blocks/{ann.user_id}")["blocked_for"]
    assert "ip" not in blocked


@pytest.mark.parametrize("members", [{"enabled": False}, {"shields": []}, {"allowlist": ["203.0.113.0/24"]}])
def test_accounts_are_not_counted_where_the_tenant_says_so(town: Town, members: dict[str, Any]) -> None:
    town.person()
    town.protect(BRUTE_FORCE, max_attempts=1, **members)
    assert guess(town, 3) == ["wrong"] * 3
    assert town.told("ann@example.com") == "in"


def test_nor_where_the_connection_says_so(town: Town) -> None:
    town.person()
    town.protect(BRUTE_FORCE, max_attempts=1)
    (connection,) = town.house.ask("GET", "connections")
    options = {**connection["options"], "brute_force_protection": False}
    town.house.ask("PATCH", f"connections/{connection['id']}", {"options": options})
    assert guess(town, 3) == ["wrong"] * 3


def test_an_address_has_so_many_attempts_whoever_it_tries(town: Town) -> None:
    town.person()
    three_from_one_address(town)
    assert [told for name in ("a", "b", "c", "d") for told in guess(town, 1, name)] == ["wrong"] * 3 + ["too_many"]
    assert town.told("ann@example.com") == "too_many"
    assert town.told("ann@example.com", ip=THERE) == "in"
    assert {row["details"]["check"] for row in town.rows("limit_mu")} == {"password.address_attempts"}
    town.house.clock.advance(60)  # one is given back
    assert [*guess(town, 2, "e")] == ["wrong", "too_many"]


def test_a_right_password_takes_nothing_from_the_address(town: Town) -> None:
    town.person()
    three_from_one_address(town)
    assert [town.told("ann@example.com") for _ in range(5)] == ["in"] * 5
    assert guess(town, 4) == ["wrong"] * 3 + ["too_many"]


@pytest.mark.parametrize("members", [{"enabled": False}, {"shields": []}, {"allowlist": [HERE]}])
def test_addresses_are_not_counted_where_the_tenant_says_so(town: Town, members: dict[str, Any]) -> None:
    three_from_one_address(town, **members)
    assert guess(town, 5) == ["wrong"] * 5


def sign_ups(town: Town, times: int) -> list[bool]:
    async def one() -> bool:
        try:
            await town.people.counts.reserve_sign_up(town.facts())
        except TooMany:
            return False
        return True

    return [town.house.run(one()) for _ in range(times)]


@pytest.mark.parametrize(
    ("members", "allowed"),
    [({}, 2), ({"enabled": False}, 4), ({"shields": []}, 4), ({"allowlist": [HERE]}, 4)],
)
def test_so_many_accounts_are_made_from_an_address(town: Town, members: dict[str, Any], allowed: int) -> None:
    town.protect(ADDRESSES, stage={"pre-user-registration": {"max_attempts": 2, "rate": 60_000}}, **members)
    assert sign_ups(town, 4).count(True) == allowed


def test_attempts_at_once_from_one_address_are_counted_one_by_one(town: Town) -> None:
    three_from_one_address(town)

    async def guess_of(number: int) -> str:
        try:
            await town.people.counts.reserve(town.facts(), f"nobody{number}", None)
        except TooMany:
            return "too_many"
        return "counted"

    async def all_at_once() -> list[str]:
        return list(await asyncio.gather(*(guess_of(number) for number in range(12))))

    assert town.house.run(all_at_once()).count("counted") == 3


def test_a_busy_server_does_not_take_an_attempt(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = town.person()
    town.protect(BRUTE_FORCE, max_attempts=3)
    assert guess(town, 1) == ["wrong"]

    async def busy(*_: Any) -> bool:
        raise OAuthError("temporarily_unavailable", "busy", check="password.busy")

    with monkeypatch.context() as patched:
        patched.setattr(town.people.passwords, "verify", busy)
        for _ in range(3):
            with pytest.raises(OAuthError, match="busy"):
                town.enter("ann@example.com", "wrong")
    assert town.house.ask("GET", f"user-blocks/{ann.user_id}")["blocked_for"] == []
    assert guess(town, 3) == ["wrong", "wrong", "too_many"], "no more and no fewer are left"


def test_an_attempt_that_cannot_be_counted_is_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.person()

    async def lost(*_: Any, **__: Any) -> bool:
        return False

    monkeypatch.setattr(town.people.counts, "_write", lost)
    monkeypatch.setattr(attempt_counts, "ATTEMPTS", 2)
    assert town.told("ann@example.com") == "too_many"
    assert town.told("nobody") == "too_many"
    town.protect(BRUTE_FORCE, enabled=False)
    assert town.told("ann@example.com") == "too_many"


def test_what_is_counted_in_one_tenant_counts_in_no_other(town: Town) -> None:
    town.person()
    town.protect(BRUTE_FORCE, max_attempts=1)
    other: Tenant = replace(tenant("other"), tenant_id="other")
    town.house.run(town.people.counts.reserve(town.facts(), "nobody", None))
    with pytest.raises(TooMany):
        town.house.run(town.people.counts.reserve(town.facts(), "nobody", None))
    town.house.run(town.people.counts.reserve(replace(town.facts(), tenant=other), "nobody", None))
    storage = town.worker.storage
    rows = [*town.house.run(storage.find(FailedAttempts, town.tenant.tenant_id))]
    assert all("nobody" not in row.subject for row in rows), "a stranger's text is not kept"


@pytest.mark.parametrize(
    ("ip", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("not an address", "not an address"),
    ],
)
def test_what_one_owner_has_is_one_address(ip: str, place: str) -> None:
    assert place_of(ip) == place


def test_a_listed_network_is_the_same_in_either_spelling() -> None:
    allowlist = (ip_network("203.0.113.0/24"),)
    assert is_allowed("203.0.113.9", allowlist)
    assert is_allowed("::ffff:203.0.113.9", allowlist)
    assert not is_allowed("203.0.114.9", allowlist)
    assert not is_allowed("", allowlist)


def test_what_has_dripped_within_an_interval_is_not_lost() -> None:
    rate, row = Rate(max_attempts=2, interval_ms=1_000), None
    for now_ms in (0, 0):
        row = one_drop("t", "s", row, rate, now_ms)
        assert row is not None
    assert one_drop("t", "s", row, rate, 999) is None
    row = one_drop("t", "s", row, rate, 1_500)
    assert row is not None
    assert one_drop("t", "s", row, rate, 1_999) is None
    assert one_drop("t", "s", row, rate, 2_000) is not None
