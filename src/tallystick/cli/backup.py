"""``tallystick backup`` and ``restore``: the database to a file, and back, into either kind of database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..settings import Settings
from .command import with_settings
from .configured import STORAGE_OPTIONS
from .exits import USAGE, Failed
from .output import Output

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)]
KEEP_TOO = (
    "The master key is NOT in the backup, and the backup is worthless without it: keep a copy of master.key (or of "
    "TALLYSTICK_MASTER_KEY) elsewhere. The local CA in tls/ is not in it either."
)
NO_KEY = "There is no master key here: put master.key into the data directory, or `serve` will not start."
OLD_AGAIN = (
    "What was changed after the backup is gone: what was revoked since works again, and what was rotated since is the "
    "old one again."
)


@with_settings(STORAGE_OPTIONS)
def backup(
    settings: Settings,
    out: Output,
    file: FileArgument,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write the database to FILE, as it is at one moment. The server may go on serving."""
    from ..deployment.backup import back_up

    if file.exists() and not force:
        raise Failed(f"{file} exists", exit_code=USAGE, hint="--force replaces it")
    rows = asyncio.run(back_up(settings, file))
    out.record({"file": str(file), "size_bytes": file.stat().st_size, "rows": rows}, note=KEEP_TOO)


@with_settings(STORAGE_OPTIONS)
def restore(
    settings: Settings,
    out: Output,
    file: FileArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the backup in place of everything that is in the database.")
    ] = False,
) -> None:
    """Read FILE into the database, an SQLite file or PostgreSQL, whichever it came from: all of it, or nothing."""
    from ..deployment.backup import put_back

    report = asyncio.run(put_back(settings, file, replace=replace))
    if not report.has_master_key:
        out.note(NO_KEY)
    made = datetime.fromtimestamp(report.created_at_ms / 1000, UTC).isoformat(timespec="seconds")
    out.record({"file": str(file), "made": made, "revision": report.revision, "rows": report.rows}, note=OLD_AGAIN)
