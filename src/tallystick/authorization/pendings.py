"""Pending authorizations: begun when a person has to be asked, gone on with by that browser alone, ended by the answer.

The browser is known by its own cookie, of which the record holds a keyed hash: whoever sends somebody else a link with
the id of a pending authorization of theirs gets nothing (attacks.md 44: browser swap, login CSRF).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import uuid4

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ..errors import OAuthError
from ..handles import HandleHasher
from ..ids import new_opaque_id
from ..live import LiveRecords, rewritten
from ..records import Stale
from ..tenants.tenant import Tenant
from .pending import BROWSER_PURPOSE, PENDING_LIFE_MS, PendingAuthorization
from .progress import Progress, kept, progress_of
from .provenance import THE_BROWSER, Provenance, kept_provenance

ID_TOKEN_HINT = "id_token_hint"  # noqa: S105  # a parameter's name
_UNCLAIMED = ""
"""The browser hash of a request that came by a POST of another site: such a POST carries no ``SameSite=Lax`` cookie."""


class Pendings:
    """Begins, finds, advances and ends pending authorizations."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    async def begin(
        self,
        tenant: Tenant,
        browser_value: str | None,
        client_id: str,
        parameters: dict[str, str],
        now_ms: int,
        *,
        provenance: Provenance = THE_BROWSER,
        hinted_subject: str | None = None,
        is_transaction: bool = False,
    ) -> PendingAuthorization:
        """Keep a request while its person is asked. ``browser_value`` None leaves it to the browser that resumes first.

        That is safe as long as nothing happened in it: it is then worth no more than the request's own URL. A
        transaction gets its name here, so that the log tells of what became of it from its beginning.
        """
        expires_at_ms = now_ms + PENDING_LIFE_MS
        pending = PendingAuthorization(
            tenant_id=tenant.tenant_id,
            id=new_opaque_id(),
            browser_hash=_UNCLAIMED if browser_value is None else self._browser_hash(tenant.tenant_id, browser_value),
            client_id=client_id,
            # A token is not for a database; who is meant by it has been found out.
            parameters={name: value for name, value in parameters.items() if name != ID_TOKEN_HINT},
            provenance=kept_provenance(provenance) or None,
            progress=kept(
                Progress(
                    hinted_subject=hinted_subject,
                    transaction_linking_id=str(uuid4()) if is_transaction else None,
                )
            ),
            created_at_ms=now_ms,
            expires_at_ms=expires_at_ms,
            purge_at_ms=expires_at_ms,
        )
        await self._live.write(saves=(pending,))
        return replace(pending, version=1)

    async def of(self, tenant: Tenant, pending_id: str, browser_value: str | None, now_ms: int) -> PendingAuthorization:
        """The pending authorization of this browser; raises OAuthError."""
        pending = await self._live.get(PendingAuthorization, tenant.tenant_id, pending_id) if pending_id else None
        if pending is None:
            raise over("pending.unknown")
        if now_ms >= pending.expires_at_ms:
            raise over("pending.expired")
        if browser_value is None or pending.browser_hash != self._browser_hash(tenant.tenant_id, browser_value):
            raise over("pending.browser", client_id=pending.client_id)
        return pending

    async def claimed(self, tenant: Tenant, pending_id: str, browser_value: str, now_ms: int) -> PendingAuthorization:
        """The same, where the browser goes on: one that no browser has yet becomes this browser's."""
        pending = await self._live.get(PendingAuthorization, tenant.tenant_id, pending_id) if pending_id else None
        if pending is not None and pending.browser_hash == _UNCLAIMED:
            claimed = replace(pending, browser_hash=self._browser_hash(tenant.tenant_id, browser_value))
            with suppress(Stale):  # Another browser came first: this one is told so below.
                await self._live.write(saves=(claimed,))
        return await self.of(tenant, pending_id, browser_value, now_ms)

    async def advance(
        self, pending: PendingAuthorization, now_ms: int, *, user_id: str | UnsetType | None = UNSET, **progress: Any
    ) -> PendingAuthorization:
        """Remember what happened: members of :class:`Progress`, and who passed the first factor. Raises OAuthError.

        Whoever signs in anew has agreed to nothing yet and chosen nothing, whatever was agreed to in it before.
        """

        def decide(pending: PendingAuthorization) -> PendingAuthorization:
            if now_ms >= pending.expires_at_ms:
                raise over("pending.expired")
            before = progress_of(pending)
            if progress.get("signed_in_at_ms") is not None:
                before = Progress(
                    hinted_subject=before.hinted_subject, transaction_linking_id=before.transaction_linking_id
                )
            return replace(
                pending,
                progress=kept(replace(before, **progress)),
                user_id=pending.user_id if user_id is UNSET else user_id,
            )

        advanced = await rewritten(self._live, pending, pending.id, decide)
        if advanced is None:
            raise over("pending.unknown")
        return advanced

    async def forget_first_factors(self, tenant_id: str, user_id: str, now_ms: int) -> None:
        """Nobody has passed a first factor as this person any more: what they passed it with has been withdrawn."""
        for pending in await self._live.find(PendingAuthorization, tenant_id, where={"user_id": user_id}):
            with suppress(OAuthError):  # it ended meanwhile
                await self.advance(pending, now_ms, user_id=None, amr=[])

    async def end(self, pending: PendingAuthorization) -> None:
        """Forget it; that it is gone already is fine."""
        await self._live.erase_where(PendingAuthorization, pending.tenant_id, {"id": pending.id})

    def _browser_hash(self, tenant_id: str, browser_value: str) -> str:
        return self._handles.digest(BROWSER_PURPOSE, tenant_id, browser_value)


def over(check: str, **evidence: object) -> OAuthError:
    """The sign-in is over, or not this browser's."""
    return OAuthError(
        "invalid_request",
        "This sign-in has expired or was begun in another browser. Go back to the application and begin again.",
        check=check,
        **evidence,
    )
