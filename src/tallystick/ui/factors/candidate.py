"""Who stands before a page for second factors: somebody who passed a first factor here, or who is signed in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from ...authorization.progress import progress_of
from ...errors import OAuthError
from ...tenants.options import FactorPolicy, Options
from ...tenants.settings import setting
from ...users.accounts import Accounts
from ...users.assurance import Assurance, assurance_of, needs, requested_acrs
from ...users.enrolled import Enrolled
from ...users.factors import Factors
from ...users.owed import Owed, demanding, what_is_owed
from ...users.session import Session
from ...users.user import User
from ..asked import ReadAsked
from ..visit import Visit


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One person in one sign-in."""

    user: User
    amr: Sequence[str]
    """How they proved so far who they are."""
    stepping_up: Session | None
    """The session that another factor shall strengthen; None when there will only be one."""
    enrolled: Enrolled
    policy: FactorPolicy
    demanded: Assurance
    """What the application's request still needs."""
    is_anew: bool = False
    """Whether a factor is to be passed for this very transaction, however surely they signed in before."""

    @property
    def owed(self) -> Owed:
        """What they still have to do."""
        proved = () if self.is_anew else self.amr
        return what_is_owed(self.enrolled, self.policy, proved, self.demanded)

    @property
    def must_be_passkey(self) -> bool:
        """Whether nothing else would do: two factors were passed, and the application asks for more."""
        is_third = assurance_of(self.amr) >= Assurance.TWO_FACTORS and not self.is_anew
        return self.demanded is Assurance.PASSKEY and is_third


class Candidates:
    """Finds out who it is, always anew: what was withdrawn meanwhile counts for nothing."""

    def __init__(self, accounts: Accounts, factors: Factors, options: Options, read_asked: ReadAsked) -> None:
        self._accounts = accounts
        self._factors = factors
        self._options = options
        self._read_asked = read_asked

    async def of(self, visit: Visit) -> Candidate | None:
        """The candidate of a sign-in; None when nobody has proved anything in it. Raises OAuthError when blocked."""
        pending, session = visit.pending, visit.session
        if pending.user_id is not None:
            amr: Sequence[str] = progress_of(pending).amr
            return await self._candidate(visit, pending.user_id, amr, None)
        if session is not None:
            candidate = await self._candidate(visit, session.user_id, session.amr, session)
            if await self._is_for_transaction(visit, session.user_id):
                return replace(candidate, is_anew=True, policy=demanding(candidate.policy))
            return candidate
        return None

    async def signed_in(self, visit: Visit, session: Session) -> Candidate:
        """The owner of a session, at their own account. Raises OAuthError when blocked."""
        return await self._candidate(visit, session.user_id, session.amr, session)

    async def _is_for_transaction(self, visit: Visit, user_id: str) -> bool:
        """As `endpoints.situation` has it: nobody is sent here for nothing, nor away without having passed."""
        if not visit.pending.client_id or progress_of(visit.pending).factor_user_id == user_id:
            return False
        try:
            return (await self._read_asked(visit.tenant, visit.pending)).is_transactional
        except OAuthError:  # it may no longer be answered, which is told where that is decided
            return False

    async def _candidate(
        self, visit: Visit, user_id: str, amr: Sequence[str], stepping_up: Session | None
    ) -> Candidate:
        tenant = visit.tenant
        user = await self._accounts.by_id(tenant.tenant_id, user_id)
        if user is None or user.blocked:
            raise OAuthError("access_denied", "The account is blocked.", check="password.blocked")
        return Candidate(
            user=user,
            amr=amr,
            stepping_up=stepping_up,
            enrolled=await self._factors.enrolled(tenant, user_id),
            policy=await self._options.factor_policy(tenant.tenant_id),
            demanded=needs(_requested(visit), amr, setting(tenant, "acr_values_supported") or ()),
        )


def _requested(visit: Visit) -> list[str]:
    parameters = visit.asked.parameters if visit.asked is not None else {}
    try:
        claims = msgspec.json.decode(parameters.get("claims", "{}"), type=dict[str, object])
    except msgspec.DecodeError:  # a malformed one is refused where the request is checked
        claims = {}
    return requested_acrs(parameters.get("acr_values", ""), claims)
