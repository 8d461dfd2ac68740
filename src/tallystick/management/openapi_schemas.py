"""JSON Schemas (draft 2020-12) of bodies, answers and parameters, read from tables of fields. Pure.

Types of members come from msgspec; named objects inside them become components, once each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..fields import UNSET, Field, FieldTable
from ..records import Json
from .description import Body, Checkpoints, Many, Number, Shape, Shown, Strings
from .json_schema import camel, checkpoint_with, described, lists_with, object_of, or_null, settable, tidied

COMPONENTS = "#/components/schemas/"
PARTIAL = "Partial"
"""Prefix of an object of which the caller may choose members."""


class Components:
    """The named schemas of one document, collected while it is written."""

    def __init__(self) -> None:
        self.schemas: dict[str, Json] = {}

    def named(self, name: str, schema: Json) -> Json:
        """A reference to the schema under this name; two different ones of a name raise ValueError."""
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas are called {name}")
        return {"$ref": COMPONENTS + name}

    def of_types(self, types: Iterable[Any]) -> list[Json]:
        """The schemas of msgspec types."""
        schemas, inner = msgspec.json.schema_components(types, ref_template=COMPONENTS + "{name}")
        for name, schema in inner.items():
            self.named(name, tidied(schema))
        return [tidied(schema) for schema in schemas]

    def body(self, body: Body) -> Json:
        """What a call takes."""
        if body.items is not None:
            [schema] = self.of_types([body.items])
            return self.named(body.name, {"type": "array", "items": schema})
        if not body.by:
            return self.named(body.name, self._taken(body.fields, body))
        kinds = {
            kind: self.named(name, self._one_kind(body, kind, table))
            for (kind, table), name in zip(body.kinds.items(), body_names(body), strict=True)
        }
        mapping = {kind: reference["$ref"] for kind, reference in kinds.items()}
        discriminator = {"propertyName": body.by, "mapping": mapping}
        return self.named(body.name, {"oneOf": list(kinds.values()), "discriminator": discriminator})

    def _one_kind(self, body: Body, kind: str, table: FieldTable) -> Json:
        schema = self._taken(table, body)
        schema["properties"][body.by] = {**schema["properties"][body.by], "const": kind}
        if names := body.exactly_one.get(kind):
            schema["oneOf"] = [{"required": [name]} for name in names]
        return schema

    def _taken(self, table: FieldTable, body: Body) -> Json:
        rows = [row for row in table.values() if settable(row, update=body.update)]
        required = [row.name for row in rows if row.required and not body.update] + list(body.required)
        schemas = self.of_types(row.type for row in rows)
        properties = {
            row.name: described(row, or_null(schema) if row.nullable else schema, default=not body.update)
            for row, schema in zip(rows, schemas, strict=True)
        }
        return object_of(properties, required)

    def shape(self, shape: Shape, *, partial: bool) -> Json | None:
        """What a call answers; ``partial`` when its caller may choose members."""
        if shape is None:
            return None
        if isinstance(shape, Number):
            return {"type": "integer", "minimum": 0}
        if isinstance(shape, Strings):
            return {"type": "array", "items": {"type": "string"}}
        one = self.shown(shape if isinstance(shape, Shown) else shape.of, partial=partial)
        if isinstance(shape, Shown):
            return one
        many = {"type": "array", "items": one}
        if isinstance(shape, Checkpoints):
            return checkpoint_with(shape.entity, many)
        return many if isinstance(shape, Many) else {"oneOf": [many, *lists_with(shape, many)]}

    def shown(self, shown: Shown, *, partial: bool) -> Json:
        """One object as it is answered."""
        rows = list(shown.fields.values())
        properties = {
            row.name: described(row, _answered(row, schema), default=False)
            for row, schema in zip(rows, self.of_types(row.type for row in rows), strict=True)
        }
        required = [] if partial else [name for name in shown.fields if name not in shown.optional]
        schema = object_of(properties, required, open=shown.open)
        return self.named(PARTIAL * partial + shown.name, schema)

    def parameter(self, row: Field) -> Json:
        """One parameter of a query."""
        [schema] = self.of_types([row.type])
        lists = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
        default = {"default": row.default} if row.default is not UNSET else {}
        return {
            "name": row.name,
            "in": "query",
            "description": row.description,
            "schema": {**schema, **default},
            **({"required": True} if row.required else {}),
            **lists,
        }


def _answered(row: Field, schema: Json) -> Json:
    schema = or_null(schema) if row.nullable else schema
    return {**schema, "readOnly": True} if row.read_only else schema


def body_names(body: Body) -> tuple[str, ...]:
    """The names of the schemas a body may have: one, or one per kind."""
    return tuple(body.name + camel(kind) for kind in body.kinds) if body.by else (body.name,)
