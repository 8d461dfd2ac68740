"""Backup and restore of a deployment: the database alone, in a file that either database reads.

The master key is never in it, nor is the local CA: a backup that is lost gives away who the applications are and hashes
of their secrets, but neither a secret nor a signing key.
"""

from __future__ import annotations

import stat
from base64 import b64decode
from hmac import compare_digest
from pathlib import Path
from typing import IO

import msgspec

from ..clock import SystemClock
from ..errors import StartupError
from ..front.files import PRIVATE_MODE, replacing
from ..settings import Settings
from ..storage.address import parse
from ..storage.backup import write_backup
from ..storage.backup_file import BackupReader
from ..storage.restore import restore
from ..storage.whole import whole
from .facts import CHECK_FACT, database_url
from .master_key import check_value, read_master_key


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was written or put back."""

    rows: dict[str, int]
    """By table."""
    revision: str
    created_at_ms: int
    has_master_key: bool
    """A restore: whether the key that opens it is there."""


async def back_up(settings: Settings, path: Path) -> dict[str, int]:
    """Write the database, as it is at one moment, to ``path``; how many rows each table has.

    The file is whole or not there, and for its owner's eyes alone. Raises :class:`StartupError`.
    """
    url = database_url(settings)
    check_present(url)
    try:
        with replacing(path, PRIVATE_MODE) as file:
            now_ms = SystemClock().now_ms()
            return await whole(
                url, lambda connection: write_backup(connection, file, now_ms), purpose="backed up", snapshot=True
            )
    except OSError as error:
        raise StartupError(f"cannot write {path}: {error.strerror}") from error


async def put_back(settings: Settings, path: Path, *, replace: bool) -> Report:
    """Read the backup at ``path`` into the database, all of it or nothing; raises :class:`StartupError`.

    The whole file is checked before anything is touched, and the master key too when there is one.
    """
    try:
        with open_regular(path) as file:
            backup = BackupReader(file, str(path))
            rows, expected_check = survey(backup)
            key = read_master_key(settings)
            if key is not None and not compare_digest(check_value(key), expected_check):
                raise StartupError("the master key is not the one that this backup was made under; nothing was changed")
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            now_ms = SystemClock().now_ms()
            await whole(
                database_url(settings),
                lambda connection: restore(connection, backup, replace=replace, now_ms=now_ms),
                purpose="restored",
            )
    except OSError as error:
        raise StartupError(f"cannot read {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        # The checksum is no signature: it holds for whatever somebody else has written with it.
        raise StartupError(f"{path} holds values that no backup of ours has; nothing was changed") from error
    return Report(
        rows=rows,
        revision=backup.head.revision,
        created_at_ms=backup.head.created_at_ms,
        has_master_key=key is not None,
    )


def check_present(url: str) -> None:
    """Opening an SQLite file makes it; a backup of nothing is not what anybody wants."""
    address = parse(url)
    if address.is_missing_file:
        raise StartupError(f"there is no database {address.target}")


def open_regular(path: Path) -> IO[bytes]:
    """The file; it is read twice, so a pipe will not do."""
    file = path.open("rb")
    if not stat.S_ISREG(path.stat().st_mode):
        file.close()
        raise StartupError(f"{path} is not a regular file")
    return file


def survey(backup: BackupReader) -> tuple[dict[str, int], bytes]:
    """Read through the whole backup: rows per table, and by what it recognises its master key."""
    counted = dict.fromkeys(backup.head.tables, 0)
    expected_check = b""
    for table, row in backup.rows():
        counted[table] += 1
        if table == "deployment" and row["name"] == CHECK_FACT:
            expected_check = b64decode(row["value"], validate=True)
    return counted, expected_check
