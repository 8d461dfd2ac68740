"""Where tests write: in memory where there is enough of it, since no test cuts the power.

Every commit waits for the disk otherwise, here 3 ms, and each of nine thousand tests makes a few.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
BYTES_MIN = 2 << 30
"""Below that it is a container's, and too small for a few hundred databases of 7 MiB."""


def scratch() -> Path:
    """The directory for what lives no longer than a test run; PostgreSQL too, whose database is a thousand files."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).total >= BYTES_MIN
    return MEMORY if in_memory else Path(tempfile.gettempdir())
