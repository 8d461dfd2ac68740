"""The factors of a person: which there are, whether one is owed, and how they come and go.

Recovery codes come with the first factor and go with the last. Whether a factor holds is judged in
`users.factor_checks`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from ..errors import Conflict, NotFound
from ..events import EventType
from ..handles import HandleHasher
from ..live import LiveRecords, rewritten
from ..records import Stale
from ..tenants.options import FactorPolicy
from ..tenants.tenant import Tenant
from .assurance import Assurance, assurance_of, needs
from .authenticator import RECOVERY_CODE, Authenticator
from .enrolled import Enrolled, sorted_out
from .facts import RequestFacts
from .owed import Owed as Owed
from .owed import gives_recovery_codes, what_is_owed
from .recovery_codes import new_codes, new_set
from .user import User

FACTORS_MAX = 20
"""For one person."""
NAME_CHARS_MAX = 60
_TRIES = 5


class Added(msgspec.Struct, frozen=True):
    """A factor that was added."""

    factor: Authenticator
    recovery_codes: list[str] = []
    """The new set in clear, to be shown once; empty when the person has one already."""


class Factors:
    """Reads and changes the factors of people."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    async def enrolled(self, tenant: Tenant, user_id: str) -> Enrolled:
        """What the person has that works."""
        found = await self._live.find(Authenticator, tenant.tenant_id, where={"user_id": user_id})
        return sorted_out(found)

    async def owed(
        self,
        tenant: Tenant,
        user: User,
        policy: FactorPolicy,
        *,
        amr: Sequence[str] = (),
        requested: Sequence[str] = (),
        tenant_values: Collection[str] = (),
    ) -> Owed:
        """What the person owes who proved ``amr``, for a request that asks for these ``acr`` values."""
        demanded = needs(requested, amr, tenant_values)
        if demanded is Assurance.NONE and assurance_of(amr) >= Assurance.TWO_FACTORS:
            return Owed.NONE
        return what_is_owed(await self.enrolled(tenant, user.user_id), policy, amr, demanded)

    async def add(self, facts: RequestFacts, user: User, factor: Authenticator, policy: FactorPolicy) -> Added:
        """Keep a confirmed factor, with recovery codes when there are none yet. Raises OAuthError and Conflict."""
        event = facts.event(EventType.FACTOR_ENROLLED, _named("added", factor), user, **_shown(factor))
        for _ in range(_TRIES):
            enrolled = await self.enrolled(facts.tenant, user.user_id)
            if len(enrolled.factors) >= FACTORS_MAX:
                raise Conflict("There are too many factors.", error_code="too_many_factors", check="factor.count")
            codes = new_codes() if enrolled.recovery_codes is None and gives_recovery_codes(policy) else []
            sets = [self._new_set(facts, user, codes, None)] if codes else []
            try:
                await self._live.write(saves=(factor, *sets), events=(event,))
            except Conflict:
                if await self._is_taken(factor):
                    raise Conflict(
                        "It is enrolled already.", error_code="factor_exists", check="factor.registered"
                    ) from None
                continue
            return Added(replace(factor, version=1), codes)
        raise Stale(f"the factors of one person changed {_TRIES} times while one was added")

    async def rename(self, facts: RequestFacts, user: User, factor_id: str, name: str) -> None:
        """Call it something else. Raises NotFound."""
        factor = await self._own(facts, user, factor_id)
        if await rewritten(self._live, factor, factor_id, lambda one: replace(one, name=tidy(name))) is None:
            raise _not_there()

    async def remove(self, facts: RequestFacts, user: User, factor_id: str, policy: FactorPolicy | None = None) -> None:
        """Remove one, with the recovery codes when it is the last. Raises NotFound and Conflict.

        ``policy`` is given when the person asks: who must have a factor keeps the last. An administrator gives none,
        and so lets somebody begin anew who has lost everything.
        """
        event_type = EventType.FACTOR_REMOVED
        for _ in range(_TRIES):
            factor = await self._own(facts, user, factor_id)
            enrolled = await self.enrolled(facts.tenant, user.user_id)
            left = [one for one in enrolled.factors if one.id != factor.id]
            if not left and policy is not None and policy.required and factor.type != RECOVERY_CODE:
                raise Conflict("This is the last factor.", error_code="last_factor", check="factor.last")
            goes = [factor]
            if not left and enrolled.recovery_codes is not None and factor.type != RECOVERY_CODE:
                goes.append(enrolled.recovery_codes)
            event = facts.event(event_type, _named("removed", factor), user, **_shown(factor))
            try:
                # What stays is written too: of two removals at once one comes second, and sees that nothing would stay.
                return await self._live.write(saves=tuple(left[:1]), erasures=goes, events=(event,))
            except Stale:
                continue
        raise Stale("factors changed while one of them was removed")

    async def new_recovery_codes(self, facts: RequestFacts, user: User) -> list[str]:
        """A fresh set in place of the old one; raises Conflict for somebody without a factor."""
        for _ in range(_TRIES):
            enrolled = await self.enrolled(facts.tenant, user.user_id)
            if not enrolled.factors:
                raise Conflict("There is no factor.", error_code="no_factor", check="factor.none")
            codes = new_codes()
            record = self._new_set(facts, user, codes, enrolled.recovery_codes)
            event = facts.event(
                EventType.FACTOR_ENROLLED,
                "New recovery codes were made.",
                user,
                **_shown(record),
            )
            try:
                await self._live.write(saves=(record,), events=(event,))
            except (Stale, Conflict):
                continue
            return codes
        raise Stale("recovery codes changed while new ones were made")

    async def forget(self, tenant_id: str, user_id: str) -> int:
        """Erase all of them: the account is deleted, or an administrator lets the person begin anew."""
        return await self._live.erase_where(Authenticator, tenant_id, {"user_id": user_id})

    def _new_set(
        self, facts: RequestFacts, user: User, codes: list[str], before: Authenticator | None
    ) -> Authenticator:
        return new_set(facts.tenant.tenant_id, user.user_id, codes, self._handles, facts.now_ms, before)

    async def _own(self, facts: RequestFacts, user: User, factor_id: str) -> Authenticator:
        found = await self._live.get(Authenticator, facts.tenant.tenant_id, factor_id)
        if found is None or found.user_id != user.user_id:
            raise _not_there()
        return found

    async def _is_taken(self, factor: Authenticator) -> bool:
        where = {"id": factor.id} if factor.credential_id is None else {"credential_id": factor.credential_id}
        return await self._live.count(Authenticator, factor.tenant_id, where=where) > 0


def _not_there() -> NotFound:
    return NotFound("There is no such factor.", error_code="inexistent_factor", check="factor.exists")


def tidy(name: str) -> str:
    """A name as it is kept: one line, without what cannot be seen."""
    return " ".join("".join(char if char.isprintable() else " " for char in name).split())[:NAME_CHARS_MAX]


def _named(what: str, factor: Authenticator) -> str:
    return f"A factor was {what}: {factor.type}."


def _shown(factor: Authenticator) -> dict[str, str]:
    return {"factor_id": factor.id, "factor": factor.type}
