"""Passwords that others know: the operator's list, and those that everybody tries first.

The list is a text file of one entry a line: the SHA-1 of a password in 40 hex digits, in order, as the well-known
collections of leaked passwords are published (``:`` and a count may follow); or the passwords themselves, in the order
of their UTF-8 bytes. It may have many gigabytes: it is searched on the disk, by halves, never read whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from io import BufferedReader
from itertools import pairwise
from pathlib import Path

import structlog

from ..errors import OAuthError

LINE_BYTES_MAX = 4_096
log = structlog.get_logger("tallystick.users")

_KEYBOARD = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "1234567890", "0987654321")
_WORDS = frozenset(
    {
        "password",
        "passwort",
        "passw",
        "passwd",
        "secret",
        "geheim",
        "letmein",
        "welcome",
        "willkommen",
        "login",
        "admin",
    }
    | {"administrator", "root", "user", "guest", "test", "tester", "testing", "demo", "hello", "hallo", "master"}
    | {"changeme", "default", "iloveyou", "monkey", "dragon", "sunshine", "princess", "football", "baseball", "soccer"}
    | {"shadow", "superman", "batman", "starwars", "summer", "winter", "spring", "autumn", "freedom", "whatever"}
    | {"trustno", "flower", "cookie", "computer", "internet", "samsung", "google", "tallystick"}
)
"""What people take for a password, without what they hang on to it."""
_LOOKS_LIKE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_TAIL = re.compile(r"[\d\W_]{0,6}\Z")
_HEAD = re.compile(r"\A[\d\W_]{0,4}")
_SHA1_LINE = re.compile(rb"[0-9A-Fa-f]{40}(?::\d+)?")


def is_common(password: str) -> bool:
    """Whether it is one of the passwords that are tried first, by rules instead of a list.

    One sign or short piece again and again, a run along the alphabet or the keyboard, a usual word with digits and
    signs around it or with digits for letters.
    """
    folded = password.casefold()
    return _is_repeated(folded) or _is_run(folded) or _is_word(folded)


def _is_repeated(text: str) -> bool:
    return any(
        text == text[:size] * (len(text) // size) for size in range(1, len(text) // 2 + 1) if len(text) % size == 0
    )


def _is_run(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    if len(text) >= 4 and steps in ({1}, {-1}):
        return True
    return len(text) >= 4 and any(text in row * 2 or text in row[::-1] * 2 for row in _KEYBOARD)


def _is_word(text: str) -> bool:
    core = _HEAD.sub("", _TAIL.sub("", text))
    spelled = {core, core.translate(_LOOKS_LIKE), _TAIL.sub("", text.translate(_LOOKS_LIKE))}
    return any(word in _WORDS or (word[:6] in ("qwerty", "qwertz", "azerty") and len(word) <= 8) for word in spelled)


class BreachedPasswords:
    """Implements `password_policy.KnownPasswords`. The file is opened for each question, so it may be replaced."""

    def __init__(self, path: Path | None = None) -> None:
        """``path``: the operator's list; None for the rules alone."""
        self._path = path

    async def contains(self, password: str) -> bool:
        """Whether others know this password. Raises OAuthError while the list cannot be read: closed by default."""
        if is_common(password):
            return True
        try:
            return self._path is not None and await asyncio.to_thread(holds, self._path, password)
        except OSError as error:
            log.error("the list of breached passwords cannot be read", path=str(self._path), error=error.strerror)
            raise OAuthError(
                "temporarily_unavailable", "The server is busy: try again in a moment.", check="password.list"
            ) from None


def holds(path: Path, password: str) -> bool:
    """Whether the list has the password: some thirty reads of a line. Raises OSError for a list that cannot be read."""
    text = password.encode("utf-8", "surrogatepass")
    with path.open("rb") as file:
        hashed = _SHA1_LINE.fullmatch(file.readline(LINE_BYTES_MAX).strip()) is not None
        if hashed:
            return _search(file, hashlib.sha1(text, usedforsecurity=False).hexdigest().upper().encode(), hashed=True)
        return b"\n" not in text and b"\r" not in text and _search(file, text, hashed=False)


def _search(file: BufferedReader, wanted: bytes, *, hashed: bool) -> bool:
    """By halves over the bytes of the file: the first whole line behind a place tells on which side to go on."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        begin = _line_begin(file, middle)
        line = file.readline(LINE_BYTES_MAX)
        if begin >= high or not line:
            high = middle
            continue
        entry = line[:40].upper() if hashed else line.rstrip(b"\r\n")
        if entry == wanted:
            return True
        if entry < wanted:
            low = begin + len(line)
        else:
            high = middle
    return False


def _line_begin(file: BufferedReader, place: int) -> int:
    """Go to the first line that begins at ``place`` or behind it; where that is."""
    if place == 0:
        file.seek(0)
        return 0
    file.seek(place - 1)
    while (chunk := file.readline(LINE_BYTES_MAX)) and not chunk.endswith(b"\n"):
        pass
    return file.tell()
