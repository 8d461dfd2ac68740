"""A visit: one request to a page, with what every page wants to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec.structs import replace

from ..authorization.pending import PendingAuthorization
from ..authorization.progress import progress_of
from ..authorization.redirect_uri import form_target
from ..clients.client import Client
from ..errors import OAuthError
from ..records import Json
from ..tenants.tenant import Tenant
from ..users.facts import RequestFacts
from ..users.session import Session
from ..web.answers import Headers
from ..web.facts import facts_of
from ..web.form_guard import Browser
from ..web.pages import Page
from ..web.request import Request

STATE = "state"
"""The parameter that names the pending authorization in every page's URL."""


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
    client: Client | None = None
    """The application that waits."""

    @property
    def tenant(self) -> Tenant:
        """Whose page it is."""
        return self.request.tenant

    @property
    def client_name(self) -> str:
        """The application that waits, as people know it; empty when none does."""
        return self.client.name if self.client is not None else ""

    @property
    def form_targets(self) -> tuple[str, ...]:
        """Where forms may lead beside here: to the application that waits. Its redirect URI was proven before."""
        redirect_uri = self.asked.parameters.get("redirect_uri", "") if self.asked else ""
        if not redirect_uri and self.client is not None:
            redirect_uri = next(iter(self.client.metadata.get("callbacks") or ()), "")
        target = form_target(redirect_uri)
        return (target,) if target else ()

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
        facts = facts_of(self.request, self.now_ms, self.client)
        if self.asked is None:
            return replace(facts, client_id="")
        name = progress_of(self.asked).transaction_linking_id
        return replace(facts, client_id=self.asked.client_id, transaction_linking_id=name)


class Shown(msgspec.Struct, frozen=True):
    """A page as the answer."""

    page: Page
    headers: Headers = []


class Sent(msgspec.Struct, frozen=True):
    """The way on as the answer."""

    location: str
    headers: Headers = []


class Told(msgspec.Struct, frozen=True):
    """Something for a page's script as the answer, in JSON."""

    body: Json
    headers: Headers = []


Reply = Shown | Sent | Told


class Handler(Protocol):
    """One page: shows itself, and does what its buttons ask for."""

    async def show(self, visit: Visit) -> Reply:
        """GET."""
        ...

    async def act(self, visit: Visit) -> Reply:
        """POST of one of its forms."""
        ...
