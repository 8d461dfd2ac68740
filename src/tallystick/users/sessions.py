"""Sessions: begun when a person proves who they are, recognised by a cookie, over after a while.

A sign-in always begins a new session with a new cookie; what a browser brought with it is never promoted (session
fixation). How sessions end, and who hears of it, is in `logout`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from ..errors import OAuthError
from ..events import Event
from ..handles import HandleHasher, new_handle
from ..ids import new_opaque_id
from ..live import LiveRecord, LiveRecords, rewritten
from ..records import Json, Stale
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from .session import Session
from .user import User

COOKIE_PURPOSE = "session"
HOUR_MS = 3_600_000
END_TOLD_WITHIN_MS = 600_000
"""How long the row of a session that is over stays, so that its applications can be told."""
TOUCH_EVERY_MS = 60_000
"""A session's idle life is prolonged at most this often: a write for every request would buy nothing."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser shows of itself."""

    ip: str
    user_agent: str


class Begun(msgspec.Struct, frozen=True):
    """A session that just began, or got a new cookie."""

    session: Session
    cookie: str
    """The value for the browser; kept nowhere here."""

    @property
    def max_age_s(self) -> int | None:
        """How long the browser keeps the cookie; None until it is closed."""
        session = self.session
        return (session.expires_at_ms - session.updated_at_ms) // 1000 if session.is_persistent else None


class Sessions:
    """Begins, recognises and prolongs sessions."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    async def current(self, tenant: Tenant, cookie: str | None, now_ms: int) -> Session | None:
        """The living session that a cookie opens, or None."""
        if cookie is None:
            return None
        secret_hash = self._handles.digest(COOKIE_PURPOSE, tenant.tenant_id, cookie)
        found = await self._live.find(Session, tenant.tenant_id, where={"secret_hash": secret_hash})
        return next((session for session in found if is_alive(session, now_ms)), None)

    async def begin(
        self,
        tenant: Tenant,
        user: User,
        amr: Sequence[str],
        device: Device,
        now_ms: int,
        *,
        is_persistent: bool | None = None,
        replaces: Session | None = None,
        authenticated_at_ms: int | None = None,
        saves: Sequence[LiveRecord] = (),
        events: Sequence[Event] = (),
    ) -> Begun:
        """A new session, written together with ``saves`` and ``events``. Raises Stale when one of them changed.

        ``replaces`` is the browser's own living session of the same person: it goes on under its ``sid``, with a new
        cookie and a new ``auth_time``, so that applications keep hearing of one session. Another person's is not
        replaced: end it first (see `logout`). ``authenticated_at_ms`` is for one that goes on as another: what was
        proven stays as old as it is, and the new one lives no longer.
        """
        if replaces is not None and replaces.user_id != user.user_id:
            raise ValueError("a session of another person cannot be replaced")
        if is_persistent is None:
            is_persistent = (setting(tenant, "session_cookie") or {}).get("mode") != "non-persistent"
        cookie = new_handle()
        lifetime_ms, idle_ms = lifetimes_ms(tenant, is_persistent=is_persistent)
        secret_hash = self._handles.digest(COOKIE_PURPOSE, tenant.tenant_id, cookie)
        seen: Json = {"last_ip": device.ip, "last_user_agent": device.user_agent[:500]}
        first: Json = {"initial_ip": device.ip, "initial_user_agent": device.user_agent[:500]}
        since_ms = now_ms if authenticated_at_ms is None else authenticated_at_ms
        ends_ms = since_ms + lifetime_ms
        idle_ends_ms = min(now_ms + idle_ms, ends_ms)
        session = Session(
            tenant_id=tenant.tenant_id,
            version=replaces.version if replaces else 0,
            id=replaces.id if replaces else new_opaque_id(),
            secret_hash=secret_hash,
            user_id=user.user_id,
            amr=list(amr),
            clients=replaces.clients if replaces else [],
            is_persistent=is_persistent,
            device={**(replaces.device if replaces else first), **seen},
            authenticated_at_ms=since_ms,
            created_at_ms=replaces.created_at_ms if replaces else now_ms,
            updated_at_ms=now_ms,
            idle_expires_at_ms=idle_ends_ms,
            expires_at_ms=ends_ms,
            purge_at_ms=min(ends_ms, idle_ends_ms) + END_TOLD_WITHIN_MS,
        )
        await self._live.write(saves=(session, *saves), events=events)
        return Begun(replace(session, version=session.version + 1), cookie)

    async def step_up(self, session: Session, amr: Sequence[str], now_ms: int, events: Sequence[Event] = ()) -> Begun:
        """The session after another factor was passed in it: with that factor, and with a new cookie.

        ``auth_time`` stays: the first factor was not asked for again. Raises Stale when the session ended meanwhile.
        """
        cookie = new_handle()
        secret_hash = self._handles.digest(COOKIE_PURPOSE, session.tenant_id, cookie)

        def decide(session: Session) -> Session:
            words = list(dict.fromkeys((*session.amr, *amr)))
            return replace(session, secret_hash=secret_hash, amr=words, updated_at_ms=now_ms)

        raised = await rewritten(self._live, session, session.id, decide, events)
        if raised is None:
            raise Stale("a session ended while it was stepped up")
        return Begun(raised, cookie)

    async def used_by(
        self, tenant: Tenant, session: Session, client_id: str, now_ms: int, credential_id: str | None = None
    ) -> Session:
        """Remember that an application got something in the session, and prolong its idle life.

        Writes only when there is something new to say. Raises OAuthError when the session ended meanwhile.
        """

        def decide(session: Session) -> Session:
            return _used(tenant, session, client_id, credential_id, now_ms)

        used = await rewritten(self._live, session, session.id, decide)
        if used is None:
            raise OAuthError("login_required", "The session has ended.", check="session.ended")
        return used


def _used(tenant: Tenant, session: Session, client_id: str, credential_id: str | None, now_ms: int) -> Session:
    """The same session when there is nothing new to say."""
    entry: Json = {"client_id": client_id, "credential_id": credential_id}
    if tenant.issuer != tenant.canonical.issuer:
        # What it has names a custom domain as issuer; the end of the session will be told under the same.
        entry["issuer"] = tenant.issuer
    known = [one for one in session.clients if one["client_id"] == client_id]
    is_new = not known or (credential_id is not None and known != [entry])
    if not is_new and now_ms - session.updated_at_ms < TOUCH_EVERY_MS:
        return session
    others = [one for one in session.clients if one["client_id"] != client_id]
    _, idle_ms = lifetimes_ms(tenant, is_persistent=session.is_persistent)
    idle_ends_ms = min(now_ms + idle_ms, session.expires_at_ms)
    return replace(
        session,
        clients=[*others, entry] if is_new else session.clients,
        updated_at_ms=now_ms,
        idle_expires_at_ms=idle_ends_ms,
        purge_at_ms=idle_ends_ms + END_TOLD_WITHIN_MS,
    )


def is_alive(session: Session, now_ms: int) -> bool:
    """Whether neither of its two lives is over."""
    return now_ms < session.expires_at_ms and now_ms < session.idle_expires_at_ms


def lifetimes_ms(tenant: Tenant, *, is_persistent: bool) -> tuple[int, int]:
    """How long a session lives, and how long it may lie idle (auth0.md 4.6)."""
    names = ("session_lifetime", "idle_session_lifetime")
    if not is_persistent:
        names = ("ephemeral_session_lifetime", "idle_ephemeral_session_lifetime")
    lifetime, idle = (round(float(setting(tenant, name)) * HOUR_MS) for name in names)
    return lifetime, min(idle, lifetime)
