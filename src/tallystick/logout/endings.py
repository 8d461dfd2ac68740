"""Endings: how sessions end, and that everybody who has to hear of it will.

A session's end and the deliveries to its applications are one write: nobody is signed out without the applications
being told, and nobody is told of what did not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from ..clients.directory import ClientDirectory
from ..clock import DAY_MS
from ..events import Event, EventLog, EventType
from ..ids import new_record_id
from ..live import LiveRecords
from ..records import Stale
from ..tenants.tenant import Tenant
from ..users.facts import RequestFacts
from ..users.session import Session
from .delivery import LogoutDelivery
from .initiators import Initiator, told_at

ATTEMPTS = 20
"""How often it is decided anew because somebody used one of the sessions meanwhile."""
DELIVERY_LIFE_MS = DAY_MS
"""How long a delivery is tried. OpenID Connect Back-Channel Logout 1.0 leaves it to us."""


class Endings:
    """Ends sessions. Everybody who ends one comes here."""

    def __init__(self, live: LiveRecords, clients: ClientDirectory, log: EventLog) -> None:
        self._live = live
        self._clients = clients
        self._log = log
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something to deliver: who sends them looks at once."""

    async def end(
        self,
        tenant: Tenant,
        sessions: Sequence[Session],
        because: Initiator,
        now_ms: int,
        events: Sequence[Event] = (),
    ) -> int:
        """End these sessions; how many there still were. ``events`` are written in any case.

        Raises Stale when they are used without a pause, and nothing was ended.
        """
        living = list(sessions)
        for _ in range(ATTEMPTS):
            if not living:
                break
            deliveries = [each for session in living for each in await self._deliveries(session, because, now_ms)]
            try:
                await self._live.write(saves=deliveries, erasures=living, events=events)
            except Stale:
                again = [await self._live.get(Session, one.tenant_id, one.id) for one in living]
                living = [session for session in again if session is not None]
                continue
            if deliveries:
                self.wake()
            return len(living)
        if living:
            raise Stale(f"sessions of tenant {tenant.tenant_id} changed {ATTEMPTS} times while they were ended")
        for event in events:
            await self._log.record(event)
        return 0

    async def end_all(
        self,
        tenant: Tenant,
        user_id: str,
        because: Initiator,
        now_ms: int,
        *,
        but: str | None = None,
        events: Sequence[Event] = (),
    ) -> int:
        """End every session of a person, except the one whose id is ``but``; how many there were."""
        found = await self._live.find(Session, tenant.tenant_id, where={"user_id": user_id})
        return await self.end(tenant, [one for one in found if one.id != but], because, now_ms, events)

    async def _deliveries(self, session: Session, because: Initiator, now_ms: int) -> list[LogoutDelivery]:
        told = []
        for entry in session.clients:
            registered = await self._clients.find(session.tenant_id, entry["client_id"])
            url = told_at(registered.client, because) if registered is not None else None
            if url is None:
                continue
            told.append(
                LogoutDelivery(
                    tenant_id=session.tenant_id,
                    id=new_record_id(),
                    issuer=entry.get("issuer"),
                    client_id=entry["client_id"],
                    url=url,
                    session_id=session.id,
                    user_id=session.user_id,
                    next_attempt_at_ms=now_ms,
                    created_at_ms=now_ms,
                    purge_at_ms=now_ms + 2 * DELIVERY_LIFE_MS,
                )
            )
        return told


def signed_out(facts: RequestFacts, session: Session, because: Initiator) -> Event:
    """The row of the log about a session that its person ended."""
    event = facts.event(EventType.LOGOUT_SUCCEEDED, "Signed out", sid=session.id, initiator=because.value)
    return replace(event, user_id=session.user_id)
