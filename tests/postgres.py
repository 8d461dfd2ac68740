"""A private PostgreSQL for the tests: one cluster per test run, shared by its workers, and fresh databases.

The cluster lives in a directory of its own in memory or under /tmp, and listens on loopback with a password; a
PostgreSQL that may be running on this machine is never touched. Whoever leaves last stops it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.ports import free_ports
from tests.scratch import scratch

USER = "postgres"
PREFIX = "tallystick-postgres-"
SETTINGS = (
    *("max_connections=200", "shared_buffers=32MB", "log_min_messages=warning"),
    # No test cuts the power, so nothing has to reach the disk. What a commit waits for stays as it is.
    *("fsync=off", "full_page_writes=off", "autovacuum=off"),
)


def binaries() -> Path:
    """Where ``initdb`` and ``pg_ctl`` are; the newest that Debian has, else what ``pg_config`` names."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    answer = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip())


def _run(*command: str, as_user: bool = True, **environment: str) -> str:
    # PostgreSQL refuses to run as root: then as the user that Debian's package made.
    prefix = ["runuser", "-u", USER, "--"] if as_user and os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, *command],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, **environment},
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


class Cluster:
    """A running cluster."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        facts = json.loads((directory / "facts.json").read_text())
        self.port, self._password = int(facts["port"]), str(facts["password"])

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the superuser; its rows as text."""
        psql = (str(binaries() / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database))
        return _run(*psql, as_user=False)

    def create_database(self, encoding: str = "UTF8") -> str:
        """The URL of a new, empty database."""
        name = f"t{secrets.token_hex(8)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
        return self.url(name)

    def copy_database(self, url: str) -> str:
        """The URL of a new database with what is in that one, to which nobody may be connected."""
        name = f"t{secrets.token_hex(8)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {url.rpartition('/')[2]}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self.sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def control(self, *arguments: str) -> None:
        """``pg_ctl`` with these arguments."""
        data = str(self.directory / "data")
        _run(str(binaries() / "pg_ctl"), "-D", data, "-w", "-s", "-l", str(self.directory / "data" / "log"), *arguments)


def _create(directory: Path) -> Cluster:
    password, port = secrets.token_hex(16), free_ports(1)[0]
    directory.mkdir(mode=0o700)
    (directory / "password").write_text(password)
    (directory / "facts.json").write_text(json.dumps({"port": port, "password": password}))
    if os.geteuid() == 0:
        for path in (directory, directory / "password"):
            shutil.chown(path, USER)
    data = str(directory / "data")
    initdb = (str(binaries() / "initdb"), "-D", data, "-U", USER, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256")
    _run(*initdb, f"--pwfile={directory / 'password'}")
    settings = (f"port={port}", "listen_addresses='127.0.0.1'", f"unix_socket_directories='{directory}'", *SETTINGS)
    cluster = Cluster(directory)
    cluster.control("-o", " ".join(f"-c {setting}" for setting in settings), "start")
    return cluster


def _destroy(directory: Path) -> None:
    if (directory / "data" / "postmaster.pid").exists():
        with suppress(RuntimeError):
            Cluster(directory).control("-m", "immediate", "stop")
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_used(users: Path) -> bool:
    with users.open("a") as probe:
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sweep(home: Path, own: Path) -> None:
    """Remove what killed test runs left behind."""
    for users in home.glob(f"{PREFIX}*.users"):
        directory = users.with_suffix("")
        if directory != own and not _is_used(users):
            _destroy(directory)
            users.unlink(missing_ok=True)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """The cluster of this test run: started by whoever comes first, stopped by whoever leaves last."""
    home = scratch()
    directory = home / (PREFIX + os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}-{secrets.token_hex(4)}"))
    users, mutex = directory.with_name(directory.name + ".users"), home / f"{PREFIX}{os.geteuid()}.lock"
    with users.open("a") as presence:
        with _locked(mutex):
            fcntl.flock(presence, fcntl.LOCK_SH)
            _sweep(home, directory)
            running = Cluster(directory) if (directory / "facts.json").exists() else _create(directory)
        try:
            yield running
        finally:
            with _locked(mutex):
                fcntl.flock(presence, fcntl.LOCK_UN)
                if not _is_used(users):
                    _destroy(directory)
                    users.unlink(missing_ok=True)
