"""The table of routes: which call leads to which handler, and which scopes it demands.

Each resource contributes its rows by a method ``routes() -> tuple[Route, ...]``; `app` hands the resources in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
from urllib.parse import unquote_to_bytes

import msgspec

from ..errors import NotFound
from .call import Route
from .problems import InvalidPath, Problem

PREFIX = "/api/v2"
"""What every path of this API begins with."""
_PARAMETER_BYTES_MAX = 1_024
"""A resource server may be named by its identifier: 600 characters, percent-encoded."""


class Resource(Protocol):
    """One resource of the API."""

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the table."""
        ...


class Match(msgspec.Struct, frozen=True):
    """The row a request matches, and the values of its path parameters, percent-decoded."""

    route: Route
    path: Mapping[str, str]


class RouteTable:
    """All rows, found by method and path."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.routes: tuple[Route, ...] = tuple(route for resource in resources for route in resource.routes())
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        seen: set[tuple[str, str]] = set()
        for route in self.routes:
            if (route.method, route.path) in seen or not route.scopes:
                raise ValueError(f"{route.method} {route.path} stands twice, or demands no scope")
            seen.add((route.method, route.path))
            pattern = tuple(route.path.split("/")[1:])
            self._by_length.setdefault(len(pattern), []).append((pattern, route))

    def match(self, method: str, raw_path: bytes) -> Match:
        """The row for a request; ``raw_path`` still percent-encoded. Raises NotFound, 405, or :class:`InvalidPath`."""
        segments = _segments(raw_path)
        fitting = [
            (pattern, route)
            for pattern, route in self._by_length.get(len(segments), ())
            if all(map(_fits, pattern, segments))
        ]
        if not fitting:
            raise NotFound("The requested endpoint does not exist", error_code="not_found", check="route.path")
        # OpenAPI 3.1, 4.8.8.1: a path without parameters is matched first, whatever the method: /keys/signing/rotate is
        # not the key "rotate".
        fewest = min(_parameters(pattern) for pattern, _ in fitting)
        same_path = {route.method: (pattern, route) for pattern, route in fitting if _parameters(pattern) == fewest}
        if method not in same_path:
            allowed = ", ".join(sorted(same_path))
            raise Problem(
                405,
                f"Method not allowed, use one of: {allowed}",
                "method_not_allowed",
                headers=[_allow(allowed)],
                check="method_not_allowed",
            )
        pattern, route = same_path[method]
        names = zip(pattern, segments, strict=True)
        return Match(route, {part[1:-1]: _parameter(part[1:-1], text) for part, text in names if part.startswith("{")})


def _fits(part: str, segment: str) -> bool:
    """Whether a segment of the path can stand where the row has ``part``."""
    return part == segment or (segment != "" and part.startswith("{"))


def _parameters(pattern: tuple[str, ...]) -> int:
    return sum(part.startswith("{") for part in pattern)


def _allow(allowed: str) -> tuple[bytes, bytes]:
    return (b"allow", allowed.encode())


def _segments(raw_path: bytes) -> tuple[str, ...]:
    """The path under :data:`PREFIX`, split at its own slashes: an encoded one belongs to a parameter."""
    under = raw_path.partition(b"?")[0].decode("latin-1").removeprefix(PREFIX)
    return tuple(under.split("/")[1:])


def _parameter(name: str, text: str) -> str:
    """One path parameter, decoded; what cannot name anything is refused before any room sees it."""
    if len(text) > _PARAMETER_BYTES_MAX:
        raise InvalidPath(name, "The value is too long", check="path.size")
    try:
        value = unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidPath(name, "The value is not UTF-8", check="path.utf8") from None
    if not value or not value.isprintable():
        raise InvalidPath(name, "The value is empty or holds control characters", check="path.characters")
    return value
