"""Deployments after their first start, made once in each test process and copied from then on.

A first start makes four RSA keys and hashes a password as slowly as RFC 9106 wants it: four tenths of a second, in
which nothing happens that differs from test to test. `tests.deployment.test_first_start` is about first starts.
"""

from __future__ import annotations

import asyncio
import tempfile
from functools import cache
from pathlib import Path
from shutil import copytree

from tallystick.deployment.facts import listeners_of
from tallystick.deployment.first_start import prepare
from tallystick.settings import Settings


@cache
def _started() -> tempfile.TemporaryDirectory[str]:
    """The data directory of a deployment with the settings of a plain `tallystick serve`; removed with the process."""
    kept = tempfile.TemporaryDirectory(prefix="tallystick-started-")
    asyncio.run(prepare(Settings(data=Path(kept.name) / "data")))
    return kept


def copy_started(settings: Settings) -> None:
    """Fill the data directory of a deployment that is not there yet; the start that follows sees to what names a place.

    One that listens elsewhere, or has its database elsewhere, is left to its own first start.
    """
    plain = Settings(data=settings.data)
    if settings.data.exists() or settings.database or listeners_of(settings) != listeners_of(plain):
        return
    copy_to(settings.data)


def copy_to(data: Path) -> None:
    """Make a data directory that looks as after a start on the ordinary ports; the next one moves its addresses."""
    copytree(Path(_started().name) / "data", data)
