"""Token families: begun, found, withdrawn. Whatever withdraws one does it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..events import Event
from ..handles import new_handle
from ..ids import new_opaque_id
from ..live import LiveRecords
from ..records import Json, Stale
from .family import TokenFamily

ATTEMPTS = 50
"""How often a withdrawal is tried anew; each loss means that another write of the same family came first."""
BATCH = 100
"""How many families are withdrawn in one write."""
ACCESS_TOKEN_LIFE_MAX_MS = 2_592_000_000
"""As long as an access token of an API can live (auth0.md 4.5): until then a family must be known."""
WITHDRAWN_KEPT_MS = 86_400_000
"""A withdrawn family is kept for a day, so that the log can tell what was shown; a missing one is refused likewise. One
that a published list names is kept until its last access token is over."""
REFRESH_TOKENS_MAX = 200
"""Living refresh tokens of one person with one application; when there would be more, the oldest go (auth0.md 1.3)."""
NEVER_MS = 253_402_300_799_000
"""The last second of the year 9999: when rows go that live until somebody withdraws them."""


def refreshes(family: TokenFamily, now_ms: int) -> bool:
    """Whether its refresh token is alive: not withdrawn, and neither of its two lives over."""
    ends_ms = (family.expires_at_ms, family.idle_expires_at_ms)
    is_over = any(end_ms is not None and end_ms <= now_ms for end_ms in ends_ms)
    return family.has_refresh_token and family.withdrawn_at_ms is None and not is_over


class Families:
    """Begins, finds and withdraws families."""

    def __init__(self, live: LiveRecords) -> None:
        self._live = live

    async def living(self, tenant_id: str, id: str) -> TokenFamily | None:
        """The family if it was not withdrawn: its access tokens count. Says nothing of its refresh token."""
        family = await self._live.get(TokenFamily, tenant_id, id)
        return family if family is not None and family.withdrawn_at_ms is None else None

    async def withdraw(
        self, tenant_id: str, family: TokenFamily, because: str, now_ms: int, events: Sequence[Event] = ()
    ) -> bool:
        """Withdraw it, in one write with ``events``; False when somebody else had done so, and nothing was written."""
        for _ in range(ATTEMPTS):
            if family.withdrawn_at_ms is not None:
                return False
            try:
                await self._live.write(saves=(withdrawn(family, because, now_ms),), events=events)
            except Stale:
                again = await self._live.get(TokenFamily, tenant_id, family.id)
                if again is None:
                    return False
                family = again
                continue
            return True
        raise Stale(f"family {family.id} changed {ATTEMPTS} times while it was withdrawn")

    async def withdraw_where(self, tenant_id: str, where: Mapping[str, object], because: str, now_ms: int) -> int:
        """Withdraw every living family that matches, such as ``{"user_id": …}``; how many there were.

        One that begins meanwhile is not seen: end first what could begin it (the account, the session, the credential).
        """
        families = await self._live.find(TokenFamily, tenant_id, where={**where, "withdrawn_at_ms": None})
        done = 0
        for start in range(0, len(families), BATCH):
            batch = families[start : start + BATCH]
            try:
                await self._live.write(saves=[withdrawn(family, because, now_ms) for family in batch])
                done += len(batch)
            except Stale:  # one of them is in use just now
                done += sum([await self.withdraw(tenant_id, family, because, now_ms) for family in batch])
        return done

    async def crowded_out(self, family: TokenFamily, now_ms: int) -> list[TokenFamily]:
        """The oldest families that have to go, so that a new one with a refresh token keeps within the bound."""
        where: dict[str, object] = {"user_id": family.user_id, "client_id": family.client_id}
        where |= {"has_refresh_token": True, "withdrawn_at_ms": None}
        if await self._live.count(TokenFamily, family.tenant_id, where=where) < REFRESH_TOKENS_MAX:
            return []
        found = await self._live.find(TokenFamily, family.tenant_id, where=where)
        alive = [one for one in found if refreshes(one, now_ms)]
        return alive[: max(len(alive) + 1 - REFRESH_TOKENS_MAX, 0)]


def begin(
    *,
    tenant_id: str,
    client_id: str,
    user_id: str,
    session_id: str | None,
    audience: str | None,
    scope: Sequence[str],
    auth_time_ms: int,
    now_ms: int,
    code_hash: str | None = None,
    credential_id: str | None = None,
    claims: Json | None = None,
    authorization_details: list[Json] | None = None,
    transaction_linking_id: str | None = None,
    amr: Sequence[str] = (),
    acr: str | None = None,
    device: Json | None = None,
) -> TokenFamily:
    """A new family without a refresh token. Written by the caller, together with what it came of."""
    return TokenFamily(
        tenant_id=tenant_id,
        id=new_opaque_id(),
        client_id=client_id,
        user_id=user_id,
        session_id=session_id,
        code_hash=code_hash,
        credential_id=credential_id,
        last_credential_id=credential_id,
        audience=audience,
        scope=list(scope),
        claims=claims or {},
        authorization_details=authorization_details,
        transaction_linking_id=transaction_linking_id,
        amr=list(amr),
        acr=acr,
        auth_time_ms=auth_time_ms,
        seed=new_handle(),
        device=device or {},
        created_at_ms=now_ms,
        purge_at_ms=now_ms + ACCESS_TOKEN_LIFE_MAX_MS,
    )


def withdrawn(family: TokenFamily, because: str, now_ms: int) -> TokenFamily:
    """The family, withdrawn: to be written together with something else. `Families.withdraw` writes it alone."""
    purge_at_ms = now_ms + WITHDRAWN_KEPT_MS
    if family.status_list is not None:
        purge_at_ms = max(purge_at_ms, _last_token_over_ms(family, now_ms))
    return replace(family, withdrawn_at_ms=now_ms, withdrawn_because=because, purge_at_ms=purge_at_ms)


def _last_token_over_ms(family: TokenFamily, now_ms: int) -> int:
    """When none of its access tokens can be alive; one may have been issued this moment, where it could refresh."""
    return now_ms + ACCESS_TOKEN_LIFE_MAX_MS if family.has_refresh_token else family.purge_at_ms
