"""Where the keys of one usage come from: uploaded, in the client itself, or at an address. Exactly one of them. Pure.

credentials   ids of keys that were uploaded, each with a life of its own
jwks          a JWK Set, kept in the client
jwks_uri      the https address of a JWK Set that the application publishes

Auth0's tools know ``credentials`` alone and want it of every method: beside another source it is shown as an empty
list, and an empty list that comes back beside another source says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import InvalidField
from ..records import Json
from .client import OTHER_USAGES, SOURCES
from .urls import check_https
from .usage import holder_path_of


def check_source(usage: str, *, needed: bool = True) -> Callable[[Json], None]:
    """A check of the object that holds the keys of ``usage``; it raises InvalidField.

    ``needed`` False: an update of other members of the object may name none.
    """
    path = holder_path_of(usage)

    def check(holder: Json) -> None:
        named = [source for source in SOURCES if source in without_idle_list(holder)]
        if len(named) > 1 or (needed and not named):
            raise InvalidField(path, f"Exactly one of {', '.join(SOURCES)} is expected", check="keys.source")
        if "jwks_uri" in holder:
            _check_address(f"{path}.jwks_uri", holder["jwks_uri"])

    return check


def without_idle_list(holder: Json) -> Json:
    """``holder`` without an empty ``credentials`` beside another source."""
    is_idle = holder.get("credentials") == [] and any(holder.get(source) for source in SOURCES)
    return {name: value for name, value in holder.items() if name != "credentials"} if is_idle else holder


def with_lists(methods: Json) -> Json:
    """``client_authentication_methods`` as answered: each method with ``credentials``, whatever its source."""
    return {method: {"credentials": [], **holder} for method, holder in methods.items()}


def without_idle_lists(values: Json) -> Json:
    """What a caller sent of a client, with nothing beside the source that each usage names."""
    kept = dict(values)
    if methods := values.get("client_authentication_methods"):
        kept["client_authentication_methods"] = {name: without_idle_list(one) for name, one in methods.items()}
    for usage in OTHER_USAGES:
        if values.get(usage):
            kept[usage] = without_idle_list(values[usage])
    return kept


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
