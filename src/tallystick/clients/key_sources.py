"""Where the keys of one usage come from: uploaded, in the client itself, or at an address. Exactly one of them. Pure.

credentials   ids of keys that were uploaded, each with a life of its own
jwks          a JWK Set, kept in the client
jwks_uri      the https address of a JWK Set that the application publishes
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import InvalidField
from ..records import Json
from .client import SOURCES
from .urls import check_https
from .usage import holder_path_of


def check_source(usage: str, *, needed: bool = True) -> Callable[[Json], None]:
    """A check of the object that holds the keys of ``usage``; it raises InvalidField.

    ``needed`` False: an update of other members of the object may name none.
    """
    path = holder_path_of(usage)

    def check(holder: Json) -> None:
        named = [source for source in SOURCES if source in holder]
        if len(named) > 1 or (needed and not named):
            raise InvalidField(path, f"Exactly one of {', '.join(SOURCES)} is expected", check="keys.source")
        if "jwks_uri" in holder:
            _check_address(f"{path}.jwks_uri", holder["jwks_uri"])

    return check


def _check_address(path: str, url: str) -> None:
    try:
        if not url:
            raise ValueError("Expected an https URL without a fragment")
        check_https(url)
    except ValueError as problem:
        raise InvalidField(path, str(problem), check="keys.address") from None


def with_source(update: Json, before: Json) -> Json:
    """``update`` laid over ``before``, member by member; a source that the update names replaces the one of before."""
    kept: dict[str, Any] = dict(before)
    if any(source in update for source in SOURCES):
        kept = {name: value for name, value in kept.items() if name not in SOURCES}
    return {name: value for name, value in {**kept, **update}.items() if value is not None}
