"""Events: what happened, for the tenant's own log. The exact voice; the caller of an endpoint gets the dull one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec


class EventType:
    """The log type codes in use, spelled as Auth0 spells them (auth0.md, appendix B)."""

    CLIENT_CREDENTIALS_SUCCEEDED = "seccft"
    CLIENT_CREDENTIALS_FAILED = "feccft"
    MANAGEMENT_SUCCEEDED = "sapi"
    MANAGEMENT_FAILED = "fapi"


class LogType(msgspec.Struct, frozen=True):
    """What a type code means."""

    words: str
    """In two or three words, for a line on a terminal."""
    meaning: str
    """In a sentence."""


LOG_TYPES: Mapping[str, LogType] = {
    EventType.CLIENT_CREDENTIALS_SUCCEEDED: LogType(
        "token issued", "An application proved who it is and got an access token by `client_credentials`."
    ),
    EventType.CLIENT_CREDENTIALS_FAILED: LogType(
        "token refused", "A token request was refused; `details.check` names the check that failed."
    ),
    EventType.MANAGEMENT_SUCCEEDED: LogType(
        "change made", "A call of the Management API changed something; the row was written together with the change."
    ),
    EventType.MANAGEMENT_FAILED: LogType(
        "call refused",
        "A call of the Management API was refused: no good token, a missing scope, a bad body or query, a rule.",
    ),
}
"""Every code that is written, with its meaning. Documentation and command line read it."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a tenant's log: who, what, when, from where. Carries no secret and no signature."""

    tenant_id: str
    type: str
    at_ms: int
    description: str = ""
    correlation_id: str = ""
    client_id: str = ""
    client_name: str = ""
    ip: str = ""
    user_agent: str = ""
    hostname: str = ""
    audience: str = ""
    scope: str = ""
    details: dict[str, Any] = {}


class EventLog(Protocol):
    """Keeps events."""

    async def record(self, event: Event) -> None:
        """Write the event; durable before it returns."""
        ...


LOG_ID = re.compile(r"900(\d{8})(\d{20})", re.ASCII)
"""A fixed prefix, the day, and the row's number: a long digit string that grows, as Auth0's (auth0.md, id shapes)."""


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event as the log keeps it."""

    seq: int
    """Its place in the log of the whole deployment; grows."""
    event: Event

    @property
    def log_id(self) -> str:
        """The id that people and SDKs see."""
        day = datetime.fromtimestamp(self.event.at_ms / 1000, UTC)
        return f"900{day:%Y%m%d}{self.seq:020d}"


def seq_of(log_id: str) -> int | None:
    """The row's number in a log id, or None when it is not one."""
    match = LOG_ID.fullmatch(log_id)
    seq = int(match[2]) if match else None
    return seq if seq is not None and seq < 2**63 else None


class LogReader(Protocol):
    """Reads the log of one tenant. ``where`` names ``type``, ``client_id``, ``correlation_id`` or ``seq``."""

    async def log_page(
        self,
        tenant_id: str,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
        offset: int = 0,
        limit: int = 50,
    ) -> list[LogRow]:
        """Rows between two numbers, both excluded."""
        ...

    async def log_edge(
        self,
        tenant_id: str,
        rows: int,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
    ) -> int | None:
        """The number of the last row of a page of so many rows; None when there are fewer."""
        ...

    async def log_count(
        self, tenant_id: str, *, where: Mapping[str, object] | None = None, at_most: int | None = None
    ) -> int:
        """How many rows there are; counting stops at ``at_most``."""
        ...

    async def log_get(self, tenant_id: str, log_id: str) -> LogRow | None:
        """The row with this id, or None."""
        ...

    async def log_seq_from(self, tenant_id: str, at_ms: int) -> int:
        """About where the rows of this moment begin: rows are in the order of writing, which is nearly that of time."""
        ...

    async def log_settled_seq(self) -> int:
        """A number up to which the log is whole: no row with this number or a smaller one is still to appear."""
        ...
