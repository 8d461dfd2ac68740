"""``tallystick migrate``: the tables of the database, brought to what this release needs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from ..settings import Settings
from .command import with_settings
from .configured import STORAGE_OPTIONS
from .exits import Failed
from .output import Output


@with_settings(STORAGE_OPTIONS)
def migrate(
    settings: Settings,
    out: Output,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 when there is something to do.")
    ] = False,
) -> None:
    """Upgrade the database. `serve` does so too; this is for doing it at a time of your own."""
    from ..deployment.facts import database_url
    from ..storage.migrate import current
    from ..storage.migrate import migrate as upgrade
    from ..storage.steps import head, is_migrated

    url = database_url(settings)
    if not check:
        asyncio.run(upgrade(url))
    revision = asyncio.run(current(url))
    ready = revision is not None and is_migrated([revision])
    out.record({"current": revision, "needed": head(), "up_to_date": ready})
    if not ready:
        raise Failed("the database needs `tallystick migrate`")
