"""What a page's form shows as a second factor, and the session that comes of it."""

from __future__ import annotations

from collections.abc import Sequence

from ...authorization.pendings import Pendings
from ...records import Json
from ...users.assurance import strengthened
from ...users.factor_checks import FactorChecks, Passed
from ...users.sessions import Begun, Sessions
from ...users.sign_in import SignIns
from ...users.webauthn import read_shown
from ...web.answers import Headers
from ...web.cookies import SESSION, set_cookie
from ..visit import Visit
from .candidate import Candidate
from .ceremony import CREDENTIAL, USE, bound, site_of

OTP, RECOVERY_CODE = "otp", "recovery_code"


class Passing:
    """Judges what was shown, and goes on from there."""

    def __init__(self, checks: FactorChecks, sign_ins: SignIns, sessions: Sessions, pendings: Pendings) -> None:
        self._checks = checks
        self._sign_ins = sign_ins
        self._sessions = sessions
        self._pendings = pendings

    async def judge(self, visit: Visit, candidate: Candidate) -> Passed | None:
        """The factor that the form shows; None when it shows none. Raises OAuthError when it does not hold."""
        facts, user, form = visit.facts, candidate.user, visit.form
        if form.get(CREDENTIAL):
            shown, bound_to = read_shown(form[CREDENTIAL]), bound(visit, USE, user.user_id)
            return await self._checks.passkey(facts, user, shown, site_of(visit), bound_to)
        # Two factors were passed already, and a third is asked for because it is a better one: codes are none.
        if candidate.must_be_passkey:
            return None
        if form.get(OTP, "").strip():
            return await self._checks.code(facts, user, form[OTP])
        if form.get(RECOVERY_CODE, "").strip():
            return await self._checks.recovery_code(facts, user, form[RECOVERY_CODE])
        return None

    async def go_on(self, visit: Visit, candidate: Candidate, more: Sequence[str]) -> Headers:
        """The person is signed in now, or more surely than before; what the browser must be told."""
        amr = strengthened(candidate.amr, more)
        pending, now_ms = visit.pending, visit.now_ms
        passed: Json = {"factor_passed_at_ms": now_ms, "factor_user_id": candidate.user.user_id}
        if candidate.stepping_up is not None:
            begun = await self._sessions.step_up(candidate.stepping_up, amr, now_ms)
            # What was allowed before counts no more: who approves a transaction has proved who they are first.
            await self._pendings.advance(pending, now_ms, **passed, consented_user_id=None)
        else:
            begun = await self._sign_ins.second_factor_passed(visit.facts, candidate.user, amr, visit.session)
            await self._pendings.advance(pending, now_ms, user_id=None, signed_in_at_ms=now_ms, **passed)
        return headers_of(visit, begun)


def headers_of(visit: Visit, begun: Begun) -> Headers:
    """The session's new cookie."""
    return [*visit.browser.headers, set_cookie(SESSION, begun.cookie, max_age_s=begun.max_age_s)]
