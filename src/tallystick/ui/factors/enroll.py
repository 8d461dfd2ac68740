"""Enrolling a factor within a sign-in: for whoever must have one, and has none that would do.

Who has a factor never gets here past it: what is owed is decided anew by each request, from what the database has.
"""

from __future__ import annotations

from ...authorization.steps import Step, location_of
from ...errors import Conflict, OAuthError
from ...users.owed import Owed, may_enroll
from ..desk import Desk
from ..onward import onward
from ..signing_in import SigningIn
from ..visit import Reply, Sent, Shown, Visit
from .candidate import Candidate, Candidates
from .confirming import Confirming
from .enrolling import Enrolling
from .passing import Passing
from .problems import words_of


class EnrollPage:
    """Shows what may be enrolled; when it is, the person is signed in, and sees their recovery codes once."""

    def __init__(
        self,
        desk: Desk,
        candidates: Candidates,
        enrolling: Enrolling,
        confirming: Confirming,
        passing: Passing,
        signing_in: SigningIn,
    ) -> None:
        self._desk = desk
        self._candidates = candidates
        self._enrolling = enrolling
        self._confirming = confirming
        self._passing = passing
        self._signing_in = signing_in

    async def show(self, visit: Visit) -> Reply:
        """The QR code and the passkey button; or on, for somebody who owes no enrolment."""
        candidate = await self._candidates.of(visit)
        if candidate is None or candidate.owed is not Owed.ENROLL:
            return Sent(onward(visit.pending), visit.browser.headers)
        return await self._form(visit, candidate)

    async def act(self, visit: Visit) -> Reply:
        """Enrol, or cancel."""
        if visit.action == "cancel":
            return await self._signing_in.cancelled(visit)
        candidate = await self._candidates.of(visit)
        if candidate is None or candidate.owed is not Owed.ENROLL:
            return Sent(onward(visit.pending), visit.browser.headers)
        if visit.action == "confirm" and candidate.stepping_up is not None:
            return await self._confirm(visit, candidate)
        if self._must_confirm(visit, candidate):
            return await self._form(visit, candidate)
        types = may_enroll(candidate.policy, candidate.demanded)
        try:
            enrolled = await self._enrolling.take(visit, candidate, types)
        except (OAuthError, Conflict) as refusal:
            return await self._form(visit, candidate, words_of(refusal))
        if enrolled is None:
            return await self._form(visit, candidate, "missing")
        headers = await self._passing.go_on(visit, candidate, enrolled.amr)
        if not enrolled.added.recovery_codes:
            return Sent(onward(visit.pending), headers)
        values = {"codes": enrolled.added.recovery_codes, "next_url": onward(visit.pending)}
        # Shown as the answer to the form itself: after a redirect nobody could show them any more.
        shown = await self._desk.show(visit, "factors/recovery_codes.html", values)
        return Shown(shown.page, headers)

    def _must_confirm(self, visit: Visit, candidate: Candidate) -> str:
        """Whoever just passed a first factor here need not; whoever only has a session may not have proved anything."""
        return self._confirming.wanted(visit, candidate) if candidate.stepping_up is not None else ""

    async def _confirm(self, visit: Visit, candidate: Candidate) -> Reply:
        try:
            headers = await self._confirming.confirm(visit, candidate)
        except OAuthError as refusal:
            return await self._form(visit, candidate, words_of(refusal))
        return Sent(location_of(Step.ENROLL_FACTOR, visit.pending.id), headers)

    async def _form(self, visit: Visit, candidate: Candidate, problem: str = "") -> Shown:
        if self._must_confirm(visit, candidate):
            values = {**self._confirming.values(visit, candidate), "problem": problem}
            return await self._desk.show(visit, "factors/confirm.html", values)
        types = may_enroll(candidate.policy, candidate.demanded)
        values = {
            "email": candidate.user.email,
            "problem": problem,
            "offer": self._enrolling.offer(visit, candidate, types),
        }
        return await self._desk.show(visit, "factors/enroll.html", values)
