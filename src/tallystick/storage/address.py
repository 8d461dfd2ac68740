"""Database URLs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..errors import StartupError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SCHEMES = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "postgres": POSTGRESQL}


class Address(NamedTuple):
    """Where the database is."""

    database: str
    """:data:`SQLITE` or :data:`POSTGRESQL`."""
    target: str
    """The path of the file, or the URL as asyncpg takes it."""

    @property
    def is_missing_file(self) -> bool:
        """Whether it is an SQLite file that is not there: opening it would make it."""
        return self.database == SQLITE and not Path(self.target).exists()


def parse(url: str) -> Address:
    """The address in a URL. Raises :class:`StartupError`; the text never repeats the URL, which may hold a password."""
    parts = urlsplit(url)
    database = SCHEMES.get(parts.scheme)
    if database is None:
        raise StartupError("the database URL must begin with sqlite:/// or postgresql://")
    if database == POSTGRESQL:
        return Address(database, url)
    path = unquote(parts.path)
    # sqlite:///data/x.db has the absolute path /data/x.db; the four-slash spelling of other tools means the same.
    path = path[1:] if path.startswith("//") else path
    if parts.netloc or parts.query or parts.fragment or len(path) < 2:
        raise StartupError("the database URL must be sqlite:/// followed by the absolute path of a file")
    return Address(database, path)
