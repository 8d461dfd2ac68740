"""What an update lays over a client: most members take the place of what was there, some objects are merged. Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from ..fields import merged
from ..records import Json
from .client import Client
from .defaults import merged_refresh_token
from .embedded import in_order_of
from .key_sources import with_source
from .metadata import RECORD_FIELDS


def _over(name: str) -> Callable[[Json, Json], Json]:
    def merge(update: Json, before: Json) -> Json:
        return {member: value for member, value in {**before, **update[name]}.items() if value is not None}

    return merge


def _in_order(update: Json, before: Json) -> Json:
    return in_order_of(before, update["client_authentication_methods"])


def _request_keys(update: Json, before: Json) -> Json:
    return with_source(update["signed_request_object"], before)


def _response_keys(update: Json, before: Json) -> Json:
    keys: Json = in_order_of({"": before}, {"": update["response_encryption"]})[""]
    return keys


_MERGES: dict[str, Callable[[Json, Json], Json]] = {
    "client_authentication_methods": _in_order,
    "client_metadata": _over("client_metadata"),
    "jwt_configuration": _over("jwt_configuration"),
    "signed_request_object": _request_keys,
    "response_encryption": _response_keys,
    "refresh_token": merged_refresh_token,
}
"""Member → how it is merged (auth0.md 3.6, 4.3)."""


def updated_client(client: Client, update: Json, now_ms: int) -> Client:
    """The client with the update laid over it; objects of :data:`_MERGES` are merged."""
    columns = {name: value for name, value in update.items() if name in RECORD_FIELDS}
    rest = {name: value for name, value in update.items() if name not in RECORD_FIELDS and name != "client_secret"}
    for name, merge in _MERGES.items():
        if isinstance(rest.get(name), dict):
            rest[name] = merge(rest, client.metadata.get(name) or {})
    return replace(client, metadata=merged(client.metadata, rest), updated_at_ms=now_ms, **columns)
