"""The logout request: who asks for it, whom it is about, and where the browser shall go after it.

OpenID Connect RP-Initiated Logout 1.0, with Auth0's ``logout_hint``:

1. the hint is an ID token of ours; it may have expired, since it gives nothing
2. the client: named, or the hint's; both must agree
3. ``post_logout_redirect_uri`` is one of the client's, by the letter; the tenant's where no client is known
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from urllib.parse import urlencode

import msgspec

from ..clients.client import Client
from ..clients.directory import ClientDirectory
from ..errors import OAuthError
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from ..tokens.id_token_hint import HintedIdToken, IdTokenHints
from ..tokens.recognised import InvalidToken
from ..tokens.subject import Subjects
from ..users.session import Session


class LogoutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that passed every check."""

    tenant: Tenant
    client: Client | None = None
    hint: HintedIdToken | None = None
    logout_hint: str = ""
    """The ``sid`` of the session that shall end."""
    redirect_uri: str = ""
    state: str = ""
    ui_locales: str = ""

    @property
    def location(self) -> str:
        """Where the browser goes after it; empty for a page of ours."""
        return with_state(self.redirect_uri, self.state) if self.redirect_uri else ""


class Next(Enum):
    """What a logout request leads to."""

    END = "end"
    ASK = "ask"
    """Ask the person first: somebody else may have sent the browser here."""
    LEAVE = "leave"
    """There is nothing to end."""


class LogoutRequests:
    """Reads logout requests."""

    def __init__(self, hints: IdTokenHints, clients: ClientDirectory, subjects: Subjects) -> None:
        self._hints = hints
        self._clients = clients
        self._subjects = subjects

    async def read(self, tenant: Tenant, parameters: Mapping[str, str]) -> LogoutRequest:
        """The request, checked; raises OAuthError, and then nothing may be ended and nobody redirected."""
        hint = await self._hint(tenant, parameters.get("id_token_hint"))
        client = await self.client(tenant, parameters.get("client_id"), hint)
        redirect_uri = parameters.get("post_logout_redirect_uri", "")
        if redirect_uri and redirect_uri not in logout_urls(tenant, client):
            raise _refused("logout.redirect_uri", client_id=client.client_id if client else "")
        return LogoutRequest(
            tenant=tenant,
            client=client,
            hint=hint,
            logout_hint=parameters.get("logout_hint", ""),
            redirect_uri=redirect_uri,
            state=parameters.get("state", ""),
            ui_locales=parameters.get("ui_locales", ""),
        )

    async def client(self, tenant: Tenant, client_id: str | None, hint: HintedIdToken | None = None) -> Client | None:
        """The client that asks, None where none is named; raises OAuthError for one that is not there."""
        if hint is not None and client_id is not None and client_id != hint.client_id:
            raise _refused("logout.client_mismatch", client_id=client_id[:100])
        client_id = hint.client_id if hint is not None else client_id
        if client_id is None:
            return None
        registered = await self._clients.find(tenant.tenant_id, client_id)
        if registered is None:
            raise _refused("logout.client", client_id=client_id[:100])
        return registered.client

    def next_step(self, request: LogoutRequest, session: Session | None) -> Next:
        """What to do with the session that the browser has. Pure but for the subject's keyed hash."""
        if session is None:
            return Next.LEAVE
        if self._is_meant(request, session):
            return Next.END
        # A hint that names somebody else, or another session, never ends this one unasked.
        is_silent = not (setting(request.tenant, "sessions") or {}).get("oidc_logout_prompt_enabled", True)
        return Next.END if is_silent and request.hint is None and not request.logout_hint else Next.ASK

    def _is_meant(self, request: LogoutRequest, session: Session) -> bool:
        """Whether who asks knows this very session: its id token, or its ``sid``, which nobody else was given."""
        if request.logout_hint and request.logout_hint != session.id:
            return False
        hint = request.hint
        if hint is None or request.client is None:
            return request.logout_hint == session.id
        subject = self._subjects.subject_of(request.tenant, request.client, session.user_id)
        return hint.subject == subject and hint.session_id in (None, session.id)

    async def _hint(self, tenant: Tenant, token: str | None) -> HintedIdToken | None:
        if token is None:
            return None
        try:
            return await self._hints.read(tenant, token)
        except InvalidToken as refusal:
            # Section 2: a hint that is not ours is a mistake or an attack; the browser is sent nowhere.
            raise OAuthError(
                "invalid_request", "The id_token_hint is not acceptable.", check=refusal.check, **refusal.evidence
            ) from None


def logout_urls(tenant: Tenant, client: Client | None) -> tuple[str, ...]:
    """Where a browser may be sent after a logout: compared by the letter, the query included (attacks.md 37)."""
    named = client.metadata.get("allowed_logout_urls") if client is not None else setting(tenant, "allowed_logout_urls")
    # What a header cannot carry fits nothing.
    return tuple(url for url in named or () if url and all("!" <= char <= "~" for char in url))


def with_state(url: str, state: str) -> str:
    """The URL with ``state``, which is passed through as it came."""
    if not state:
        return url
    before, hash_sign, fragment = url.partition("#")
    return f"{before}{'&' if '?' in before else '?'}{urlencode({'state': state})}{hash_sign}{fragment}"


def _refused(check: str, **evidence: object) -> OAuthError:
    return OAuthError("invalid_request", "The logout request is not acceptable.", check=check, **evidence)
