"""`/readyz`: database, migration and keys; and a stop that is coming."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from tallystick.errors import Unavailable
from tallystick.web.readiness import Readiness
from tests.inprocess import InProcess
from tests.patience import HANGING_S


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def silent() -> bool:
    raise Unavailable("the database did not answer")


async def defect() -> bool:
    raise KeyError("hunter2")


@pytest.mark.parametrize(
    ("database", "keys", "failing"),
    [(yes, yes, ""), (no, yes, "database"), (silent, no, "database"), (yes, defect, "keys")],
)
def test_the_first_failing_check_is_named(database: object, keys: object, failing: str) -> None:
    readiness = Readiness({"database": database, "keys": keys})  # type: ignore[dict-item]  # from a table
    assert asyncio.run(readiness()) == failing


def test_a_stop_that_is_coming_counts_before_everything() -> None:
    readiness = Readiness({"database": silent})
    readiness.drain()
    assert asyncio.run(readiness()) == "stopping"


@pytest.mark.parametrize(
    ("sql", "failing"),
    [
        ("UPDATE signing_key SET state = 'previous' WHERE alg = 'ES256'", "signing keys"),
        ("UPDATE alembic_version SET version_num = '0001'", "database"),
    ],
)
def test_a_worker_without_keys_or_migration_is_not_ready(
    house: InProcess, tmp_path: Path, sql: str, failing: str
) -> None:
    assert house.request("GET", "/readyz").json() == {"status": "ok"}
    with sqlite3.connect(tmp_path / "data" / "tallystick.db") as database:
        database.execute(sql)
        database.execute("INSERT INTO revision SELECT tenant_id, 1 FROM tenant")
    database.close()
    deadline = time.monotonic() + HANGING_S
    while (answer := house.request("GET", "/readyz")).status == 200 and time.monotonic() < deadline:
        house.run(asyncio.sleep(0.01))
    assert answer.status == 503
    assert answer.json() == {"status": "unavailable", "failing": failing}
