"""RFC 9396 2.1: which schemas a type may have: bounded, local, and read in time that grows with what is read alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tallystick.apis.detail_schemas import BYTES_MAX, DIALECT, NODES_MAX, SchemaRefused, check_schema, compiled
from tallystick.apis.detail_types import DetailType, spelled
from tallystick.records import Json

PAYMENT: Json = {
    "$schema": DIALECT,
    "type": "object",
    "required": ["amount"],
    "properties": {
        "type": {"const": "payment"},
        "amount": {"$ref": "#/$defs/amount"},
        "when": {"type": "string", "format": "date"},
    },
    "additionalProperties": False,
    "$defs": {"amount": {"type": "string", "pattern": "^[0-9]{1,9}(\\.[0-9]{2})?$", "title": "Amount in euros"}},
}


def doubling(levels: int) -> Json:
    """Definitions that each name the next one twice."""
    refs = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**refs, f"d{levels}": {"type": "string"}}}


def nested(levels: int) -> Json:
    return {"properties": {"a": nested(levels - 1)}} if levels else {}


def test_a_schema_judges_without_repeating_what_it_judged() -> None:
    check_schema(PAYMENT)
    payment = DetailType("payment", "", PAYMENT, compiled(PAYMENT))
    assert payment.fault({"type": "payment", "amount": "12.30", "when": "2026-11-24"}) == ""
    assert payment.fault({"type": "payment"}) == '"amount" is a required property'
    fault = payment.fault({"type": "payment", "amount": "DE02120300000000202051"})
    assert fault.startswith("amount: the value does not match")
    assert "DE02" not in fault
    assert payment.fault({"type": "payment", "amount": "1", "when": "soon"}) == 'when: the value is not a "date"'


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "nosuch"}, ".type"),
        ({"properties": {"a": {"minLength": -1}}}, ".properties.a.minLength"),
        ({"required": "a"}, ".required"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ".$schema"),
        ({"description": "d" * BYTES_MAX}, ""),
        ({"format": "nosuch"}, ".format"),
        # Nothing is fetched, and nothing means what stands elsewhere.
        ({"properties": {"a": {"$ref": "https://evil.example/s"}}}, ".properties.a.$ref"),
        ({"$ref": DIALECT}, ".$ref"),
        ({"$ref": "other.json#/$defs/a"}, ".$ref"),
        ({"$ref": "s:a", "a": {}}, ".$ref"),
        ({"$ref": "#/$defs/a"}, ".$ref"),
        ({"$ref": "#name", "$defs": {"a": {"$anchor": "name"}}}, ".$ref"),
        ({"$id": "https://evil.example/s"}, ".$id"),
        ({"$dynamicRef": "#a"}, ".$dynamicRef"),
        # What runs on and on.
        ({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}}, ".$ref.allOf[0].$ref"),
        ({"pattern": "^(?=a)"}, ".pattern"),
        ({"pattern": "(a)\\1"}, ".pattern"),
        ({"pattern": "(a{200}){200}"}, ".pattern"),
    ],
)
def test_what_no_schema_may_be(schema: dict[str, Any], place: str) -> None:
    with pytest.raises(SchemaRefused) as refused:
        check_schema(schema)
    assert spelled(refused.value.path) == place
    assert str(refused.value)


def test_references_are_counted_as_what_they_stand_for() -> None:
    check_schema(doubling(2))
    with pytest.raises(SchemaRefused, match="levels deep"):
        check_schema(doubling(30))
    wide = {"$defs": {"a": {"enum": list(range(1000))}}, "allOf": [{"$ref": "#/$defs/a"}] * 4}
    with pytest.raises(SchemaRefused, match=str(NODES_MAX)):
        check_schema(wide)


def test_schemas_are_as_deep_as_details_are_and_no_deeper() -> None:
    check_schema(nested(9))
    with pytest.raises(SchemaRefused, match="levels deep"):
        check_schema(nested(11))


def test_a_pattern_that_would_try_every_way_takes_no_time() -> None:
    """attacks.md: (a+)+$ over a long row of a's."""
    validator = compiled({"pattern": "^(a+)+$"})
    began = time.thread_time()
    with pytest.raises(ValueError, match="does not match"):
        validator.validate("a" * 255 + "!")
    assert time.thread_time() - began < 0.1
