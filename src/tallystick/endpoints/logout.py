"""`/oidc/logout`: an application asks that its person be signed out (OpenID Connect RP-Initiated Logout 1.0).

1. parameters, each once                                     `web.parameters`
2. hint, client, where to go after it                        `logout.request`; what does not hold is an error page
3. does who asks know this session? else the person is asked `logout.request`
4. end the session, tell the other applications              `logout.endings`
5. on to the application, or a page that says so

The question leads to `/u/logout` by a form that only this browser can send (logout CSRF).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

import msgspec
from starlette.types import Send

from ..authorization.redirect_uri import form_target
from ..errors import OAuthError, Unavailable
from ..logout.initiators import Initiator
from ..logout.request import LogoutRequest, LogoutRequests, Next
from ..records import Stale
from ..web.form_guard import FORM_TOKEN, Browser, FormGuard
from ..web.pages import send_redirect
from ..web.parameters import read_form, read_query
from ..web.request import Request
from .signing_out import SigningOut
from .table import END_SESSION

CONFIRM = "/u/logout"


class LogoutEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`/oidc/logout` of every tenant."""

    requests: LogoutRequests
    signing_out: SigningOut
    guard: FormGuard

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one logout request."""
        await answered(self.signing_out, request, send, self._answer)

    async def _answer(self, request: Request, send: Send) -> None:
        parameters = await read_form(request) if request.method == "POST" else read_query(request)  # 1
        asked = await self.requests.read(request.tenant, parameters)  # 2
        session = await self.signing_out.session(request)
        step = self.requests.next_step(asked, session)  # 3
        if step is Next.ASK:
            await self._ask(request, send, asked)
            return
        if session is not None:
            await self.signing_out.end(request, session, Initiator.RP_LOGOUT, asked.client)  # 4
        await self.signing_out.send_on(request, send, asked.location, asked.ui_locales)  # 5

    async def _ask(self, request: Request, send: Send, asked: LogoutRequest) -> None:
        if request.method == "POST":
            # With another site's form the cookie that forms are bound to does not come; with this redirect it does.
            query = urlencode(_repeated(asked))
            await send_redirect(send, f"/{END_SESSION.path}?{query}", request.correlation_id)
            return
        browser = Browser(request)
        values = {
            "form_action": CONFIRM,
            FORM_TOKEN: self.guard.token(browser, CONFIRM),
            "repeated": _repeated(asked),
            "client_name": asked.client.name if asked.client is not None else "",
        }
        targets = (form_target(asked.redirect_uri),) if asked.redirect_uri else ()
        await self.signing_out.show(
            request,
            send,
            "sign_out.html",
            values,
            ui_locales=asked.ui_locales,
            form_targets=targets,
            headers=browser.headers,
        )


class ConfirmedLogout(msgspec.Struct, frozen=True, kw_only=True):
    """`/u/logout`: the person said yes."""

    requests: LogoutRequests
    signing_out: SigningOut
    guard: FormGuard

    async def __call__(self, request: Request, send: Send) -> None:
        """End the session of this browser; what the form repeats of the request is checked like the request."""
        await answered(self.signing_out, request, send, self._answer)

    async def _answer(self, request: Request, send: Send) -> None:
        if request.method != "POST":
            await send_redirect(send, f"/{END_SESSION.path}", request.correlation_id)
            return
        form = await read_form(request)
        self.guard.check(request, form, CONFIRM)
        asked = await self.requests.read(request.tenant, form)
        session = await self.signing_out.session(request)
        if session is not None:
            because = Initiator.RP_LOGOUT if asked.client is not None else Initiator.IDP_LOGOUT
            await self.signing_out.end(request, session, because, asked.client)
        await self.signing_out.send_on(request, send, asked.location, asked.ui_locales)


async def answered(
    signing_out: SigningOut, request: Request, send: Send, answer: Callable[[Request, Send], Awaitable[None]]
) -> None:
    """Answer, or refuse with an error page."""
    try:
        if request.method not in ("GET", "POST"):
            raise OAuthError("invalid_request", "Only GET and POST.", check="page.method").answered_with(405)
        await answer(request, send)
    except (OAuthError, Unavailable, Stale) as error:
        await signing_out.refuse(request, send, error)


def _repeated(asked: LogoutRequest) -> Mapping[str, str]:
    """What the answer to the question needs to know again. Not the hint: it did not fit this session."""
    values = {
        "client_id": asked.client.client_id if asked.client is not None else "",
        "post_logout_redirect_uri": asked.redirect_uri,
        "state": asked.state,
        "ui_locales": asked.ui_locales,
    }
    return {name: value for name, value in values.items() if value}
