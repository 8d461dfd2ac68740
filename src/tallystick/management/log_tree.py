"""What a query of the log may ask for, and the tree that `log_query` reads it into. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from ..events import Event

Reader = Callable[[Event], str]


def _of_details(name: str) -> Reader:
    def read(event: Event) -> str:
        value = event.details.get(name)
        return value if isinstance(value, str) else ""

    return read


_DETAILS = ("check", "claimed_client_id", "credential_id", "error", "method")
DATE, LOG_ID = "date", "log_id"
FIELDS: Mapping[str, Reader | None] = {
    DATE: None,
    LOG_ID: None,
    "type": lambda event: event.type,
    "description": lambda event: event.description,
    "client_id": lambda event: event.client_id,
    "client_name": lambda event: event.client_name,
    "correlation_id": lambda event: event.correlation_id,
    "ip": lambda event: event.ip,
    "hostname": lambda event: event.hostname,
    "user_agent": lambda event: event.user_agent,
    "user_id": lambda event: event.user_id,
    "user_name": lambda event: event.user_name,
    "connection": lambda event: event.connection,
    "audience": lambda event: event.audience,
    "scope": lambda event: event.scope,
    **{f"details.{name}": _of_details(name) for name in _DETAILS},
}
"""What can be asked for, and how it is read. No member of ``details`` that only some callers may see is among them."""
ALIASES: Mapping[str, str] = {"_id": LOG_ID, "check": "details.check"}
WORDS = frozenset({"description", "client_name", "user_agent", "scope"})


class Value(msgspec.Struct, frozen=True):
    """``field:value``."""

    field: str
    text: str
    prefix: bool = False
    """Whether any value that begins so will do."""


class Dates(msgspec.Struct, frozen=True):
    """``date:[… TO …]``; the end is excluded, None is open."""

    from_ms: int | None
    until_ms: int | None


class Not(msgspec.Struct, frozen=True):
    """Everything but this."""

    of: Tree


class AllOf(msgspec.Struct, frozen=True):
    """Each of them; of none, everything."""

    of: tuple[Tree, ...]


class OneOf(msgspec.Struct, frozen=True):
    """One of them at least."""

    of: tuple[Tree, ...]


Tree = Value | Dates | Not | AllOf | OneOf
EVERYTHING = AllOf(())
