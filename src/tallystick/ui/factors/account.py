"""One's own factors at the account: which there are, new ones, names, and how they go.

To look, a session is enough. To change something, a person has proved within ten minutes who they are (`confirming`).
Where there is a factor, the session must have shown one too; confirming by the password forgets the one that was shown
before, so an older cookie and the password remove no factor. Within the ten minutes a session that has shown one is
enough: who takes its cookie then may change factors. Who has no factor yet is guarded by the password alone.
"""

from __future__ import annotations

from typing import Any

from ...errors import Conflict, NotFound, OAuthError
from ...users.authenticator import TOTP, WEBAUTHN
from ...users.factors import Factors
from ...users.owed import offered
from ...users.recovery_codes import FEW, how_many_left
from ...web.answers import Headers
from ..account.person import session_of
from ..desk import Desk
from ..visit import Reply, Sent, Shown, Visit
from .candidate import Candidate, Candidates
from .ceremony import Ceremonies
from .confirming import Confirming
from .enrolling import NAME, Enrolled, Enrolling
from .problems import words_of

ACCOUNT_FACTORS = "/account/factors"
DONE = ("added", "renamed", "removed", "confirmed")


class AccountFactors:
    """Lists them, and does what the list's buttons ask for."""

    def __init__(
        self,
        desk: Desk,
        candidates: Candidates,
        ceremonies: Ceremonies,
        enrolling: Enrolling,
        confirming: Confirming,
        factors: Factors,
    ) -> None:
        self._desk = desk
        self._candidates = candidates
        self._ceremonies = ceremonies
        self._enrolling = enrolling
        self._confirming = confirming
        self._factors = factors

    async def show(self, visit: Visit) -> Reply:
        """GET."""
        done = visit.query.get("done", "")
        return await self._list(visit, await self._person(visit), done=done if done in DONE else "")

    async def act(self, visit: Visit) -> Reply:
        """Confirm who it is, or change something."""
        person = await self._person(visit)
        try:
            if visit.action == "confirm":
                headers = await self._confirming.confirm(visit, person)
                return Sent(f"{ACCOUNT_FACTORS}?done=confirmed", headers)
            if self._confirming.wanted(visit, person):
                return await self._list(visit, person, "confirm_first")
            return await self._change(visit, person)
        except (OAuthError, Conflict, NotFound) as refusal:
            return await self._list(visit, await self._person(visit), words_of(refusal))

    async def _change(self, visit: Visit, person: Candidate) -> Reply:
        user, factor_id = person.user, visit.form.get("factor", "")
        if visit.action == "add-passkey":
            enrolled = await self._enrolling.take(
                visit, person, [WEBAUTHN] if WEBAUTHN in offered(person.policy) else []
            )
            if enrolled is None:
                return await self._list(visit, person, "passkey")
            return await self.added(visit, enrolled)
        if visit.action == "rename":
            await self._factors.rename(visit.facts, user, factor_id, visit.form.get(NAME, ""))
            return Sent(f"{ACCOUNT_FACTORS}?done=renamed")
        if visit.action == "remove":
            await self._factors.remove(visit.facts, user, factor_id, person.policy)
            return Sent(f"{ACCOUNT_FACTORS}?done=removed")
        if visit.action == "new-codes":
            return await self._codes(visit, await self._factors.new_recovery_codes(visit.facts, user))
        return Sent(ACCOUNT_FACTORS)

    async def added(self, visit: Visit, enrolled: Enrolled) -> Reply:
        """Say so. New recovery codes are shown as the answer to the form: nobody could show them after a redirect."""
        headers = await self._confirming.stronger(visit, enrolled.amr)
        if not enrolled.added.recovery_codes:
            return Sent(f"{ACCOUNT_FACTORS}?done=added", headers)
        return await self._codes(visit, enrolled.added.recovery_codes, headers)

    async def _codes(self, visit: Visit, codes: list[str], headers: Headers | None = None) -> Reply:
        values = {"codes": codes, "next_url": ACCOUNT_FACTORS}
        shown = await self._desk.show(visit, "factors/recovery_codes.html", values)
        return Shown(shown.page, headers or shown.headers)

    async def _person(self, visit: Visit) -> Candidate:
        return await self._candidates.signed_in(visit, session_of(visit))

    async def _list(self, visit: Visit, person: Candidate, problem: str = "", done: str = "") -> Reply:
        confirmation, offers, enrolled = self._confirming.wanted(visit, person), offered(person.policy), person.enrolled
        is_kept = person.policy.required and len(enrolled.factors) == 1
        may_add_passkey = WEBAUTHN in offers and not confirmation
        values = {
            **self._confirming.values(visit, person),
            "factors": [_shown(number, factor) for number, factor in enumerate(enrolled.factors, 1)],
            "last_is_kept": is_kept,
            "has_codes": enrolled.recovery_codes is not None,
            "few_codes": how_many_left(enrolled.recovery_codes) <= FEW,
            "may_add_app": TOTP in offers,
            "make_options": self._ceremonies.making(visit, person) if may_add_passkey else "",
            "problem": problem,
            "done": done,
        }
        return await self._desk.show(visit, "factors/account.html", values)


class AccountApp:
    """Adding an authenticator app."""

    def __init__(
        self, desk: Desk, candidates: Candidates, enrolling: Enrolling, confirming: Confirming, factors: AccountFactors
    ) -> None:
        self._desk = desk
        self._candidates = candidates
        self._enrolling = enrolling
        self._confirming = confirming
        self._factors = factors

    async def show(self, visit: Visit) -> Reply:
        """The QR code."""
        person = await self._candidates.signed_in(visit, session_of(visit))
        if self._confirming.wanted(visit, person) or TOTP not in offered(person.policy):
            return Sent(ACCOUNT_FACTORS)
        return await self._form(visit, person)

    async def act(self, visit: Visit) -> Reply:
        """The first code."""
        person = await self._candidates.signed_in(visit, session_of(visit))
        if visit.action == "cancel" or self._confirming.wanted(visit, person) or TOTP not in offered(person.policy):
            return Sent(ACCOUNT_FACTORS)
        try:
            enrolled = await self._enrolling.take(visit, person, [TOTP])
        except (OAuthError, Conflict) as refusal:
            return await self._form(visit, person, words_of(refusal))
        if enrolled is None:
            return await self._form(visit, person, "missing")
        return await self._factors.added(visit, enrolled)

    async def _form(self, visit: Visit, person: Candidate, problem: str = "") -> Reply:
        offer = self._enrolling.offer(visit, person, [TOTP])
        values = {"email": person.user.email, "problem": problem, "offer": offer}
        return await self._desk.show(visit, "factors/enroll.html", values)


def _shown(number: int, factor: Any) -> dict[str, Any]:
    return {
        "id": factor.id,
        "number": number,
        "type": factor.type,
        "name": factor.name,
        "rp_id": factor.data.get("rp_id", ""),
        "created_ms": factor.created_at_ms,
        "used_ms": factor.last_used_at_ms,
    }
