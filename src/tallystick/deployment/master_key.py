"""The master key: what every kept secret is sealed or hashed under. From the environment, or a file beside the data."""

from __future__ import annotations

import binascii
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest

from ..errors import StartupError
from ..sealing import MASTER_KEY_BYTES, derive
from ..settings import Settings

FILE_NAME = "master.key"
CHECK_PURPOSE = "master key check"


def read_master_key(settings: Settings) -> bytes | None:
    """The key that ``TALLYSTICK_MASTER_KEY`` or the file holds, None when there is neither; raises StartupError."""
    if settings.master_key is not None:
        return _decoded(settings.master_key, "TALLYSTICK_MASTER_KEY")
    path = settings.data / FILE_NAME
    try:
        return _decoded(path.read_text("ascii").strip(), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StartupError(f"cannot read the master key {path}: {error}") from None


def make_master_key(settings: Settings) -> bytes:
    """A new key in the data directory, readable by its owner alone, durable before it returns."""
    key = os.urandom(MASTER_KEY_BYTES)
    path = settings.data / FILE_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(urlsafe_b64encode(key) + b"\n")
        file.flush()
        os.fsync(descriptor)
    return key


def check_value(master_key: bytes) -> bytes:
    """What the database keeps to recognise the key by; tells nothing of it."""
    return derive(master_key, CHECK_PURPOSE)


def right_master_key(settings: Settings, expected_check: bytes) -> bytes:
    """The key, if it is the one the database was filled under; otherwise one clear line."""
    key = read_master_key(settings)
    if key is None:
        raise StartupError(
            f"the database is in use, but {settings.data / FILE_NAME} is missing: "
            "restore it, or give the key as TALLYSTICK_MASTER_KEY"
        )
    if not compare_digest(check_value(key), expected_check):
        raise StartupError("the master key is not the one this database was filled under")
    return key


def _decoded(text: str, source: str) -> bytes:
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise StartupError(f"{source} must hold {MASTER_KEY_BYTES} bytes in base64url")
    return key
