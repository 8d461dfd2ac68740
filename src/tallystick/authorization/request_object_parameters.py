"""Claims of a request object as the parameters of a request (RFC 9101 4). Pure.

Text stays; a number and a boolean are spelled as JSON spells them; what a form holds as JSON text (``claims``) may be
the object itself; and ``resource`` may be an array, since in a form it may stand several times (RFC 8707 2.1).
"""

from __future__ import annotations

import json
from typing import Any

from ..records import Json
from .pushed_parameters import request_of
from .request_object_walk import RequestObjectRefused

RESOURCE = "resource"
STRUCTURED = frozenset({"claims", "authorization_details", "registration"})
"""Parameters that are JSON by themselves."""


def parameters_of(members: Json, client_id: str) -> tuple[dict[str, str], frozenset[str]]:
    """The parameters, and which of them stood several times; empty ones are as if left out, as in a form.

    A claim that is no parameter is left out, as what is not understood must be (RFC 7519 4). Raises
    :class:`RequestObjectRefused` for what no parameter can be.
    """
    parameters: dict[str, str] = {}
    repeated: frozenset[str] = frozenset()
    for name, value in request_of(members, client_id).items():
        if name == RESOURCE and isinstance(value, list):
            value, repeated = _first(value), frozenset({RESOURCE}) if len(value) > 1 else repeated
        if text := _text(name, value):
            parameters[name] = text
    return parameters, repeated


def _first(resources: list[Any]) -> Any:
    if not resources or not all(isinstance(resource, str) and resource for resource in resources):
        raise RequestObjectRefused("request_object.parameter", parameter=RESOURCE)
    return resources[0]


def _text(name: str, value: Any) -> str:
    if value is None or (isinstance(value, dict | list) and name not in STRUCTURED):
        raise RequestObjectRefused("request_object.parameter", parameter=name)
    # A whole number is one however it is spelled: 3600.0 is the max_age 3600.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
