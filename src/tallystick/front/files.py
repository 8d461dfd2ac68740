"""Files written so that a crash leaves the old or the new one, never half of it."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PUBLIC_MODE = 0o644
PRIVATE_MODE = 0o600


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Replace ``path`` whole, durable before it returns; the bytes are never readable beyond ``mode``."""
    with replacing(path, mode) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, mode: int) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of ``path`` at the end, whole and durable, or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory's lock against other processes; it goes with the process that holds it."""
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
