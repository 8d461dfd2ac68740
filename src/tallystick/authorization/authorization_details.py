"""The ``authorization_details`` parameter (RFC 9396 2): what is asked for in detail, read strictly and judged. Pure.

Every way in reads it here: authorization requests (`authorization.detail_checks`), and token requests
(`grants.authorization_details`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from ..apis.detail_types import DetailTypes
from ..errors import OAuthError
from ..jose.strict_json import JsonRefused, decode_array
from ..records import Json

PARAMETER = "authorization_details"
BYTES_MAX = 5_120
OBJECTS_MAX = 5
DEPTH_MAX = 5
MEMBERS_MAX = 10
CHARS_MAX = 255
"""auth0.md 5.2: of the JSON text; in the array; an object of it is one deep; in one object; of a name or a value."""
_NAME = re.compile(rf"[a-zA-Z0-9_.-]{{1,{CHARS_MAX}}}", re.ASCII)
_UNSHOWABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
"""Controls, also those that turn the direction of writing, and characters that leave no mark (Unicode's
Default_Ignorable_Code_Point): what a person reads must be what the API gets. Joiners (U+200C, U+200D) and selectors of
variants stay: Persian, Indic scripts and Japanese names are spelled with them."""
_LISTS = ("locations", "actions", "datatypes", "privileges")
"""RFC 9396 2.2: members with a meaning of their own, arrays of strings; ``identifier`` is a string."""

_sorted_text = msgspec.json.Encoder(order="sorted").encode


class DetailsRefused(ValueError):
    """Not acceptable; its text is the exact reason, for the log, and repeats no value."""


@contextmanager
def refusing(check: str) -> Iterator[None]:
    """What is not acceptable within refuses the request (RFC 9396 5): OAuthError, with the reason for the log."""
    try:
        yield
    except DetailsRefused as problem:
        raise OAuthError(
            "invalid_authorization_details",
            "The authorization_details are not acceptable.",
            check=check,
            reason=str(problem),
        ) from None


def read_details(text: str) -> list[Json]:
    """The objects of the parameter; raises :class:`DetailsRefused` for anything but what RFC 9396 2 describes."""
    if len(text.encode(errors="surrogatepass")) > BYTES_MAX:
        raise DetailsRefused(f"longer than {BYTES_MAX} bytes")
    try:
        details = decode_array(text.encode())
    except (JsonRefused, UnicodeEncodeError) as problem:
        raise DetailsRefused(f"not a JSON array: {getattr(problem, 'check', 'json')}") from None
    if not 1 <= len(details) <= OBJECTS_MAX:
        raise DetailsRefused(f"not 1 to {OBJECTS_MAX} objects")
    for at, detail in enumerate(details):
        if not isinstance(detail, dict):
            raise DetailsRefused(f"[{at}]: not an object")
        _check_value(detail, 1, f"[{at}]")
        _check_common_members(detail, f"[{at}]")
    return details


def _check_value(value: Any, depth: int, place: str) -> None:
    if isinstance(value, str):
        if len(value) > CHARS_MAX:
            raise DetailsRefused(f"{place}: longer than {CHARS_MAX} characters")
        if _UNSHOWABLE.search(value):
            raise DetailsRefused(f"{place}: holds characters that cannot be seen")
    if not isinstance(value, dict | list):
        return
    if depth > DEPTH_MAX:
        raise DetailsRefused(f"{place}: more than {DEPTH_MAX} levels deep")
    if isinstance(value, list):
        for at, item in enumerate(value):
            _check_value(item, depth + 1, f"{place}[{at}]")
        return
    if len(value) > MEMBERS_MAX:
        raise DetailsRefused(f"{place}: more than {MEMBERS_MAX} members")
    for name, member in value.items():
        if not _NAME.fullmatch(name):
            raise DetailsRefused(f"{place}: a member's name is not of letters, digits, _, . and -")
        _check_value(member, depth + 1, f"{place}.{name}")


def _check_common_members(detail: Json, place: str) -> None:
    if not isinstance(detail.get("type"), str) or not detail["type"]:
        raise DetailsRefused(f"{place}.type: missing, or not a string")
    if not isinstance(detail.get("identifier", ""), str):
        raise DetailsRefused(f"{place}.identifier: not a string")
    for name in _LISTS:
        members = detail.get(name, [])
        if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
            raise DetailsRefused(f"{place}.{name}: not an array of strings")


def check_types(details: list[Json], types: Collection[str]) -> None:
    """RFC 9396 5: a type that is not known is refused, never ignored."""
    for at, detail in enumerate(details):
        if detail["type"] not in types:
            raise DetailsRefused(f"[{at}].type: not one of them")


def check_contents(details: list[Json], types: DetailTypes) -> None:
    """What the API's own schema says of each, where it has one."""
    for at, detail in enumerate(details):
        if fault := types[detail["type"]].fault(detail):
            raise DetailsRefused(f"[{at}].{fault}"[:400])


def check_locations(details: list[Json], identifier: str) -> None:
    """RFC 9396 3: a token is for one API here, so whoever names a place for a detail names that one, by the letter."""
    for at, detail in enumerate(details):
        if any(location != identifier for location in detail.get("locations", ())):
            raise DetailsRefused(f"[{at}].locations: another API than is asked for")


def narrowed(asked: list[Json], granted: list[Json]) -> list[Json]:
    """What is asked for of what was granted (RFC 9396 6.1): equal objects alone, since no type here says what is less.

    Raises :class:`DetailsRefused`. Equal is what has the same members with the same values of the same JSON types; what
    was granted once cannot be asked for twice.
    """
    left = [_sorted_text(detail) for detail in granted]
    for at, detail in enumerate(asked):
        try:
            left.remove(_sorted_text(detail))
        except ValueError:
            raise DetailsRefused(f"[{at}]: was not granted") from None
    return asked
