"""A memory of used proofs that the processes of one machine share: each proof counts once in all of them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tallystick.sdk.api import SqliteReplays, sqlite_replays
from tallystick.sdk.api.refusals import NotDecided
from tallystick.sdk.api.sqlite_replays import BUSY_S_MAX, BYTES_MIN, SWEPT_MAX
from tallystick.sdk.dpop import DpopKey
from tallystick.sender.proof_claims import SKEW_MS

from .issuer import Issuer, asked, check_of

KEY = DpopKey.generate()
SPENDER = """
import asyncio, sys
from tallystick.sdk.api import SqliteReplays
store = SqliteReplays(sys.argv[1])
sys.stdin.readline()
async def all_of_them():
    return await asyncio.gather(*(store.spend(b"%d" % n, 10**6, 0) for n in range(200)))
print(sum(asyncio.run(all_of_them())))
"""


def spend(store: SqliteReplays, key: bytes, now_ms: int = 0, life_ms: int = 70_000) -> bool:
    return asyncio.run(store.spend(key, now_ms + life_ms, now_ms))


def test_d29_three_processes_take_each_proof_once(tmp_path: Path) -> None:
    """They also make the file at the same moment."""
    command = [sys.executable, "-c", SPENDER, str(tmp_path / "proofs")]
    spenders = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(3)
    ]
    for spender in spenders:
        assert spender.stdin
        spender.stdin.write("\n")
        spender.stdin.flush()
    first = [int(spender.communicate(timeout=60)[0]) for spender in spenders]
    assert sum(first) == 200


def test_d29_an_api_of_two_workers_serves_a_proof_once(tmp_path: Path) -> None:
    issuer = Issuer()
    workers = [issuer.resource(replays=SqliteReplays(tmp_path / "proofs")) for _ in range(2)]
    token = issuer.token(cnf={"jkt": KEY.jkt})
    shown = ("authorization", f"DPoP {token}"), ("dpop", issuer.proof(KEY, token))
    assert asked(workers[0], *shown)
    assert check_of(lambda: asked(workers[1], *shown)) == "dpop.replayed"


def test_workers_that_are_forked_share_the_file_and_no_connection(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    child = os.fork()
    if child == 0:
        os._exit(0 if spend(store, b"a") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not spend(store, b"a")


def test_a_worker_that_is_forked_after_the_first_proof_waits_for_nobody(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    assert spend(store, b"a")
    child = os.fork()
    if child == 0:
        is_good = asyncio.run(asyncio.wait_for(store.spend(b"b", 70_000, 0), 20))
        os._exit(0 if is_good and not spend(store, b"a") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not spend(store, b"b")


def test_a_file_that_was_deleted_is_left_by_all_who_have_it_open(tmp_path: Path) -> None:
    """Workers that started later would remember apart from those before, for as long as both live."""
    path = tmp_path / "proofs"
    before = SqliteReplays(path)
    assert spend(before, b"a")
    for file in tmp_path.iterdir():
        file.unlink()
    after = SqliteReplays(path)
    assert (spend(after, b"b"), spend(before, b"b"), spend(before, b"c"), spend(after, b"c")) == (
        True,
        False,
        True,
        False,
    )
    path.unlink()
    assert (spend(before, b"d"), spend(after, b"d")) == (True, False)


def test_a_server_that_changes_its_directory_means_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteReplays("proofs")
    monkeypatch.chdir("/")
    assert spend(store, b"a")
    assert not spend(SqliteReplays(tmp_path / "proofs"), b"a")


def test_who_waited_too_long_is_not_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile the proof could be over and swept. Nobody waits behind those who wait, either."""
    assert BUSY_S_MAX * 1000 < SKEW_MS
    monkeypatch.setattr(sqlite_replays, "BUSY_S_MAX", 0.1)
    store = SqliteReplays(tmp_path / "proofs")
    other = sqlite3.connect(tmp_path / "proofs", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def spend_all() -> list[Any]:
        return await asyncio.gather(*(store.spend(b"%d" % n, 70_000, 0) for n in range(50)), return_exceptions=True)

    told = asyncio.run(spend_all())
    assert {str(one.evidence["problem"]) for one in told} == {"SQLITE_BUSY", "TimeoutError"}
    other.execute("ROLLBACK")
    assert spend(store, b"0")


def test_who_waited_too_long_for_another_process_is_not_let_in_though_its_turn_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    assert spend(store, b"a")
    moments_s = iter((0.0, BUSY_S_MAX - 1, BUSY_S_MAX + 1))
    monkeypatch.setattr(sqlite_replays, "time", SimpleNamespace(monotonic=lambda: next(moments_s)))
    with pytest.raises(NotDecided):
        spend(store, b"b")
    monkeypatch.undo()
    assert spend(store, b"b")


def _link(path: Path) -> None:
    (path.parent / "own").touch()
    path.symlink_to(path.parent / "own")


def _dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "nothing yet")


