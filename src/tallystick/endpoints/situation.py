"""Who is there when an application asks: the browser's session, its person, what they owe and consented to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import msgspec

from ..authorization.next_step import Situation
from ..authorization.pending import PendingAuthorization
from ..authorization.progress import Progress, progress_of
from ..authorization.request import AuthorizationRequest
from ..clock import Clock
from ..live import LiveRecords
from ..tenants.options import FactorPolicy
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from ..tokens.subject import Subjects
from ..users.assurance import MULTI_FACTOR, Assurance, assurance_of, requested_acrs, satisfied_acr
from ..users.consents import Consents, covers, scopes_of_claims, wanted_by
from ..users.factors import Factors
from ..users.owed import Owed, demanding
from ..users.session import Session
from ..users.sessions import Sessions
from ..users.user import User
from ..web.cookies import SESSION, cookie_of
from ..web.request import Request


class Situations(msgspec.Struct, frozen=True, kw_only=True):
    """Looks it up."""

    live: LiveRecords
    sessions: Sessions
    factors: Factors
    factor_policy: Callable[[str], Awaitable[FactorPolicy]]
    consents: Consents
    subjects: Subjects
    clock: Clock

    def now_ms(self) -> int:
        """The time."""
        return self.clock.now_ms()

    async def of(
        self, request: Request, asked: AuthorizationRequest, pending: PendingAuthorization | None, now_ms: int
    ) -> Situation:
        """What `authorization.next_step` needs to know. What nobody is there for is not looked up."""
        tenant = asked.tenant
        progress = progress_of(pending) if pending is not None else Progress()
        session = await self.sessions.current(tenant, cookie_of(request, SESSION), now_ms)
        user = await self._person(tenant, session.user_id) if session is not None else None
        first_factor_owed = await self._first_factor_owed(tenant, pending, progress)
        if session is None or user is None:
            return Situation(
                request=asked, session=None, progress=progress, first_factor_owed=first_factor_owed, now_ms=now_ms
            )
        requested = requested_acrs(asked.parameters.get("acr_values", ""), asked.claims)
        known_acrs = setting(tenant, "acr_values_supported") or ()
        policy = await self.factor_policy(tenant.tenant_id)
        return Situation(
            request=asked,
            session=session,
            user=user,
            progress=progress,
            first_factor_owed=first_factor_owed,
            session_owed=await self.factors.owed(
                tenant, user, policy, amr=session.amr, requested=requested, tenant_values=known_acrs
            ),
            transaction_owed=await self._transaction_owed(asked, user, policy, progress),
            acr=_acr(requested, session, known_acrs),
            is_hinted=self._is_hinted(asked, user, asked.hinted_subject or progress.hinted_subject),
            is_consented=await self._is_consented(asked, user),
            now_ms=now_ms,
        )

    async def _person(self, tenant: Tenant, user_id: str) -> User | None:
        """The person, unless the account was blocked or deleted since the session began."""
        user = await self.live.get(User, tenant.tenant_id, user_id)
        return user if user is not None and not user.blocked else None

    async def _first_factor_owed(
        self, tenant: Tenant, pending: PendingAuthorization | None, progress: Progress
    ) -> Owed:
        if pending is None or pending.user_id is None:
            return Owed.NONE
        user = await self._person(tenant, pending.user_id)
        if user is None:
            return Owed.NONE
        policy = await self.factor_policy(tenant.tenant_id)
        return await self.factors.owed(tenant, user, policy, amr=progress.amr)

    async def _transaction_owed(
        self, asked: AuthorizationRequest, user: User, policy: FactorPolicy, progress: Progress
    ) -> Owed:
        """auth0.md 5.4: a factor for this transaction, whatever the session proved before; who has none enrols."""
        if not asked.is_transactional or progress.factor_user_id == user.user_id:
            return Owed.NONE
        return await self.factors.owed(asked.tenant, user, demanding(policy))

    def _is_hinted(self, asked: AuthorizationRequest, user: User, hinted_subject: str | None) -> bool:
        if hinted_subject is None:
            return True
        return self.subjects.subject_of(asked.tenant, asked.client, user.user_id) == hinted_subject

    async def _is_consented(self, asked: AuthorizationRequest, user: User) -> bool:
        """The tenant's own applications need none (auth0.md 1.2), and no transaction is covered by an earlier one."""
        if asked.client.is_first_party or asked.is_transactional:
            return True
        granted = await self.consents.granted(asked.tenant, user.user_id, asked.client.client_id)
        return covers({name: tuple(scope) for name, scope in granted.items()}, consent_wanted(asked))


def consent_wanted(asked: AuthorizationRequest) -> dict[str, tuple[str, ...]]:
    """Audience → scopes that the person must have consented to; claims by name count as their scopes."""
    return wanted_by(asked.tenant, asked.audience, (*asked.scope, *scopes_of_claims(asked.claims)))


def _acr(requested: list[str], session: Session, known_acrs: Collection[str]) -> str | None:
    """What was asked for and holds; unasked, that there were two factors."""
    if requested:
        return satisfied_acr(requested, session.amr, known_acrs)
    return MULTI_FACTOR if assurance_of(session.amr) >= Assurance.TWO_FACTORS else None
