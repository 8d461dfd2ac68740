"""Pieces of JSON Schema (draft 2020-12), the dialect of OpenAPI 3.1: from rows of `fields` and schemas of msgspec."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..fields import UNSET, Field
from ..records import Json
from .description import Pages

_SHELF_MARK = re.compile(r"\s*\([^()]*\bauth0\.md[^()]*\)")
"""References of docstrings to our own bookshelf, which nobody else has."""


def settable(row: Field, *, update: bool) -> bool:
    """Whether a body may have the member."""
    return not row.read_only and (row.on_update if update else row.on_create)


def object_of(properties: Json, required: Iterable[str], *, open: bool = False) -> Json:
    """An object with these members, and no others unless it is open."""
    schema: Json = {"type": "object", "properties": properties}
    if names := list(required):
        schema["required"] = names
    return schema if open else {**schema, "additionalProperties": False}


def described(row: Field, schema: Json, *, default: bool) -> Json:
    """The schema with what the row says of itself."""
    if row.description:
        schema = {**schema, "description": row.description}
    return {**schema, "default": row.default} if default and row.default is not UNSET else schema


def or_null(schema: Json) -> Json:
    """The schema, or null."""
    if "$ref" in schema or "anyOf" in schema or not ("type" in schema or "enum" in schema):
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    widened = {**schema}
    if "type" in schema:
        widened["type"] = [schema["type"], "null"]
    if "enum" in schema:
        widened["enum"] = [*schema["enum"], None]
    return widened


def lists_with(pages: Pages, many: Json) -> tuple[Json, Json]:
    """The two forms of a list that have more than the array: by offset with totals, and by checkpoints."""
    number, entity = {"type": "integer", "minimum": 0}, pages.entity
    offset = {"start": number, "limit": number, "total": number, entity: many}
    incomplete = {"incomplete": {"type": "boolean", "description": "Whether there may be more than total"}}
    return object_of(offset | incomplete if pages.incomplete else offset, offset), checkpoint_with(entity, many)


def checkpoint_with(entity: str, many: Json) -> Json:
    """A list that is read from checkpoint to checkpoint."""
    next_one = {"type": "string", "description": "What the next call sends as from"}
    return object_of({"next": next_one, entity: many}, [entity])


def tidied(schema: Any) -> Any:
    """A schema of msgspec's as readers of other languages understand it."""
    if isinstance(schema, list):
        return [tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    clean = {name: tidied(value) for name, value in schema.items() if name != "title"}
    if isinstance(pattern := clean.get("pattern"), str):
        # ECMA-262 has no \Z; its $ is what \Z is in Python.
        clean["pattern"] = pattern.removesuffix(r"\Z") + "$" * pattern.endswith(r"\Z")
    if isinstance(description := clean.get("description"), str):
        clean["description"] = _SHELF_MARK.sub("", description).replace("``", "`")
    return clean


def camel(name: str) -> str:
    """``x509_cert`` as ``X509Cert``."""
    return "".join(word.capitalize() for word in name.split("_"))
