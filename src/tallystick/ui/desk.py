"""The desk: what every page shares. It receives visits, sorts out what is not this browser's, and sends answers.

    GET   1 query  2 browser, session  3 pending authorization          4 the page shows itself
    POST  1 query, form  2 the form is ours and this browser's  3 …     4 the page acts, and sends the browser on

Refusals end here: as a page that says what to do, and a row in the tenant's log under the correlation id on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.types import Send

from ..authorization.pending import PendingAuthorization
from ..authorization.pendings import Pendings
from ..authorization.steps import Step, location_of
from ..authorization.waiting_room import WaitingRoom
from ..clients.client import Client
from ..clients.directory import ClientDirectory
from ..clock import Clock
from ..errors import OAuthError, Unavailable
from ..events import Event, EventLog, EventType
from ..records import Stale
from ..users.sessions import Sessions
from ..web.answers import NO_STORE, Headers, send_json
from ..web.cookies import SESSION, cookie_of
from ..web.facts import facts_of
from ..web.form_guard import Browser, FormGuard
from ..web.gate import Endpoint
from ..web.pages import send_page, send_redirect
from ..web.parameters import read_form, read_query
from ..web.request import ClientGone, Request
from ..web.shown import bounded
from .onward import RETURN
from .refusals import section_of, way_back
from .render import TemplatePages
from .visit import STATE, Handler, Reply, Sent, Shown, Told, Visit

METHODS = ("GET", "HEAD", "POST")
LATER_S = 5

log = structlog.get_logger("tallystick.ui")


class Desk:
    """Receives visits and hands them to pages."""

    def __init__(
        self,
        pages: TemplatePages,
        guard: FormGuard,
        sessions: Sessions,
        pendings: Pendings,
        waiting_room: WaitingRoom,
        clients: ClientDirectory,
        events: EventLog,
        clock: Clock,
    ) -> None:
        self.pages = pages
        self.pendings = pendings
        self._guard = guard
        self._waiting_room = waiting_room
        self._sessions = sessions
        self._clients = clients
        self._events = events
        self._clock = clock

    def step(self, handler: Handler, *, bookmarked: str = "") -> Endpoint:
        """What the gate calls for a page that is a step of a sign-in: it has a pending authorization.

        ``bookmarked`` is where a browser goes on that opens it by itself, as part of no sign-in; else that is refused.
        """
        return self._endpoint(handler, needs_pending=True, bookmarked=bookmarked)

    def of_person(self, handler: Handler) -> Endpoint:
        """What the gate calls for a page of a person's own account: whoever is not signed in is asked to first."""
        return self._endpoint(handler, needs_session=True)

    def open_to_all(self, handler: Handler) -> Endpoint:
        """What the gate calls for a page that anybody may open: signed in or not, with a sign-in under way or not."""
        return self._endpoint(handler)

    def _endpoint(
        self, handler: Handler, *, needs_pending: bool = False, needs_session: bool = False, bookmarked: str = ""
    ) -> Endpoint:
        async def answer(request: Request, send: Send) -> None:
            if bookmarked and request.method in ("GET", "HEAD") and not request.query_string:
                await _send(send, Sent(bookmarked, []), request.correlation_id)
                return
            try:
                visit = await self._visit(request, needs_pending)
                is_stranger = needs_session and visit.session is None
                answering = self._to_sign_in if is_stranger else handler.act if visit.form else handler.show
                reply = await answering(visit)
            except ClientGone:
                raise
            except Exception as error:
                reply = await self._refused(request, self._refusal_for(request, error))
            await _send(send, reply, request.correlation_id)

        return answer

    async def show(
        self,
        visit: Visit,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        image_origins: tuple[str, ...] = (),
    ) -> Shown:
        """The page of this template. It gets ``form_action`` and ``form_token`` for the form that leads back to it.

        ``token_for(path)`` makes the token of a form that leads elsewhere.
        """
        path, state = visit.request.path, visit.query.get(STATE, "")
        page = await self.pages.render(
            visit.request,
            template,
            {
                "form_action": url_of(path, state),
                "form_token": self._guard.token(visit.browser, url_of(path, state)),
                "token_for": lambda path: self._guard.token(visit.browser, path),
                "client_name": visit.client_name,
                "state": state,
                **values,
            },
            ui_locales=visit.ui_locales,
            status=status,
            form_targets=visit.form_targets,
            image_origins=image_origins,
        )
        return Shown(page, visit.browser.headers)

    async def _visit(self, request: Request, needs_pending: bool) -> Visit:
        if request.method not in METHODS:
            raise OAuthError("invalid_request", "Only GET and POST.", check="page.method").answered_with(405)
        query, form = read_query(request), {}
        if request.method == "POST":
            form = await read_form(request)
            browser = self._guard.check(request, form, url_of(request.path, query.get(STATE, "")))
        else:
            browser = Browser(request)
        now_ms = self._clock.now_ms()
        session = await self._sessions.current(request.tenant, cookie_of(request, SESSION), now_ms)
        asked: PendingAuthorization | None = None
        if needs_pending:
            asked = await self.pendings.of(request.tenant, query.get(STATE, ""), browser.value, now_ms)
        return Visit(
            request=request,
            now_ms=now_ms,
            browser=browser,
            query=query,
            form=form,
            session=session,
            asked=asked,
            client=await self._client(asked),
        )

    async def _to_sign_in(self, visit: Visit) -> Reply:
        """Sign in first, then come back to this page: it is one of our own table, whatever the URL says beside."""
        await self._waiting_room.admit(visit.tenant.tenant_id, visit.request.ip, visit.now_ms)
        pending = await self.pendings.begin(
            visit.tenant, visit.browser.value, "", {RETURN: visit.request.path}, visit.now_ms
        )
        return Sent(location_of(Step.SIGN_IN, pending.id), visit.browser.headers)

    async def _client(self, asked: PendingAuthorization | None) -> Client | None:
        if asked is None or not asked.client_id:
            return None
        registered = await self._clients.find(asked.tenant_id, asked.client_id)
        return registered.client if registered is not None else None

    def _refusal_for(self, request: Request, error: Exception) -> OAuthError:
        """What people are told of it, as the gate tells programs."""
        if isinstance(error, OAuthError):
            return error
        if isinstance(error, Unavailable | Stale):
            log.error("unavailable", correlation_id=request.correlation_id, reason=str(error))
            return OAuthError("temporarily_unavailable", "Try again in a moment.", check="storage")
        log.exception("unexpected", correlation_id=request.correlation_id, path=request.path)
        return OAuthError("server_error", "Unexpected error.", check="bug")

    async def _refused(self, request: Request, refusal: OAuthError) -> Shown:
        if refusal.check not in ("storage", "bug"):
            await self._events.record(_row(request, refusal, self._clock.now_ms()))
        values = {
            "code": refusal.code,
            "section": section_of(refusal.check),
            "way_back": way_back(request, refusal.check),
        }
        # Whatever the reason, a refusal is 400; only what is no person's fault, or was no page at all, says so.
        status = refusal.status if refusal.status in (405, 413, 500, 503) else 400
        page = await self.pages.render(request, "refused.html", values, status=status)
        return Shown(page, _MORE_HEADERS.get(status, []))


_MORE_HEADERS: dict[int, Headers] = {
    405: [(b"allow", ", ".join(METHODS).encode())],
    503: [(b"retry-after", str(LATER_S).encode())],
}


def url_of(path: str, state: str) -> str:
    """The URL of a page, which is also what its form's token is made for."""
    return location_of(path, state) if state else path


def _row(request: Request, refusal: OAuthError, now_ms: int) -> Event:
    details = bounded({"page": request.path, **refusal.evidence})
    facts = facts_of(request, now_ms)
    return facts.event(EventType.SIGN_IN_FAILED, refusal.description, check=refusal.check, **details)


async def _send(send: Send, reply: Reply, correlation_id: str) -> None:
    if isinstance(reply, Sent):
        await send_redirect(send, reply.location, correlation_id, reply.headers)
    elif isinstance(reply, Told):
        await send_json(send, 200, reply.body, correlation_id, [*NO_STORE, *reply.headers])
    else:
        await send_page(send, reply.page, correlation_id, reply.headers)