def _writable_file(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


def _open_directory(path: Path) -> None:
    path.parent.chmod(0o1777)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (_link, "it is a link"),
        (_dangling_link, "it is a link"),
        (_writable_file, "it may be changed by everybody"),
        (_open_directory, "its directory may be changed by everybody"),
    ],
)
def test_nothing_that_another_user_of_the_machine_put_there_serves(
    tmp_path: Path, planted: Callable[[Path], None], said: str
) -> None:
    """Whoever can write the memory can have it forget the proof that they stole."""
    planted(tmp_path / "proofs")
    with pytest.raises(ValueError, match=said):
        SqliteReplays(tmp_path / "proofs")
    assert not (tmp_path / "nothing yet").exists()


@pytest.mark.parametrize("whose", ["proofs", "."])
def test_what_is_another_users_does_not_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    (tmp_path / "proofs").touch()
    mallory, real = os.stat(tmp_path).st_uid + 1000, os.lstat

    def owned(path: Path) -> os.stat_result:
        found = real(path)
        is_theirs = Path(path) == tmp_path / whose
        return os.stat_result((*found[:4], mallory, *found[5:])) if is_theirs else found

    for name in ("stat", "lstat"):
        monkeypatch.setattr(f"tallystick.sdk.api.owned_file.os.{name}", owned)
    with pytest.raises(ValueError, match="is another user's"):
        SqliteReplays(tmp_path / "proofs")


def test_a_proof_is_remembered_until_its_end_and_no_longer(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    assert (spend(store, b"a"), spend(store, b"a", 69_999), spend(store, b"a", 70_000)) == (True, False, True)
    assert not spend(store, b"a", 139_999)


def test_what_is_over_is_swept_and_what_is_not_yet_swept_is_over_all_the_same(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")

    def count() -> int:
        assert store._connected is not None
        found: int = store._connected[0].execute("SELECT count(*) FROM used").fetchone()[0]
        return found

    for n in range(SWEPT_MAX + 50):
        assert spend(store, b"%d" % n, n)
    assert count() == SWEPT_MAX + 50
    last = b"%d" % (SWEPT_MAX + 49)
    end_ms = 70_000 + SWEPT_MAX + 49
    assert spend(store, last, end_ms)
    assert count() == 50
    assert not spend(store, last, end_ms)


def test_cve_2026_41707_a_full_file_refuses_and_forgets_nothing(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs", bytes_max=BYTES_MIN)

    async def fill() -> int:
        for taken in range(10_000):
            try:
                await store.spend(b"%032d" % taken, 70_000, 0)
            except NotDecided:
                return taken
        raise AssertionError("never full")

    taken = asyncio.run(fill())
    assert taken > 100
    assert not any(spend(store, b"%032d" % n) for n in range(0, taken, 50))
    with pytest.raises(NotDecided) as refused:
        spend(store, b"%032d" % taken)
    assert refused.value.check == "replays.full"
    assert spend(store, b"%032d" % taken, 70_000)
    assert os.path.getsize(tmp_path / "proofs") <= BYTES_MIN


def test_what_fails_half_way_is_undone(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    odd: list[tuple[Any, int]] = [(object(), 1), (b"a", 2**70)]
    for key, life_ms in odd:
        with pytest.raises((NotDecided, OverflowError)):
            spend(store, key, life_ms=life_ms)
    assert spend(store, b"a")
    assert not spend(SqliteReplays(tmp_path / "proofs"), b"a")


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    assert spend(store, b"a")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"proofs": 0o600, "proofs-wal": 0o600, "proofs-shm": 0o600}


def test_a_file_that_cannot_serve_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 8192)
    for bad in (tmp_path / "nowhere" / "proofs", tmp_path, tmp_path / "text"):
        with pytest.raises(ValueError, match="cannot hold used proofs"):
            SqliteReplays(bad)
    with pytest.raises(ValueError, match="bytes_max"):
        SqliteReplays(tmp_path / "proofs", bytes_max=BYTES_MIN - 1)


def test_a_file_that_was_spoilt_meanwhile_lets_nobody_in(tmp_path: Path) -> None:
    store = SqliteReplays(tmp_path / "proofs")
    (tmp_path / "proofs").write_bytes(b"x" * 8192)
    with pytest.raises(NotDecided) as refused:
        spend(store, b"a")
    assert (refused.value.check, refused.value.evidence["problem"]) == ("replays.failed", "SQLITE_NOTADB")
