"""Fields: the table form in which a resource says which members it has, and the check of a body against such a table.

One row per field: its type, its limits, its default, when it may be set. The Management API, its OpenAPI document, the
dashboard's forms and the documentation read the same rows, so they cannot drift.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from .errors import InvalidField
from .records import Json

UNSET = msgspec.UNSET
_PATH_IN_MESSAGE = re.compile(r" - at `\$(?P<path>[^`]*)`$")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a resource."""

    name: str
    type: Any
    """A type that msgspec can check, with limits as ``Annotated[..., msgspec.Meta(...)]``."""
    description: str = ""
    default: Any = UNSET
    """The value a new record gets when the member is left out; UNSET leaves it out."""
    required: bool = False
    nullable: bool = False
    """Whether ``null`` is taken; it clears the member."""
    on_create: bool = True
    on_update: bool = True
    read_only: bool = False
    """Set by the server alone: refused in a body."""
    check: Callable[[Any], None] | None = None
    """A further check of the value; raises ValueError with the reason."""


FieldTable = Mapping[str, Field]


def field_table(fields: Iterable[Field]) -> FieldTable:
    """The rows by name; a name that stands twice is a mistake of ours and raises ValueError."""
    table: dict[str, Field] = {}
    for field in fields:
        if field.name in table:
            raise ValueError(f"field {field.name} stands twice")
        table[field.name] = field
    return table


def check_create(table: FieldTable, body: Json) -> Json:
    """The members of a new record: ``body`` checked, defaults filled in, nulls left out. Raises InvalidField."""
    _refuse_unknown(table, body, lambda field: field.on_create and not field.read_only)
    for field in table.values():
        if field.required and body.get(field.name) is None:
            raise InvalidField("", f"Missing required property: {field.name}", check="field.required")
    values = {
        name: _checked(table[name], value)
        for name, value in body.items()
        if value is not None or not table[name].nullable
    }
    for field in table.values():
        if field.default is not UNSET and field.name not in body:
            values[field.name] = field.default
    return values


def check_update(table: FieldTable, body: Json) -> Json:
    """The members an update sets, checked; a ``null`` is kept and means "clear". Raises InvalidField."""
    _refuse_unknown(table, body, lambda field: field.on_update and not field.read_only)
    return {
        name: None if value is None and table[name].nullable else _checked(table[name], value)
        for name, value in body.items()
    }


def merged(values: Json, update: Json) -> Json:
    """``values`` with the update laid over it; members that the update sets to None are gone."""
    return {name: value for name, value in {**values, **update}.items() if value is not None}


def _refuse_unknown(table: FieldTable, body: Json, settable: Callable[[Field], bool]) -> None:
    unknown = sorted(name for name in body if name not in table or not settable(table[name]))
    if unknown:
        raise InvalidField("", f"Additional properties not allowed: {', '.join(unknown)[:200]}", check="field.unknown")


def _checked(field: Field, value: Any) -> Any:
    try:
        msgspec.convert(value, field.type, strict=True)
        if field.check is not None:
            field.check(value)
    except msgspec.ValidationError as problem:
        reason, path = str(problem), field.name
        if found := _PATH_IN_MESSAGE.search(reason):
            reason, path = reason[: found.start()], field.name + found["path"]
        raise InvalidField(path, reason.replace("`", ""), check="field.type", about=field.description) from None
    except ValueError as problem:
        raise InvalidField(field.name, str(problem), check="field.value", about=field.description) from None
    return value
