"""Whether a person who is signed in has just proved who they are, and how they prove it again.

A session alone adds and removes no factor: whoever stole a cookie could make it last. Nor does a session with the
password, where there is a factor: what was shown for it long ago is asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import OAuthError
from ...users.assurance import MULTIPLE_FACTORS, PASSWORD, Assurance, assurance_of, strengthened
from ...users.factor_checks import FactorChecks
from ...users.password_check import PasswordCheck, SignInRefused
from ...users.recovery_codes import how_many_left
from ...users.sessions import Device, Sessions
from ...users.webauthn import read_shown
from ...web.answers import Headers
from ..account.person import session_of
from ..visit import Visit
from .candidate import Candidate
from .ceremony import CREDENTIAL, USE, Ceremonies, bound, site_of
from .passing import Passing, headers_of

FRESH_MS = 600_000
FACTOR, WHO = "factor", "who"
"""What is wanted: a factor that the session has never shown, or just who it is."""


class Confirming:
    """Asks for what is missing before factors may be changed."""

    def __init__(
        self, ceremonies: Ceremonies, passing: Passing, check: PasswordCheck, checks: FactorChecks, sessions: Sessions
    ) -> None:
        self._ceremonies = ceremonies
        self._passing = passing
        self._check = check
        self._checks = checks
        self._sessions = sessions

    def wanted(self, visit: Visit, person: Candidate) -> str:
        """:data:`FACTOR`, :data:`WHO`, or nothing."""
        session = session_of(visit)
        if person.enrolled.factors and assurance_of(session.amr) < Assurance.TWO_FACTORS:
            return FACTOR
        return "" if visit.now_ms - session.authenticated_at_ms < FRESH_MS else WHO

    def values(self, visit: Visit, person: Candidate) -> dict[str, Any]:
        """What the form that asks for it shows."""
        confirmation = self.wanted(visit, person)
        return {
            "email": person.user.email,
            "confirmation": confirmation,
            "use_options": self._ceremonies.using(visit, person) if confirmation else "",
            "has_password": person.user.password_hash is not None,
            "has_totp": bool(person.enrolled.totp),
            "codes_left": how_many_left(person.enrolled.recovery_codes),
        }

    async def confirm(self, visit: Visit, person: Candidate) -> Headers:
        """The session after what the form shows. Raises OAuthError when that does not hold or does not do."""
        session, wanted = session_of(visit), self.wanted(visit, person)
        if wanted == FACTOR:
            passed = await self._passing.judge(visit, person)
            if passed is None:
                raise OAuthError("access_denied", "Nothing was shown.", check="factor.code")
            return await self.stronger(visit, passed.amr)
        more = await self._proven(visit, person)
        facts = visit.facts
        device = Device(ip=facts.ip, user_agent=facts.user_agent)
        # What was shown for this session long ago is not shown by this: it would pass for as fresh as the password.
        amr = strengthened([], more)
        begun = await self._sessions.begin(visit.tenant, person.user, amr, device, visit.now_ms, replaces=session)
        return headers_of(visit, begun)

    async def stronger(self, visit: Visit, more: Sequence[str]) -> Headers:
        """The session after a factor was shown in it, or enrolled: the person has just shown that they have it."""
        session = session_of(visit)
        begun = await self._sessions.step_up(session, strengthened(session.amr, more), visit.now_ms)
        return headers_of(visit, begun)

    async def _proven(self, visit: Visit, person: Candidate) -> list[str]:
        """By password, or by a passkey that made sure of its owner: a code alone says only who has the phone."""
        if visit.form.get(CREDENTIAL):
            shown, bound_to = read_shown(visit.form[CREDENTIAL]), bound(visit, USE, person.user.user_id)
            passed = await self._checks.passkey(visit.facts, person.user, shown, site_of(visit), bound_to)
            if MULTIPLE_FACTORS not in passed.amr:
                raise OAuthError("access_denied", "The passkey did not do.", check="passkey.user_verification")
            return passed.amr
        try:
            await self._check.check(visit.facts, person.user.email, visit.form.get("password", ""))
        except SignInRefused as refused:
            if refused.told != "breached":  # it is right, and says who it is
                raise
        return [PASSWORD]
