"""base64url without padding (RFC 7515 section 2), canonical only: one byte string has exactly one spelling."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

_TO_URL = bytes.maketrans(b"+/", b"-_")
# "+", "/" and "=" become a character outside every alphabet, so that only the URL alphabet gets through.
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = {0: b"", 2: b"==", 3: b"="}
# RFC 4648 3.5: unused low bits of the last character must be zero: 4 bits after two characters, 2 bits after three.
_LAST = {0: None, 2: frozenset(b"AQgw"), 3: frozenset(b"AEIMQUYcgkosw048")}


def encode(data: bytes) -> str:
    """The text that stands for ``data``."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def decode(text: str) -> bytes:
    """The bytes that ``text`` stands for; ValueError for anything but their one canonical spelling."""
    raw = text.encode("ascii")
    rest = len(raw) & 3
    if rest == 1:
        raise ValueError("impossible length")
    allowed = _LAST[rest]
    if allowed is not None and raw[-1] not in allowed:
        raise ValueError("unused bits are set")
    try:
        return a2b_base64(raw.translate(_FROM_URL) + _PADDING[rest], strict_mode=True)
    except Error as error:
        raise ValueError("not base64url") from error
