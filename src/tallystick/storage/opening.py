"""From a database URL to the storage behind it."""

from __future__ import annotations

from ..clock import Clock, SystemClock
from .address import POSTGRESQL, SQLITE, parse
from .store import Storage


async def open_storage(url: str, clock: Clock | None = None) -> Storage:
    """The storage at ``sqlite:///ABSOLUTE/PATH`` or ``postgresql://…``, connected.

    Reads and writes work at once; :meth:`Storage.start` begins to watch revisions, which `known` needs. Raises
    :class:`StartupError` when the URL is none of ours or nobody answers there.
    """
    address = parse(url)
    opened = {SQLITE: _open_sqlite, POSTGRESQL: _open_postgres}
    return await opened[address.database](address.target, clock or SystemClock())


async def _open_sqlite(path: str, clock: Clock) -> Storage:
    from .sqlite import SqliteStorage

    return SqliteStorage(path, clock)


async def _open_postgres(dsn: str, clock: Clock) -> Storage:
    from .postgres import PostgresStorage

    return await PostgresStorage.connect(dsn, clock)
