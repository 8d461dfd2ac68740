"""What is asked for in detail (RFC 9396), as the page of consent shows it: names and values, nothing left out. Pure.

Whoever asks chooses the values, and the API's schema the names that people read; both are text to the page, whatever
they look like. They are bounded where they are read (`authorization.authorization_details`).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ..records import Json
from .asked import Asked

COMMON = ("actions", "datatypes", "identifier", "privileges")
"""RFC 9396 2.2: members that the catalogue has words for. ``locations`` can name the API alone, which is shown."""
_NOT_SHOWN = ("type", "locations")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Member(msgspec.Struct, frozen=True):
    """One name with what stands behind it."""

    name: str
    """As its schema's ``title`` has it, else its name in words."""
    common: str
    """The member of RFC 9396 that it is; empty for one of the type's own."""
    value: Value


class Value(msgspec.Struct, frozen=True):
    """One value: a word of the catalogue, text, more members, or several values. Without any of these there is none."""

    word: str = ""
    """``yes``, ``no`` or ``nothing``."""
    text: str = ""
    members: tuple[Member, ...] = ()
    several: tuple[Value, ...] = ()


class Detail(msgspec.Struct, frozen=True):
    """One object of ``authorization_details``."""

    type: str
    description: str
    members: tuple[Member, ...]


def shown_details(asked: Asked) -> list[Detail]:
    """Every object that is asked for."""
    return [_detail(asked, detail) for detail in asked.authorization_details]


def _detail(asked: Asked, detail: Json) -> Detail:
    known = asked.detail_types.get(detail["type"])
    shown = {name: value for name, value in detail.items() if name not in _NOT_SHOWN}
    return Detail(
        type=detail["type"],
        description=known.description if known is not None else "",
        members=_members(shown, known.schema if known is not None else {}, is_top=True),
    )


def _members(values: Json, schema: Any, *, is_top: bool = False) -> tuple[Member, ...]:
    properties = _part(schema, "properties")
    labels = {name: _title(_part(properties, name)) or in_words(name) for name in values}
    # Two that would read alike are shown as they are spelled: the API tells them apart, and so must a person.
    is_clear = len({label.casefold() for label in labels.values()}) == len(labels)
    return tuple(
        Member(
            name=labels[name] if is_clear else name,
            common=name if is_clear and is_top and name in COMMON else "",
            value=_value(value, _part(properties, name)),
        )
        for name, value in values.items()
    )


def _value(value: Any, schema: Any) -> Value:
    if isinstance(value, dict):
        return Value(members=_members(value, schema)) if value else Value(word="nothing")
    if isinstance(value, list):
        return (
            Value(several=tuple(_value(one, _part(schema, "items")) for one in value))
            if value
            else Value(word="nothing")
        )
    if value is None or value == "":
        return Value(word="nothing")
    if isinstance(value, bool):
        return Value(word="yes" if value else "no")
    return Value(text=value if isinstance(value, str) else msgspec.json.encode(value).decode())


def in_words(name: str) -> str:
    """``instructedAmount`` and ``instructed_amount`` as people read it; a name without letters as it is."""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)]
    text = " ".join(words)
    return text[:1].upper() + text[1:] if text else name


def _title(schema: Any) -> str:
    title = _part(schema, "title")
    return title[:100] if isinstance(title, str) else ""


def _part(schema: Any, name: str) -> Any:
    """A part of a schema that may be of any form."""
    return schema.get(name, {}) if isinstance(schema, dict) else {}
