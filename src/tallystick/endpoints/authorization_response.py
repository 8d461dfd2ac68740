"""The response to an authorization request: an answer or a refusal, in the response mode that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from starlette.types import Send

from ..authorization.answer import FORM_POST, WEB_MESSAGE, Destination, answer_parameters, location_with
from ..authorization.pending import PendingAuthorization
from ..authorization.progress import progress_of
from ..authorization.provenance import THE_BROWSER, Provenance
from ..authorization.redirect_uri import form_target
from ..clients.client import Client
from ..errors import OAuthError, Unavailable
from ..events import Event, EventLog, EventType
from ..records import Stale
from ..tallies import Tallies
from ..tokens.authorization_response import AuthorizationResponseJwts
from ..users.user import User
from ..web.answers import Headers
from ..web.facts import facts_of
from ..web.pages import Pages, send_page, send_redirect
from ..web.request import Request
from ..web.shown import bounded

PAGE_STATUSES = (405, 413, 500, 503)
"""Statuses that an error page has of its own; every other refusal is 400."""

log = structlog.get_logger("tallystick.authorization")


class Served(msgspec.Struct, kw_only=True):
    """How far one request got: where an answer may go, and what the log tells of it."""

    request: Request
    now_ms: int
    parameters: Mapping[str, str] = {}
    client: Client | None = None
    destination: Destination | None = None
    user: User | None = None
    pending: PendingAuthorization | None = None
    headers: Headers = []
    provenance: Provenance = THE_BROWSER
    is_answered: bool = False
    """Whether the answer was written: what waited for it is gone, whatever becomes of the sending."""

    @property
    def is_silent(self) -> bool:
        """Whether nobody may be asked."""
        return self.parameters.get("prompt") == "none"

    def is_told_to_client(self, error: Exception) -> bool:
        """Whether the refusal goes to the application; else it is a page."""
        is_page = isinstance(error, OAuthError) and error.status in PAGE_STATUSES
        return self.destination is not None and isinstance(error, OAuthError) and not is_page

    def event(self, type: str, description: str, **details: Any) -> Event:
        """A row of the log about it; one about a transaction names it."""
        if self.pending is not None and (name := progress_of(self.pending).transaction_linking_id) is not None:
            details = {"transaction_linking_id": name, **details}
        return facts_of(self.request, self.now_ms, self.client).event(type, description, self.user, **details)


class Responses(msgspec.Struct, frozen=True, kw_only=True):
    """Sends answers and refusals."""

    pages: Pages
    jwts: AuthorizationResponseJwts
    log: EventLog
    tallies: Tallies

    async def send(self, send: Send, served: Served, destination: Destination, members: dict[str, str]) -> None:
        """To the application, in its response mode; raises OAuthError for what cannot be signed as it must be."""
        request = served.request
        parameters = await self._parameters(served, destination, members)
        if destination.carrier == FORM_POST:
            page = await self.pages.render(
                request,
                "form_post.html",
                {"action": destination.redirect_uri, "parameters": parameters},
                ui_locales=served.parameters.get("ui_locales", ""),
                form_targets=(form_target(destination.redirect_uri),),
            )
            await send_page(send, page, request.correlation_id, served.headers)
        elif destination.carrier == WEB_MESSAGE and destination.web_message_origin is not None:
            origin = destination.web_message_origin
            values = {"target_origin": origin, "payload": msgspec.json.encode(parameters).decode()}
            page = await self.pages.render(request, "web_message.html", values, frame_ancestor=origin)
            await send_page(send, page, request.correlation_id, served.headers)
        else:
            location = location_with(destination.redirect_uri, destination.carrier, parameters)
            await send_redirect(send, location, request.correlation_id, served.headers)

    async def _parameters(self, served: Served, destination: Destination, members: dict[str, str]) -> dict[str, str]:
        tenant = served.request.tenant
        parameters = answer_parameters(tenant, destination, members)
        if not destination.is_signed:
            return parameters
        return {"response": await self.jwts.signed(tenant, destination.registered, parameters, served.now_ms)}

    async def send_refusal(self, send: Send, served: Served, error: Exception) -> None:
        """To the application where its redirect URI is proven, else on a page; the log learns which check it was."""
        refusal = _refusal_for(error, served.request.correlation_id)
        if isinstance(error, OAuthError):
            await self._write_down(served, error)
        if served.destination is not None and served.is_told_to_client(refusal):
            await self._tell_application(send, served, served.destination, refusal)
            return
        page = await self.pages.render(
            served.request,
            "error.html",
            {
                "code": refusal.code,
                "description": refusal.description,
                "correlation_id": served.request.correlation_id,
            },
            ui_locales=served.parameters.get("ui_locales", ""),
            status=refusal.status if refusal.status in PAGE_STATUSES else 400,
        )
        await send_page(send, page, served.request.correlation_id, _refusal_headers(refusal))

    async def _tell_application(
        self, send: Send, served: Served, destination: Destination, refusal: OAuthError
    ) -> None:
        members = {"error": refusal.code, "error_description": refusal.description}
        try:
            await self.send(send, served, destination, members)
        except (OAuthError, Unavailable) as unsigned:
            # Unsigned it would be what the application must not believe: it stays with the person.
            served.destination = None
            await self.send_refusal(send, served, unsigned)

    async def _write_down(self, served: Served, error: OAuthError) -> None:
        type_ = EventType.SILENT_SIGN_IN_FAILED if served.is_silent else EventType.SIGN_IN_FAILED
        details = {"check": error.check, "error": error.code, **bounded(error.evidence)}
        event = served.event(type_, error.description, **details)
        self.tallies.counted(event.tenant_id, type_, served.now_ms)
        await self.log.record(event)


def _refusal_for(error: Exception, correlation_id: str) -> OAuthError:
    if isinstance(error, OAuthError):
        return error
    if isinstance(error, Unavailable | Stale):
        log.error("unavailable", correlation_id=correlation_id, reason=str(error))
    return OAuthError("temporarily_unavailable", "Try again in a moment.", check="storage")


def _refusal_headers(refusal: OAuthError) -> Headers:
    if refusal.status == 405:
        return [(b"allow", b"GET, POST")]
    return [(b"retry-after", b"1")] if refusal.status == 503 else []
