"""A visit: one request to a page, with what every page wants to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from ..authorization.pending import PendingAuthorization
from ..errors import OAuthError
from ..tenants.tenant import Tenant
from ..users.facts import RequestFacts
from ..users.session import Session
from ..web.answers import Headers
from ..web.form_guard import Browser
from ..web.pages import Page
from ..web.request import Request

STATE = "state"
"""The parameter that names the pending authorization in every page's URL."""
USER_AGENT_CHARS_MAX = 500


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a page."""

    request: Request
    now_ms: int
    browser: Browser
    query: Mapping[str, str]
    form: Mapping[str, str] = {}
    """What was sent; empty for a GET. The guard of forms has let it pass."""
    session: Session | None = None
    """The living session of this browser."""
    asked: PendingAuthorization | None = None
    """The pending authorization named by ``state``, where the page goes with one: see :attr:`pending`."""
    client_name: str = ""
    """The application that waits, as people know it."""

    @property
    def tenant(self) -> Tenant:
        """Whose page it is."""
        return self.request.tenant

    @property
    def action(self) -> str:
        """Which button was pressed."""
        return self.form.get("action", "")

    @property
    def pending(self) -> PendingAuthorization:
        """The pending authorization. Raises OAuthError where there is none."""
        if self.asked is None:
            raise OAuthError("invalid_request", "This page belongs to a sign-in.", check="pending.unknown")
        return self.asked

    @property
    def ui_locales(self) -> str:
        """The languages that the application asks for."""
        return self.asked.parameters.get("ui_locales", "") if self.asked else ""

    @property
    def facts(self) -> RequestFacts:
        """For counting and for the log."""
        return RequestFacts(
            tenant=self.tenant,
            now_ms=self.now_ms,
            correlation_id=self.request.correlation_id,
            ip=self.request.ip,
            user_agent=self.request.header(b"user-agent")[:USER_AGENT_CHARS_MAX],
            hostname=self.request.header(b"host"),
            client_id=self.asked.client_id if self.asked else "",
            client_name=self.client_name,
        )


class Shown(msgspec.Struct, frozen=True):
    """A page as the answer."""

    page: Page
    headers: Headers = []


class Sent(msgspec.Struct, frozen=True):
    """The way on as the answer."""

    location: str
    headers: Headers = []


Reply = Shown | Sent


class Handler(Protocol):
    """One page: shows itself, and does what its buttons ask for."""

    async def show(self, visit: Visit) -> Reply:
        """GET."""
        ...

    async def act(self, visit: Visit) -> Reply:
        """POST of one of its forms."""
        ...


class Render(Protocol):
    """`ui.render.TemplatePages`."""

    async def render(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        ui_locales: str = "",
        status: int = 200,
        form_targets: Sequence[str] = (),
        image_origins: Sequence[str] = (),
    ) -> Page:
        """The page of this template."""
        ...
