"""The answer to an authorization request: code and tokens, or a refusal, in the response mode that was asked for."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from starlette.types import Send

from ..authorization.answer import FORM_POST, WEB_MESSAGE, Destination, answer_parameters, location_with
from ..authorization.code import CODE_LIFE_MS, AuthorizationCode, code_hash_of
from ..authorization.next_step import Situation
from ..authorization.pending import PendingAuthorization
from ..authorization.pendings import over
from ..authorization.redirect_uri import form_target
from ..authorization.request import AuthorizationRequest
from ..clients.client import Client
from ..errors import OAuthError, Unavailable
from ..events import Event, EventLog, EventType
from ..handles import HandleHasher, new_handle
from ..live import LiveRecord, LiveRecords
from ..records import Stale
from ..tallies import Tallies
from ..tokens.families import begin as begin_family
from ..tokens.person_tokens import PersonTokenOrder, PersonTokens
from ..users.session import Session
from ..users.sessions import Sessions
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
    parameters: dict[str, str] = {}
    client: Client | None = None
    destination: Destination | None = None
    user: User | None = None
    pending: PendingAuthorization | None = None
    headers: Headers = []

    @property
    def is_silent(self) -> bool:
        """Whether nobody may be asked."""
        return self.parameters.get("prompt") == "none"

    def event(self, type: str, description: str, **details: Any) -> Event:
        """A row of the log about it."""
        return facts_of(self.request, self.now_ms, self.client).event(type, description, self.user, **details)


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Sends answers and refusals."""

    live: LiveRecords
    handles: HandleHasher
    sessions: Sessions
    person_tokens: PersonTokens
    pages: Pages
    log: EventLog
    tallies: Tallies

    async def send_answer(self, send: Send, served: Served, situation: Situation) -> None:
        """What the request asked for, once. Raises OAuthError when the session or the person went meanwhile."""
        asked, session, user = situation.request, situation.session, served.user
        if session is None or user is None:
            raise AssertionError("nobody is signed in, and no step said so")
        session = await self.sessions.used_by(asked.tenant, session, asked.client.client_id, served.now_ms)
        members = await self._members(served, asked, session, user, situation.acr)
        await self._send(send, served, asked.destination, members)

    async def _members(
        self, served: Served, asked: AuthorizationRequest, session: Session, user: User, acr: str | None
    ) -> dict[str, str]:
        members: dict[str, str] = {}
        saves: list[LiveRecord] = []
        code = new_handle() if asked.response_type.gives_code else None
        if code is not None:
            members["code"] = code
            saves.append(self._code(asked, session, code, acr, served.now_ms))
        if asked.response_type.is_front_channel:
            tokens, family = await self._tokens(served, asked, session, user, code, acr)
            members |= tokens
            saves += family
        events = []
        if served.is_silent:
            events.append(served.event(EventType.SILENT_SIGN_IN_SUCCEEDED, "Answered from the session"))
            self.tallies.counted(asked.tenant.tenant_id, EventType.SILENT_SIGN_IN_SUCCEEDED, served.now_ms)
        await self._write(served, saves, events)
        return members

    async def _write(self, served: Served, saves: list[LiveRecord], events: list[Event]) -> None:
        """Code and tokens are written as the pending authorization goes: two returns at once get one code."""
        pending = served.pending
        if not saves and pending is None:
            for event in events:
                await self.log.record(event)
            return
        try:
            await self.live.write(saves=saves, erasures=(pending,) if pending is not None else (), events=events)
        except Stale:
            served.destination = None
            raise over("pending.unknown") from None

    def _code(
        self, asked: AuthorizationRequest, session: Session, code: str, acr: str | None, now_ms: int
    ) -> AuthorizationCode:
        tenant_id = asked.tenant.tenant_id
        return AuthorizationCode(
            tenant_id=tenant_id,
            code_hash=code_hash_of(self.handles, tenant_id, code),
            client_id=asked.client.client_id,
            user_id=session.user_id,
            session_id=session.id,
            redirect_uri=asked.destination.redirect_uri,
            redirect_uri_sent=asked.redirect_uri_sent,
            audience=asked.audience,
            scope=list(asked.scope),
            nonce=asked.nonce,
            code_challenge=asked.code_challenge,
            claims=asked.claims,
            amr=session.amr,
            acr=acr,
            auth_time_ms=session.authenticated_at_ms,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + CODE_LIFE_MS,
            purge_at_ms=now_ms + CODE_LIFE_MS,
        )

    async def _tokens(
        self,
        served: Served,
        asked: AuthorizationRequest,
        session: Session,
        user: User,
        code: str | None,
        acr: str | None,
    ) -> tuple[dict[str, str], list[LiveRecord]]:
        """Tokens through the browser (OpenID Connect Core 3.2.2.5 and 3.3.2.5), and the family they belong to."""
        family = begin_family(
            tenant_id=asked.tenant.tenant_id,
            client_id=asked.client.client_id,
            user_id=user.user_id,
            session_id=session.id,
            audience=asked.audience,
            scope=asked.scope,
            auth_time_ms=session.authenticated_at_ms,
            now_ms=served.now_ms,
            claims=asked.claims,
            amr=session.amr,
            acr=acr,
        )
        issued = await self.person_tokens.issue(
            PersonTokenOrder(
                tenant=asked.tenant,
                client=asked.client,
                is_confidential=asked.client.authentication_method != "none",
                user=user,
                family=family,
                resource_server=asked.resource_server,
                scopes=asked.scope,
                with_access_token=asked.response_type.gives_token,
                with_id_token=asked.response_type.gives_id_token,
                nonce=asked.nonce,
                code=code,
                state=asked.destination.state,
                now_ms=served.now_ms,
                jti=served.request.correlation_id,
            )
        )
        members = {name: str(value) for name, value in issued.answer().items()}
        return members, [family] if issued.access_token is not None else []

    async def send_refusal(self, send: Send, served: Served, error: Exception) -> None:
        """To the application where its redirect URI is proven, else on a page; the log learns which check it was."""
        refusal = _refusal_for(error, served.request.correlation_id)
        if isinstance(error, OAuthError):
            await self._write_down(served, error)
        if served.destination is not None and refusal.status not in PAGE_STATUSES:
            members = {"error": refusal.code, "error_description": refusal.description}
            await self._send(send, served, served.destination, members)
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

    async def _write_down(self, served: Served, error: OAuthError) -> None:
        type_ = EventType.SILENT_SIGN_IN_FAILED if served.is_silent else EventType.SIGN_IN_FAILED
        details = {"check": error.check, "error": error.code, **bounded(error.evidence)}
        event = served.event(type_, error.description, **details)
        self.tallies.counted(event.tenant_id, type_, served.now_ms)
        await self.log.record(event)

    async def _send(self, send: Send, served: Served, destination: Destination, members: dict[str, str]) -> None:
        request = served.request
        parameters = answer_parameters(request.tenant, destination, members)
        if destination.response_mode == FORM_POST:
            page = await self.pages.render(
                request,
                "form_post.html",
                {"action": destination.redirect_uri, "parameters": parameters},
                ui_locales=served.parameters.get("ui_locales", ""),
                form_targets=(form_target(destination.redirect_uri),),
            )
            await send_page(send, page, request.correlation_id, served.headers)
        elif destination.response_mode == WEB_MESSAGE and destination.web_message_origin is not None:
            origin = destination.web_message_origin
            values = {"target_origin": origin, "payload": msgspec.json.encode(parameters).decode()}
            page = await self.pages.render(request, "web_message.html", values, frame_ancestor=origin)
            await send_page(send, page, request.correlation_id, served.headers)
        else:
            location = location_with(destination.redirect_uri, destination.response_mode, parameters)
            await send_redirect(send, location, request.correlation_id, served.headers)


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
