"""The second factor: a code, a passkey, or a recovery code. Nobody is signed in before one of them held."""

from __future__ import annotations

from ...errors import OAuthError
from ...users.owed import Owed
from ...users.recovery_codes import FEW, how_many_left
from ..desk import Desk
from ..onward import onward
from ..signing_in import SigningIn
from ..visit import Reply, Sent, Shown, Visit
from .candidate import Candidate, Candidates
from .ceremony import Ceremonies
from .passing import RECOVERY_CODE, Passing
from .problems import words_of


class ChallengePage:
    """Shows the ways that the person has, judges the one they took."""

    def __init__(
        self, desk: Desk, candidates: Candidates, ceremonies: Ceremonies, passing: Passing, signing_in: SigningIn
    ) -> None:
        self._desk = desk
        self._candidates = candidates
        self._ceremonies = ceremonies
        self._passing = passing
        self._signing_in = signing_in

    async def show(self, visit: Visit) -> Reply:
        """The form; or on to where it is decided what comes next, for somebody who owes nothing here."""
        candidate = await self._candidates.of(visit)
        if candidate is None or candidate.owed is not Owed.CHALLENGE:
            return Sent(onward(visit.pending), visit.browser.headers)
        return await self._form(visit, candidate)

    async def act(self, visit: Visit) -> Reply:
        """Judge what was shown, or cancel."""
        if visit.action == "cancel":
            return await self._signing_in.cancelled(visit)
        candidate = await self._candidates.of(visit)
        if candidate is None or candidate.owed is not Owed.CHALLENGE:
            return Sent(onward(visit.pending), visit.browser.headers)
        try:
            passed = await self._passing.judge(visit, candidate)
        except OAuthError as refusal:
            return await self._form(visit, candidate, words_of(refusal))
        if passed is None:
            return await self._form(visit, candidate, "missing")
        headers = await self._passing.go_on(visit, candidate, passed.amr)
        if passed.codes_left is not None and passed.codes_left <= FEW:
            values = {"left": passed.codes_left, "next_url": onward(visit.pending)}
            shown = await self._desk.show(visit, "factors/few_codes.html", values)
            return Shown(shown.page, headers)
        return Sent(onward(visit.pending), headers)

    async def _form(self, visit: Visit, candidate: Candidate, problem: str = "") -> Shown:
        enrolled, codes_do = candidate.enrolled, not candidate.must_be_passkey
        usable = self._ceremonies.usable(visit, candidate)
        values = {
            "email": candidate.user.email,
            "problem": problem,
            "has_totp": codes_do and bool(enrolled.totp),
            "has_recovery_codes": codes_do and how_many_left(enrolled.recovery_codes) > 0,
            "recovering": bool(visit.form.get(RECOVERY_CODE)),
            "passkey_options": self._ceremonies.using(visit, candidate) if usable else "",
            "other_sites": sorted({one.data["rp_id"] for one in enrolled.passkeys} if not usable else ()),
        }
        return await self._desk.show(visit, "factors/challenge.html", values)
