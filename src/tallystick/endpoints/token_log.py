"""What the log and the metrics tell of a token request. The exact voice: which check, on what evidence."""

from __future__ import annotations

from typing import Any

import msgspec

from ..clientauth.authenticate import AuthenticatedClient
from ..clients.client import Client
from ..errors import OAuthError
from ..events import Event, EventType
from ..grants.grant import FamilyMisused, Granted, GrantedToPerson, GrantType, Settled
from ..grants.table import GRANTS
from ..metrics import TOKEN_REQUESTS
from ..records import Json
from ..sender.binding import Binding
from ..sender.shown import NOTHING, Shown
from ..tokens.person_order import IssuedToPerson
from ..users.user import User
from ..web.request import Request
from ..web.shown import bounded, ours_in, shown_by_client, shown_certificate, shown_proof


class Served(msgspec.Struct, kw_only=True):
    """How far one request got: what the log tells of it, whether it succeeds or not."""

    request: Request
    now_ms: int
    parameters: dict[str, str] = {}
    authenticated: AuthenticatedClient | None = None
    shown: Shown = NOTHING
    """What the request proves possession of."""
    is_proof_spent: bool = False
    grant: GrantType | None = None

    @property
    def client(self) -> Client | None:
        """The client, once it has proven itself."""
        return self.authenticated.client if self.authenticated is not None else None


def success(served: Served, authenticated: AuthenticatedClient, granted: Granted, binding: Binding | None) -> Event:
    credential = authenticated.credential
    details: dict[str, Any] = {"method": authenticated.method}
    if credential is not None:
        details["credential_id"] = credential.id
    if binding is not None:
        details["cnf"] = binding.confirmation
    details |= told_in_log(granted.authorization_details)
    return event_of(
        served,
        EventType.CLIENT_CREDENTIALS_SUCCEEDED,
        "",
        details,
        audience=granted.resource_server.identifier,
        scope=" ".join(granted.scopes),
    )


def person_success(
    served: Served,
    authenticated: AuthenticatedClient,
    granted: GrantedToPerson,
    issued: IssuedToPerson,
    settled: Settled,
) -> list[Event]:
    """The row of what was issued, and one more where older refresh tokens went for it."""
    credential, family, user = authenticated.credential, granted.family, granted.user
    details: dict[str, Any] = {"method": authenticated.method, "grant_id": family.id}
    if credential is not None:
        details["credential_id"] = credential.id
    if issued.binding is not None:
        details["cnf"] = issued.binding.confirmation
    details |= told_in_log(granted.authorization_details, family.transaction_linking_id)
    if settled.refresh_token is not None:
        details["refresh_token"] = "rotated" if settled.is_rotated else "issued"
    api, scope = granted.resource_server, " ".join(issued.scopes)
    audience = api.identifier if api is not None else ""
    type_ = served.grant.succeeded if served.grant is not None else ""
    events = [event_of(served, type_, "", details, audience, scope, user)]
    if settled.crowded_out:
        told = {"grant_id": family.id, "withdrawn": settled.crowded_out}
        cleanup = EventType.REFRESH_TOKENS_CROWDED_OUT
        events.append(event_of(served, cleanup, "Too many refresh tokens.", told, audience, "", user))
    return events


def told_in_log(details: list[Json] | None, transaction_linking_id: str | None = None) -> Json:
    """Which types of details, never their contents: those are between person, application and API."""
    told: Json = {}
    if details is not None:
        told["authorization_details_types"] = [detail["type"] for detail in details]
    if transaction_linking_id is not None:
        told["transaction_linking_id"] = transaction_linking_id
    return told


def failure(served: Served, error: OAuthError, type_: str = "") -> Event:
    """The exact voice: which check, on what evidence. Parameter values stay out, but for names that no secret has."""
    details = {"check": error.check, "error": error.code, **bounded(error.evidence)}
    if served.authenticated is None:
        details |= shown_by_client(served.request, served.parameters, error.evidence, served.now_ms)
    else:
        details |= {"method": served.authenticated.method, **shown_certificate(served.request)}
    details |= shown_proof(served.request, ours_in(error.evidence))
    audience = served.parameters.get("audience", "")[:600]
    type_ = type_ or (error.type if isinstance(error, FamilyMisused) else _failed_type(served))
    return event_of(served, type_, error.description, details, audience=audience)


def _failed_type(served: Served) -> str:
    """By the grant that was asked for, whether it may be used or not."""
    grant = GRANTS.get(served.parameters.get("grant_type", ""))
    return grant.failed if grant is not None else EventType.CLIENT_CREDENTIALS_FAILED


def event_of(
    served: Served,
    type_: str,
    description: str,
    details: dict[str, Any],
    audience: str = "",
    scope: str = "",
    user: User | None = None,
) -> Event:
    """A row about the request; a ``user_id`` among the details goes where the log looks for it."""
    request, client = served.request, served.client
    return Event(
        tenant_id=request.tenant.tenant_id,
        type=type_,
        at_ms=served.now_ms,
        description=description,
        correlation_id=request.correlation_id,
        client_id=client.client_id if client else "",
        client_name=client.name if client else "",
        user_id=user.user_id if user is not None else str(details.pop("user_id", "")),
        user_name=user.email if user is not None else "",
        connection=user.connection if user is not None else "",
        ip=request.ip,
        user_agent=request.user_agent,
        hostname=request.hostname,
        audience=audience,
        scope=scope,
        details=details,
    )


def count(served: Served, outcome: str, check: str) -> None:
    authenticated = served.authenticated
    method = authenticated.method if authenticated else "unauthenticated"
    grant_type = served.parameters.get("grant_type", "") if authenticated and outcome == "issued" else ""
    TOKEN_REQUESTS.add(grant_type, method, outcome, check)
