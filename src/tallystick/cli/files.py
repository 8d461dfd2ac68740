"""Files that commands read and write; keys are written for their owner's eyes alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .exits import USAGE, Failed

SIZE_BYTES_MAX = 1024 * 1024
"""Far beyond any key, certificate or JSON body here."""


def read_text(path: Path | str, size_max: int = SIZE_BYTES_MAX) -> str:
    """The text of a file, its beginning when it is longer than ``size_max`` characters; ``-`` is stdin."""
    if str(path) == "-":
        return sys.stdin.read(size_max)
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(size_max)
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}", exit_code=USAGE) from error
    except UnicodeDecodeError as error:
        raise Failed(f"{path} is not a text file", exit_code=USAGE) from error


def write_private(path: Path, text: str, *, force: bool = False) -> None:
    """Write a secret to a file with mode 0600. What exists is replaced only with ``force``."""
    # The mode is set when the file is made, so that nobody can open it in between; O_EXCL also refuses links.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        if force:
            path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Failed(f"{path} exists", exit_code=USAGE, hint="--force replaces it") from error
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}") from error


def write_public(path: Path, text: str, *, force: bool = False) -> None:
    """Write what anyone may read. What exists is replaced only with ``force``."""
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Failed(f"{path} exists", exit_code=USAGE, hint="--force replaces it") from error
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}") from error
