"""A deployment that moves by a backup: from SQLite to PostgreSQL and back, and what holds afterwards."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick.app import open_app
from tallystick.clientauth.private_key_jwt import LIFE_MS_MAX as ASSERTION_LIFE_MS_MAX
from tallystick.clientauth.private_key_jwt import SKEW_MS
from tallystick.deployment.backup import back_up, put_back
from tallystick.deployment.first_start import prepare
from tallystick.errors import StartupError
from tallystick.onetime import AHEAD_MS_MAX, LIFE_MS_MAX
from tallystick.settings import Settings
from tests.application import JWT_BEARER, now_ms
from tests.forge import LEFT_OUT, Key
from tests.inprocess import Answered, InProcess, MovableClock
from tests.postgres import cluster

AUDIENCE = "https://api.example/"


@contextmanager
def started(settings: Settings, bootstrap: Path) -> Iterator[InProcess]:
    """A deployment that is there already."""
    with asyncio.Runner() as runner:
        runner.run(prepare(settings))
        # Not before: the start notes the time of a restore, and what comes later must not look as if it came earlier.
        clock = MovableClock(now_ms())
        opened = runner.run(open_app(settings, clock))
        try:
            yield InProcess(runner, opened, msgspec.json.decode(bootstrap.read_bytes()), clock, settings)
        finally:
            runner.run(opened.close())


def moved(source: Settings, target: Settings) -> None:
    """Back one up and restore it into the other, as an operator does, with the master key."""
    file = target.data.parent / f"{target.data.name}.backup"
    asyncio.run(back_up(source, file))
    target.data.mkdir()
    shutil.copy(source.data / "master.key", target.data)
    asyncio.run(put_back(target, file, replace=False))


class Caller:
    """An application with a secret and one with a key."""

    def __init__(self, house: InProcess) -> None:
        house.api(AUDIENCE)
        self.by_secret = house.client(AUDIENCE)
        self.by_key = house.client(AUDIENCE)["client_id"]
        self.key = Key()
        credential = house.made(
            "POST", f"clients/{self.by_key}/credentials", {"credential_type": "public_key", "pem": self.key.public_pem}
        )
        methods = {"private_key_jwt": {"credentials": [{"id": credential["id"]}]}}
        body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
        house.ask("PATCH", f"clients/{self.by_key}", body)

    def secret(self, house: InProcess) -> Answered:
        return house.token(
            audience=AUDIENCE, client_id=self.by_secret["client_id"], client_secret=self.by_secret["client_secret"]
        )

    def assertion(self, house: InProcess, **claims: Any) -> str:
        now_s = house.clock.now_ms() // 1000
        times = {"iat": now_s, "exp": now_s + 240}
        return self.key.assertion(self.by_key, house.issuer, **{**times, **claims})

    def show(self, house: InProcess, assertion: str) -> Answered:
        return house.token(audience=AUDIENCE, client_assertion_type=JWT_BEARER, client_assertion=assertion)


def test_a_deployment_moves_from_sqlite_to_postgresql_and_back(house: InProcess, tmp_path: Path) -> None:
    caller = Caller(house)
    jwks = house.request("GET", "/.well-known/jwks.json").json()
    clients = house.ask("GET", "clients")
    old = Settings(data=tmp_path / "data")
    with cluster() as postgres:
        grown = Settings(data=tmp_path / "grown", database=postgres.create_database())
        back = Settings(data=tmp_path / "back")
        for source, target in ((old, grown), (grown, back)):
            moved(source, target)
            with started(target, tmp_path / "data" / "bootstrap.json") as running:
                assert running.request("GET", "/.well-known/jwks.json").json() == jwks
                assert running.ask("GET", "clients") == clients
                assert caller.secret(running).status == 200
                running.clock.advance(60)
                assert caller.show(running, caller.assertion(running)).status == 200
                running.made("POST", "clients", {"name": "new"})
                clients = running.ask("GET", "clients")
        assert not (tmp_path / "grown" / "tallystick.db").exists()


def test_what_was_spent_after_the_backup_cannot_be_shown_again(house: InProcess, tmp_path: Path) -> None:
    """attacks.md 2: whoever caught an assertion must not profit from a restore."""
    caller = Caller(house)
    new = Settings(data=tmp_path / "new")
    asyncio.run(back_up(Settings(data=tmp_path / "data"), tmp_path / "backup"))
    caught = caller.assertion(house)
    timeless = caller.assertion(house, iat=LEFT_OUT)
    ahead = caller.assertion(house, iat=house.clock.now_ms() // 1000 + SKEW_MS // 1000)
    for assertion in (caught, timeless, ahead):
        assert caller.show(house, assertion).status == 200
    new.data.mkdir()
    shutil.copy(tmp_path / "data" / "master.key", new.data)
    asyncio.run(put_back(new, tmp_path / "backup", replace=False))
    with started(new, tmp_path / "data" / "bootstrap.json") as running:
        for assertion in (caught, timeless, ahead):
            assert caller.show(running, assertion).status == 401
        running.clock.advance(AHEAD_MS_MAX / 1000 + 1)
        assert caller.show(running, caller.assertion(running)).status == 200
        assert caller.show(running, caller.assertion(running, iat=LEFT_OUT)).status == 401
        running.clock.advance(LIFE_MS_MAX / 1000)
        assert caller.show(running, caller.assertion(running, iat=LEFT_OUT)).status == 200
        for assertion in (caught, timeless, ahead):
            assert caller.show(running, assertion).status == 401


def test_the_fence_is_longer_than_any_assertion() -> None:
    assert LIFE_MS_MAX >= ASSERTION_LIFE_MS_MAX + 2 * SKEW_MS
    assert AHEAD_MS_MAX >= SKEW_MS


def test_a_backup_is_for_its_owner_and_holds_no_secret(house: InProcess, tmp_path: Path) -> None:
    caller = Caller(house)
    file = tmp_path / "backup"
    asyncio.run(back_up(Settings(data=tmp_path / "data"), file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = gzip.decompress(file.read_bytes())
    key = (tmp_path / "data" / "master.key").read_bytes().strip()
    secrets = (caller.by_secret["client_secret"].encode(), key, b"PRIVATE KEY")
    assert caller.by_key.encode() in content
    assert [secret for secret in secrets if secret in content] == []


def test_another_master_key_is_refused_before_anything_changes(house: InProcess, tmp_path: Path) -> None:
    asyncio.run(back_up(Settings(data=tmp_path / "data"), tmp_path / "backup"))
    other = Settings(data=tmp_path / "other", master_key="A" * 43)
    with pytest.raises(StartupError, match="master key is not the one"):
        asyncio.run(put_back(other, tmp_path / "backup", replace=False))
    assert not (tmp_path / "other" / "tallystick.db").exists()
    # Without any key the data comes back, and waits for it.
    without = Settings(data=tmp_path / "other")
    report = asyncio.run(put_back(without, tmp_path / "backup", replace=False))
    assert not report.has_master_key
    with pytest.raises(StartupError, match=r"master\.key is missing"):
        asyncio.run(prepare(without))


def with_value(content: bytes, table: bytes, column: int, value: Any) -> bytes:
    """The backup with one value of the table's first row changed, and a checksum that holds."""
    lines = gzip.decompress(content).splitlines(keepends=True)
    place = lines.index(b'"' + table + b'"\n') + 1
    row = msgspec.json.decode(lines[place])
    row[column] = value
    lines[place] = msgspec.json.encode(row) + b"\n"
    tail = msgspec.json.decode(lines.pop()) | {"sha256": sha256(b"".join(lines)).hexdigest()}
    return gzip.compress(b"".join(lines) + msgspec.json.encode(tail) + b"\n")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(b"deployment", 1, 5), (b"deployment", 1, "!!!!"), (b"tenant", -1, 2**63), (b"tenant", 0, {"a": 1})],
)
def test_a_value_that_no_column_takes_is_told_in_one_line(
    house: InProcess, tmp_path: Path, table: bytes, column: int, value: Any
) -> None:
    file, new = tmp_path / "backup", Settings(data=tmp_path / "new")
    asyncio.run(back_up(Settings(data=tmp_path / "data"), file))
    file.write_bytes(with_value(file.read_bytes(), table, column, value))
    with pytest.raises(StartupError):
        asyncio.run(put_back(new, file, replace=False))


def test_a_backup_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(b"the old one")
    with pytest.raises(StartupError, match="no database"):
        asyncio.run(back_up(Settings(data=tmp_path / "nowhere"), tmp_path / "backup"))
    empty = Settings(data=tmp_path / "empty")
    empty.data.mkdir()
    (empty.data / "tallystick.db").touch()
    with pytest.raises(StartupError, match="nothing to back up"):
        asyncio.run(back_up(empty, tmp_path / "backup"))
    assert (tmp_path / "backup").read_bytes() == b"the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "empty"]
