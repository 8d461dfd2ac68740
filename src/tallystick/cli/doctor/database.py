"""The database and its replay store: there, migrated, on time, and giving each one-time value to one caller alone."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator

from ...errors import StartupError, Unavailable
from ...onetime import OneTimeValue
from ...settings import Settings
from .finding import ADVICE, BAD, OK, Finding, Patient, away

SPENDS = 40
"""Uses of one value at the same time, over two connections as two nodes have them."""
LIFE_MS = 60_000
CLOCK_S_MAX = 2.0

Spend = Callable[[OneTimeValue], Awaitable[bool]]


def examine(patient: Patient) -> Iterator[Finding]:
    """What only who has the database's address can see."""
    if patient.settings is None:
        yield away("database")
        return
    try:
        yield from asyncio.run(_examined(patient.settings))
    except (StartupError, Unavailable) as error:
        yield Finding(
            "database.reachable", BAD, f"the database does not answer: {error}", "is it up, and its URL right?"
        )


async def _examined(settings: Settings) -> list[Finding]:
    from ...deployment.facts import database_url
    from ...storage.migrate import current
    from ...storage.opening import open_storage
    from ...storage.steps import head, is_migrated

    url = database_url(settings)
    revision = await current(url)
    if revision is None or not is_migrated([revision]):
        text = f"the tables are at {revision}, needed {head()}" if revision else "there are no tables"
        advice = "run `tallystick migrate`, if this is the right database (--data, --config, --database)"
        found = Finding("database.migrated", BAD, text, advice)
        return [found]
    one, other = await open_storage(url), await open_storage(url)
    try:
        return [
            Finding("database.migrated", OK, f"the database answers, its tables are at {revision}"),
            _clock(await one.database_now_ms()),
            *await _replay(one.spend, other.spend),
        ]
    finally:
        await one.close()
        await other.close()


def _clock(database_now_ms: int | None) -> Finding:
    if database_now_ms is None:
        return Finding("database.clock", OK, "the database has no clock of its own")
    off_s = abs(database_now_ms - time.time_ns() // 1_000_000) / 1000
    if off_s <= CLOCK_S_MAX:
        return Finding("database.clock", OK, "the database's clock and this machine's agree")
    return Finding("database.clock", ADVICE, f"the database's clock is {off_s:.0f} s off", "keep both by NTP")


async def _replay(*spend: Spend) -> list[Finding]:
    """attacks.md 4: the race on the real database, and the same value once more afterwards."""
    value = OneTimeValue(
        tenant_id="",
        purpose="doctor",
        subject="self-test",
        value=secrets.token_urlsafe(24),
        expires_at_ms=time.time_ns() // 1_000_000 + LIFE_MS,
    )
    results = await asyncio.gather(*(spend[turn % len(spend)](value) for turn in range(SPENDS)))
    again = await spend[0](value)
    if results.count(True) == 1 and not again:
        return [Finding("database.replay", OK, f"of {SPENDS} uses of one value at the same time, one succeeded")]
    text = f"of {SPENDS} uses of one value {results.count(True)} succeeded, and one more later: {again}"
    return [
        Finding("database.replay", BAD, text, "stop: assertions can be replayed. Is the database what it says it is?")
    ]
