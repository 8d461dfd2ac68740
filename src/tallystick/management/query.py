"""Query parameters: one table per call, like the members of a body. The door checks by it, OpenAPI is read from it.

A parameter's ``type`` is an int, a bool, a str, a Literal, or a list of these: then one text with commas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from ..fields import UNSET, Field, FieldTable
from .problems import InvalidQuery

_Reader = Callable[[str, str, Any], Any]
"""(name, text, kind) → the value."""
NO_PARAMETERS: FieldTable = {}
_DIGITS_MAX = 10


def check_query(table: FieldTable, query: Mapping[str, str]) -> None:
    """Refuse parameters that are not in the table, and values that their rows do not take. Raises InvalidQuery."""
    unknown = sorted(query.keys() - table.keys())
    if unknown:
        shown = ", ".join(unknown)[:200]
        raise InvalidQuery("", f"Additional properties not allowed: {shown}", check="query.unknown")
    for row in table.values():
        if row.required and row.name not in query:
            raise InvalidQuery("", f"Missing required property: {row.name}", check="query.required")
    for name in query:
        value_of(query, table[name])


def value_of(query: Mapping[str, str], parameter: Field) -> Any:
    """The parameter's value, its default when it is not there, None without a default. Raises InvalidQuery."""
    text = query.get(parameter.name)
    if text is None:
        return None if parameter.default is UNSET else parameter.default
    kind = _kind(parameter.type)
    read: _Reader = _READERS.get(type(kind), _text)
    value = read(parameter.name, text, kind)
    try:
        msgspec.convert(value, parameter.type)
        if parameter.check is not None:
            parameter.check(value)
    except ValueError as problem:
        reason = str(problem).partition(" - at ")[0].replace("`", "")
        raise InvalidQuery(parameter.name, reason, check="query.value") from None
    return value


@lru_cache(maxsize=256)
def _kind(type: Any) -> inspect.Type:
    kind = inspect.type_info(type)
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return kind


def _text(_name: str, text: str, _kind: Any) -> str:
    return text


def _boolean(name: str, text: str, _kind: Any) -> bool:
    if text not in ("true", "false"):
        raise InvalidQuery(name, "Expected true or false", check="query.type")
    return text == "true"


def _integer(name: str, text: str, kind: inspect.IntType) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise InvalidQuery(name, "Expected type integer", check="query.type")
    value = int(text)
    if not (kind.ge is None or kind.ge <= value) or not (kind.le is None or value <= kind.le):
        raise InvalidQuery(name, f"Expected a number from {kind.ge} to {kind.le}", check="query.range")
    return value


def _list(_name: str, text: str, _kind: Any) -> list[str]:
    return [item.strip() for item in text.split(",")]


_READERS: dict[type[inspect.Type], _Reader] = {
    inspect.BoolType: _boolean,
    inspect.IntType: _integer,
    inspect.ListType: _list,
}
