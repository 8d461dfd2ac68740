"""What a handler of the Management API is given, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from ..events import Event, EventType
from ..fields import FieldTable
from ..records import Json
from ..tenants.tenant import Tenant
from .description import Body, Shape
from .query import NO_PARAMETERS

PATH_CHARS_MAX = 512
"""Of a path in the log."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The application that calls, proven by its access token."""

    client_id: str
    scopes: frozenset[str]

    def holds_any(self, *scopes: str) -> bool:
        """Whether at least one of the scopes was granted."""
        return not self.scopes.isdisjoint(scopes)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One authorized call: token, audience, scopes of the route and the form of the body have been checked."""

    tenant: Tenant
    caller: Caller
    method: str
    request_path: str
    success_status: int
    """The status of the answer if the call succeeds."""
    path: Mapping[str, str]
    """Path parameters, percent-decoded."""
    query: Mapping[str, str]
    """Query parameters; a repeated one was refused."""
    body: Json = msgspec.field(default_factory=dict)
    """The JSON object of the body; empty when there was none."""
    items: Sequence[Any] = ()
    """The JSON array of the body, where the call takes one; each item has the type that the route says."""
    parts: Mapping[str, bytes] = {}
    """The parts of the body, where the call takes multipart/form-data."""
    now_ms: int
    correlation_id: str
    ip: str
    user_agent: str
    hostname: str
    scope: Mapping[str, Any] = {}
    """The ASGI scope, for what is told of the connection itself."""
    changes: list[str] = msgspec.field(default_factory=list)
    """Descriptions of the rows that were made for this call: several of one change when it was decided anew."""

    def event(self, description: str, **details: Any) -> Event:
        """The log row of a change this call makes; ``details`` hold no secret.

        Auth0's ``details.request`` and ``details.response`` are there without bodies: these may hold secrets.
        """
        self.changes.append(description)
        return Event(
            tenant_id=self.tenant.tenant_id,
            type=EventType.MANAGEMENT_SUCCEEDED,
            at_ms=self.now_ms,
            description=description,
            correlation_id=self.correlation_id,
            client_id=self.caller.client_id,
            ip=self.ip,
            user_agent=self.user_agent,
            hostname=self.hostname,
            details={
                **details,
                "request": logged_request(self.method, self.request_path),
                "response": {"statusCode": self.success_status},
            },
        )


def logged_request(method: str, path: str) -> Json:
    """What the log tells of a call itself."""
    return {"method": method, "path": path[:PATH_CHARS_MAX]}


class Answer(msgspec.Struct, frozen=True):
    """Status and JSON body; ``None`` sends no body."""

    status: int
    body: Any = None
    headers: Sequence[tuple[bytes, bytes]] = ()


Handler = Callable[[Call], Awaitable[Answer]]


class Route(msgspec.Struct, frozen=True):
    """One row of the route table: the caller needs any one of ``scopes``."""

    method: str
    path: str
    """Under ``/api/v2``, with ``{name}`` for parameters, such as ``/clients/{id}``."""
    handler: Handler
    scopes: tuple[str, ...]
    summary: str = ""
    """What the call does, in a few words."""
    query: FieldTable = NO_PARAMETERS
    """The parameters it takes, which the door checks (`query`)."""
    body: Body | None = None
    """The JSON object it takes; None for none."""
    answers: Mapping[int, Shape] = {}
    """What it answers when it succeeds, by status."""
    problems: tuple[int, ...] = ()
    """Statuses of its refusals beyond those that the door gives every call: 404, 409, …"""
