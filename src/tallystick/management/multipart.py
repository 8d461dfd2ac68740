"""``multipart/form-data`` (RFC 7578), strictly: named parts, each once, nothing around them. Pure."""

from __future__ import annotations

import re

from ..errors import InvalidField

MULTIPART = "multipart/form-data"
PARTS_MAX = 16
HEAD_BYTES_MAX = 2_048
"""Of one part: its disposition and its type."""
# RFC 2046 5.1.1: at most 70 signs, not ending in a space.
_BOUNDARY = re.compile(r"""boundary=(?:"([^"\\]{1,70})"|([0-9A-Za-z'()+_,./:=?-]{1,70}))\s*(?:;|$)""", re.IGNORECASE)
_NAME = re.compile(r"""^form-data;(?:.*;)?\s*name="([^"\\\r\n]{1,64})"\s*(?:;|$)""", re.IGNORECASE)


def read_parts(data: bytes, content_type: str) -> dict[str, bytes]:
    """Name → content of each part. Raises InvalidField."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _refused("The content type names no boundary")
    delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1")
    # The first boundary may stand at the very beginning, and what comes before it is to be ignored (RFC 2046 5.1.1).
    _, *pieces = (b"\r\n" + data).split(delimiter)
    if len(pieces) > PARTS_MAX + 1:
        raise _refused("There are too many parts")
    if not pieces or not pieces[-1].startswith(b"--"):
        raise _refused("The last boundary is missing")
    parts: dict[str, bytes] = {}
    for piece in pieces[:-1]:
        name, content = _part(piece)
        if name in parts:
            raise _refused("A part stands twice")
        parts[name] = content
    return parts


def _part(piece: bytes) -> tuple[str, bytes]:
    padding, _, rest = piece.partition(b"\r\n")
    head, found, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if padding.strip(b" \t") or not found or len(head) > HEAD_BYTES_MAX:
        raise _refused("A part has no end of its headers")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    }
    named = _NAME.match(headers.get("content-disposition", ""))
    if named is None:
        raise _refused("A part has no name")
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        # RFC 7578 4.7: not to be used, and nobody shall read it in another way than we do.
        raise _refused("A part has a transfer encoding")
    return named[1], content


def _refused(reason: str) -> InvalidField:
    return InvalidField("", reason, check="body.multipart")
