"""JSON from strangers: no duplicate members at any depth, no surprises among the numbers, and limits.

RFC 8259 leaves duplicate members to the receiver, and receivers differ: one reads the first ``aud``, another the last.
RFC 7515 section 4 and RFC 7519 section 4 let us refuse them, and so we do.
"""

from __future__ import annotations

import math
from json import JSONDecoder
from typing import Any, NoReturn

DEPTH_MAX = 8
"""Objects and arrays inside one another; what we read needs three (``authorization_details``), the rest is room."""
MEMBERS_MAX = 128
"""Members in all objects together, where an object is read."""
ARRAY_MEMBERS_MAX = 1024
"""The same where an array is: ``authorization_details`` are bounded by their size and their objects' members."""
BRACKETS_MAX = 1024
"""Opening brackets anywhere in the text: keeps the decoder's own recursion far from the interpreter's limit."""
COMMAS_MAX = 65_536
"""Anywhere in the text: more than 64 KiB can hold, so it bounds what is larger alone. A status list is one long string;
one of two megabytes of numbers would stop everything for a tenth of a second."""
_INTEGER_CHARS_MAX = 17
"""Sign and 16 digits hold every integer within ±2^53, where JSON's numbers are exact (RFC 8259 6)."""


class JsonRefused(ValueError):
    """Not acceptable JSON; ``check`` says why: ``json``, ``duplicate_member``, ``number``, ``depth``, ``members``."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self.check = check


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonRefused("duplicate_member")
    return members


def _integer(text: str) -> int:
    if len(text) > _INTEGER_CHARS_MAX:
        raise JsonRefused("number")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonRefused("number")
    return value


def _no_constant(_text: str) -> NoReturn:
    raise JsonRefused("number")  # NaN and Infinity are Python's idea, not JSON's.


_DECODER = JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_float, parse_constant=_no_constant, strict=True
)


def _walk(value: object, depth: int) -> int:
    """Members in ``value``; refuses depth, NUL (no database column holds it) and lone surrogates (no UTF-8 does)."""
    if isinstance(value, str):
        if "\x00" in value:
            raise JsonRefused("json")
        value.encode()
        return 0
    if not isinstance(value, dict | list):
        return 0
    if depth > DEPTH_MAX:
        raise JsonRefused("depth")
    if isinstance(value, list):
        return sum(_walk(item, depth + 1) for item in value)
    return sum(1 + _walk(name, depth + 1) + _walk(item, depth + 1) for name, item in value.items())


def decode_object(data: bytes, *, members_max: int = MEMBERS_MAX) -> dict[str, Any]:
    """The JSON object in ``data`` (UTF-8); :class:`JsonRefused` for anything else."""
    value = _decode(data, members_max)
    if not isinstance(value, dict):
        raise JsonRefused("json")
    return value


def decode_array(data: bytes) -> list[Any]:
    """The JSON array in ``data`` (UTF-8), likewise."""
    value = _decode(data, ARRAY_MEMBERS_MAX)
    if not isinstance(value, list):
        raise JsonRefused("json")
    return value


def _decode(data: bytes, members_max: int) -> object:
    try:
        text = data.decode()
        brackets = text.count("{") + text.count("[")
        if brackets > BRACKETS_MAX:
            raise JsonRefused("depth")
        if text.count(",") > COMMAS_MAX:
            raise JsonRefused("members")
        value: object = _DECODER.decode(text)
        # Counting characters only ever overestimates, so most objects need no walk.
        if brackets > DEPTH_MAX or text.count(":") > members_max or "\\u" in text:
            members = _walk(value, 1)
            if members > members_max:
                raise JsonRefused("members")
    except JsonRefused:
        raise
    except (ValueError, RecursionError) as error:
        raise JsonRefused("json") from error
    return value
