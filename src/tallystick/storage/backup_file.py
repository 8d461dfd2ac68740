"""The form of a backup: lines of JSON, compressed with gzip, the same from either database.

1. what it is: format, revision of the tables, which columns each table has
2. for each table its name, then its rows, an array each; binary values in base64
3. how many rows each table had, and the SHA-256 of everything before
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import IO, Any

import msgspec

from ..errors import StartupError

FORMAT = "tallystick backup"
VERSION = 1
LINE_BYTES_MAX = 64 * 1024 * 1024
"""No row comes near; a file that is none of ours must not fill the memory."""

Row = tuple[str, dict[str, Any]]
"""A table's name, and the values by column, as JSON has them."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    format: str
    version: int
    revision: str
    """What the tables were at; see `migrate`."""
    created_at_ms: int
    database: str
    """``sqlite`` or ``postgresql``; of no consequence for a restore."""
    tables: dict[str, list[str]]


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    rows: dict[str, int]
    sha256: str


class BackupWriter:
    """Writes one backup to an open file."""

    def __init__(self, file: IO[bytes], head: Head) -> None:
        # Without a name and a time in it, equal contents give equal files.
        self._zip = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0)
        self._digest = sha256()
        self._rows = dict.fromkeys(head.tables, 0)
        self._table = ""
        self._line(head)

    def begin(self, table: str) -> None:
        """The rows that follow are this table's."""
        self._table = table
        self._line(table)

    def row(self, values: Sequence[Any]) -> None:
        """One row, its values in the order of the head."""
        self._rows[self._table] += 1
        self._line(values)

    def end(self) -> dict[str, int]:
        """Write the last line; how many rows each table has."""
        self._zip.write(msgspec.json.encode(Tail(rows=self._rows, sha256=self._digest.hexdigest())) + b"\n")
        self._zip.close()
        return self._rows

    def _line(self, value: object) -> None:
        line = msgspec.json.encode(value) + b"\n"
        self._digest.update(line)
        self._zip.write(line)


class BackupReader:
    """Reads one backup from an open file, as often as asked."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        """``name`` is what people call the file. Raises :class:`StartupError` for what this release cannot read."""
        self._file = file
        self._name = name
        try:
            self.head = msgspec.json.decode(next(self._lines(), b""), type=Head)
        except msgspec.DecodeError:
            raise StartupError(f"{name} is not a backup of Tallystick") from None
        if self.head.format != FORMAT or self.head.version != VERSION:
            raise StartupError(f"{name} is a backup in a form that this release does not know")

    def rows(self) -> Iterator[Row]:
        """Every row, from the first. The last one has come only when the checksum was seen to hold."""
        lines, digest = self._lines(), sha256()
        digest.update(next(lines, b""))
        counted = dict.fromkeys(self.head.tables, 0)
        table = ""
        for line in lines:
            value = self._decoded(line)
            match value:
                case str() if value in counted:
                    table = value
                case list() if table and len(value) == len(self.head.tables[table]):
                    counted[table] += 1
                    yield table, dict(zip(self.head.tables[table], value, strict=True))
                case dict() if value == {"rows": counted, "sha256": digest.hexdigest()} and next(lines, b"") == b"":
                    return
                case _:
                    break
            digest.update(line)
        raise self._damaged()

    def _lines(self) -> Iterator[bytes]:
        self._file.seek(0)
        try:
            with gzip.GzipFile(fileobj=self._file, mode="rb") as unzipped:
                while line := unzipped.readline(LINE_BYTES_MAX):
                    yield line
        except (OSError, EOFError, zlib.error):
            raise self._damaged() from None

    def _decoded(self, line: bytes) -> Any:
        try:
            return msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            raise self._damaged() from None

    def _damaged(self) -> StartupError:
        return StartupError(f"{self._name} is damaged, cut short, or no backup of Tallystick; nothing was changed")
