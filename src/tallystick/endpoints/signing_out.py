"""What logout endpoints share: the browser's session ends, its cookie goes, and it is sent on or told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from starlette.types import Send

from ..clients.client import Client
from ..clock import Clock
from ..errors import OAuthError, Unavailable
from ..events import EventLog, EventType
from ..logout.endings import Endings, signed_out
from ..logout.initiators import Initiator
from ..records import Stale
from ..users.session import Session
from ..users.sessions import Sessions
from ..web.answers import Headers
from ..web.cookies import SESSION, clear_cookie, cookie_of
from ..web.facts import facts_of
from ..web.pages import Pages, send_page, send_redirect
from ..web.request import Request
from ..web.shown import bounded

log = structlog.get_logger("tallystick.logout")


class SigningOut(msgspec.Struct, frozen=True, kw_only=True):
    """Ends a browser's session, and says what became of a logout request."""

    sessions: Sessions
    endings: Endings
    pages: Pages
    events: EventLog
    clock: Clock

    async def session(self, request: Request) -> Session | None:
        """The living session of the browser."""
        return await self.sessions.current(request.tenant, cookie_of(request, SESSION), self.clock.now_ms())

    async def end(self, request: Request, session: Session, because: Initiator, client: Client | None) -> None:
        """End it: in the database, so that a copy of the cookie is worth nothing either."""
        now_ms = self.clock.now_ms()
        event = signed_out(facts_of(request, now_ms, client), session, because)
        await self.endings.end(request.tenant, [session], because, now_ms, [event])

    async def send_on(self, request: Request, send: Send, location: str, ui_locales: str = "") -> None:
        """To where the request says; without that to a page which says that this browser is signed out."""
        headers: Headers = [clear_cookie(SESSION)]
        if location:
            await send_redirect(send, location, request.correlation_id, headers)
        else:
            await self.show(request, send, "signed_out.html", {}, ui_locales=ui_locales, headers=headers)

    async def show(
        self,
        request: Request,
        send: Send,
        template: str,
        values: Mapping[str, Any],
        *,
        ui_locales: str = "",
        form_targets: tuple[str, ...] = (),
        headers: Headers | None = None,
    ) -> None:
        """A page."""
        page = await self.pages.render(request, template, values, ui_locales=ui_locales, form_targets=form_targets)
        await send_page(send, page, request.correlation_id, headers)

    async def refuse(self, request: Request, send: Send, error: OAuthError | Unavailable | Stale) -> None:
        """An error page and a row in the log. Nobody is redirected: nothing of the request was proven."""
        if isinstance(error, OAuthError):
            status = error.status if error.status in (405, 413) else 400
            event = facts_of(request, self.clock.now_ms()).event(EventType.LOGOUT_FAILED, error.description)
            details = {"check": error.check, **bounded(error.evidence)}
            await self.events.record(msgspec.structs.replace(event, details=details))
        else:
            log.error("unavailable", correlation_id=request.correlation_id, reason=str(error))
            status, error = 503, OAuthError("temporarily_unavailable", "Try again in a moment.", check="storage")
        values = {
            "code": error.code,
            "description": error.description,
            "correlation_id": request.correlation_id,
        }
        page = await self.pages.render(request, "error.html", values, status=status)
        await send_page(send, page, request.correlation_id)
