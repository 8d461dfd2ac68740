"""The sender: tells applications of sessions that are over (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8).

Each worker has one. What is to be told stands in the database, so a restart loses nothing; a worker takes a delivery by
writing to it first, so that no other sends it meanwhile. It also ends sessions whose time is over, since nobody else
would notice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import structlog

from ..clients.chosen_algs import ID_TOKEN
from ..clients.chosen_encryption import ID_TOKEN as ENCRYPTED_AS
from ..clients.directory import ClientDirectory
from ..clock import Clock
from ..errors import OAuthError, Unavailable
from ..events import Event, EventType
from ..ids import new_record_id
from ..live import LiveRecords
from ..metrics import LOGOUT_DELIVERIES
from ..outbound.guarded import FetchFailed, GuardedClient
from ..records import Stale
from ..signing.ring import KeyRing, NoSigningKey
from ..tenants.tenant import Tenant
from ..tokens.client_algs import signing_alg_of
from ..tokens.response_encryption import NoEncryptionKey, ResponseEncryption
from ..tokens.subject import Subjects
from ..users.session import Session
from ..users.sessions import END_TOLD_WITHIN_MS, is_alive
from .attempts import REFUSED, after_failure, is_done, taken
from .delivery import LogoutDelivery
from .endings import Endings
from .initiators import Initiator, url_of
from .logout_token import TYP, logout_token_claims

LOOK_EVERY_S = 2.0
EXPIRED_EVERY_S = 30.0
AT_ONCE_MAX = 20
EXPIRED_AT_ONCE = 100

log = structlog.get_logger("tallystick.logout")
_encode = msgspec.json.Encoder().encode
FindTenant = Callable[[str], Awaitable[Tenant | None]]


class Sender:
    """Sends what is due."""

    def __init__(
        self,
        live: LiveRecords,
        find_tenant: FindTenant,
        clients: ClientDirectory,
        ring: KeyRing,
        encryption: ResponseEncryption,
        subjects: Subjects,
        outbound: GuardedClient,
        endings: Endings,
        clock: Clock,
    ) -> None:
        self._live = live
        self._find_tenant = find_tenant
        self._clients = clients
        self._ring = ring
        self._encryption = encryption
        self._subjects = subjects
        self._outbound = outbound
        self._endings = endings
        self._clock = clock
        self._woken = asyncio.Event()
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Look for what is due from now on, at once when a session was ended here."""
        self._endings.wake = self._woken.set
        self._loops = [asyncio.create_task(self._send_for_ever()), asyncio.create_task(self._expire_for_ever())]

    async def close(self) -> None:
        """Stop. What is under way is cut off; it is due again when its lease is over."""
        tasks = (*self._loops, *self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def send_due(self) -> int:
        """Take and send what is due now, and wait for it; how many were sent or failed."""
        due = await self._live.due(LogoutDelivery, "next_attempt_at_ms", self._clock.now_ms(), AT_ONCE_MAX)
        return sum(await asyncio.gather(*map(self._take_and_send, due)))

    async def end_expired(self) -> int:
        """End sessions whose time is over, as far as somebody has to hear of it; how many."""
        now_ms = self._clock.now_ms()
        due = await self._live.due(Session, "purge_at_ms", now_ms + END_TOLD_WITHIN_MS, EXPIRED_AT_ONCE)
        over: dict[str, list[Session]] = {}
        for session in due:
            if not is_alive(session, now_ms):
                over.setdefault(session.tenant_id, []).append(session)
        ended = 0
        for tenant_id, sessions in over.items():
            tenant = await self._find_tenant(tenant_id)
            if tenant is not None:
                ended += await self._endings.end(tenant, sessions, Initiator.SESSION_EXPIRED, now_ms)
        return ended

    async def _send_for_ever(self) -> None:
        while True:
            self._woken.clear()
            await self._quietly(self._start_due)
            try:
                # A jitter keeps workers from all looking at once.
                async with asyncio.timeout(LOOK_EVERY_S * random.uniform(0.7, 1.3)):  # noqa: S311  # no secret
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def _start_due(self) -> None:
        """Begin what is due, as far as there is room: one slow application holds nobody up but itself."""
        room = AT_ONCE_MAX - len(self._under_way)
        if room <= 0:
            return
        for delivery in await self._live.due(LogoutDelivery, "next_attempt_at_ms", self._clock.now_ms(), room):
            name = (delivery.tenant_id, delivery.id)
            if name in self._under_way:
                continue  # begun a moment ago: it is due until it has been taken
            task = asyncio.create_task(self._quietly(partial(self._take_and_send, delivery)))
            self._under_way[name] = task
            task.add_done_callback(partial(self._ended, name))

    def _ended(self, name: tuple[str, str], _: asyncio.Task[None]) -> None:
        del self._under_way[name]
        self._woken.set()

    async def _expire_for_ever(self) -> None:
        while True:
            await asyncio.sleep(EXPIRED_EVERY_S * random.uniform(0.7, 1.3))  # noqa: S311  # no secret
            await self._quietly(self.end_expired)

    async def _quietly(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except (Unavailable, Stale) as trouble:
            log.warning("logouts wait for the database", reason=str(trouble))
        except Exception:
            # The loop must go on: the next delivery may be a good one.
            log.exception("unexpected")

    async def _take_and_send(self, delivery: LogoutDelivery) -> bool:
        now_ms = self._clock.now_ms()
        mine = taken(delivery, now_ms)
        try:
            await self._live.write(saves=(mine,))
        except Stale:
            return False
        mine = msgspec.structs.replace(mine, version=mine.version + 1)
        problem, is_final = await self._attempt(mine, now_ms)
        later = after_failure(mine, problem, self._clock.now_ms(), is_final=is_final) if problem else None
        event = _row(mine, problem, later, self._clock.now_ms())
        await self._live.write(
            saves=() if later is None else (later,), erasures=(mine,) if later is None else (), events=(event,)
        )
        LOGOUT_DELIVERIES.add("tried again" if later is not None else "failed" if problem else "told")
        return True

    async def _attempt(self, delivery: LogoutDelivery, now_ms: int) -> tuple[str, bool]:
        """What went wrong, and whether trying again would be in vain; an empty text when the application knows."""
        tenant = await self._find_tenant(delivery.tenant_id)
        registered = await self._clients.find(delivery.tenant_id, delivery.client_id)
        if tenant is None or registered is None or url_of(registered.client) != delivery.url:
            return "the application does not want to hear of it any more", True
        claims = logout_token_claims(
            issuer=delivery.issuer or tenant.issuer,
            client_id=delivery.client_id,
            subject=self._subjects.subject_of(tenant, registered.client, delivery.user_id),
            session_id=delivery.session_id,
            jti=new_record_id(),
            now_ms=now_ms,
        )
        try:
            signer = await self._ring.signer(delivery.tenant_id, signing_alg_of(registered, ID_TOKEN))
            # 2.4: signed and encrypted as ID tokens are, with the issuer in the header too.
            signed = signer.sign(_encode(claims), TYP)
            token = await self._encryption.sealed(registered, signed, ENCRYPTED_AS, now_ms, iss=str(claims["iss"]))
            form = {"logout_token": token}
            answer = await self._outbound.post_form(delivery.url, form, tenant_id=delivery.tenant_id)
        except FetchFailed as failure:
            return f"{failure.reason}: {failure}", False
        except NoEncryptionKey as trouble:
            return str(trouble), False  # its keys may stand at an address that does not answer just now
        except (OAuthError, NoSigningKey) as trouble:
            return str(trouble), True
        if is_done(answer.status):
            return "", False
        return f"it answered {answer.status}", answer.status == REFUSED


def _row(delivery: LogoutDelivery, problem: str, later: LogoutDelivery | None, now_ms: int) -> Event:
    details = {"url": delivery.url, "sid": delivery.session_id, "attempt": delivery.attempts}
    if problem:
        details |= {"problem": problem, "tried_again_at_ms": later.next_attempt_at_ms if later else None}
    return Event(
        tenant_id=delivery.tenant_id,
        type=EventType.BACKCHANNEL_LOGOUT_FAILED if problem else EventType.BACKCHANNEL_LOGOUT_SUCCEEDED,
        at_ms=now_ms,
        description=problem or "The application was told of a logout",
        correlation_id=delivery.id,
        client_id=delivery.client_id,
        user_id=delivery.user_id,
        details=details,
    )
