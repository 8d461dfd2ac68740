"""A file that the processes of one user share, and nobody else has a hand in.

Whoever may write into its directory can put a file or a link of their own there before it, beside it (SQLite's log), or
in its place; whoever may write the file itself forgets for us. Systems that have no users of this kind are not asked.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

ROOT = 0


def make_owned(path: Path) -> tuple[int, int]:
    """Make the file if there is none, for this user alone; what `identity_of` says of it.

    Raises OSError for one that others may change, or put another in the place of.
    """
    _check(path.parent, "its directory", os.stat(path.parent))
    # Never opened by us once it is there: closing any descriptor of it drops SQLite's own locks on it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    _check(path, "it", os.lstat(path))
    return identity_of(path)


def identity_of(path: Path) -> tuple[int, int]:
    """Which file is there by that name. Raises OSError where there is none."""
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _check(path: Path, what: str, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise PermissionError(f"{what} is a link")
    if not hasattr(os, "geteuid"):
        return
    if found.st_uid not in (os.geteuid(), ROOT):
        raise PermissionError(f"{what} is another user's: {path}")
    if found.st_mode & stat.S_IWOTH:
        raise PermissionError(f"{what} may be changed by everybody: {path}")
