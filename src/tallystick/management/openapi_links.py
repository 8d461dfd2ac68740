"""Links (OpenAPI 3.1, 4.8.20): from an answer that names a new thing to the calls that take its name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..records import Json
from .call import Route
from .description import Many, Shape, Shown

_PARAMETER = re.compile(r"\{(\w+)\}")


def operation_id(route: Route) -> str:
    """Such as ``getClientsById``."""
    words = [f"by-{part[1:-1]}" if part.startswith("{") else part for part in route.path.split("/")[1:]]
    parts = re.split(r"[-_]", "-".join(words))
    return route.method.lower() + "".join(part.capitalize() for part in parts)


def links(route: Route, shape: Shape, routes: Iterable[Route]) -> Json:
    """Calls on what the answer names: what was made, or the first of a bare list."""
    made = shape if isinstance(shape, Shown) and route.method == "POST" else None
    named, pointer = (shape.of, "/0/") if isinstance(shape, Many) else (made, "/")
    if named is None or named.id not in named.fields:
        return {}
    found = {}
    for target in routes:
        *outer, inner = _parameters(target) or [""]
        if not _is_below(target.path, route.path, inner) or len(outer) != len(_parameters(route)):
            continue
        parameters = dict(zip(outer, (f"$request.path.{name}" for name in _parameters(route)), strict=True))
        parameters[inner] = f"$response.body#{pointer}{named.id}"
        found[operation_id(target)] = {"operationId": operation_id(target), "parameters": parameters}
    return found


def _parameters(route: Route) -> list[str]:
    return _PARAMETER.findall(route.path)


def _is_below(path: str, parent: str, inner: str) -> bool:
    """Whether a path is its parent's, then a parameter, then no other one."""
    head, _, _ = path.partition("/{" + inner + "}")
    return inner != "" and _PARAMETER.sub("{}", head) == _PARAMETER.sub("{}", parent)
