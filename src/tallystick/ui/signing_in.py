"""From a proven first factor to the next step: the same for every page on which somebody proves who they are."""

from __future__ import annotations

from collections.abc import Sequence

from ..authorization.pendings import Pendings
from ..users.assurance import Assurance, assurance_of
from ..users.sign_in import SignIns
from ..users.user import User
from ..web.cookies import SESSION, set_cookie
from .onward import onward
from .visit import Sent, Visit


class SigningIn:
    """Begins the session, or remembers who owes a second factor."""

    def __init__(self, sign_ins: SignIns, pendings: Pendings) -> None:
        self._sign_ins = sign_ins
        self._pendings = pendings

    async def first_factor_passed(self, visit: Visit, user: User, amr: Sequence[str]) -> Sent:
        """Go on. Raises OAuthError when the account may not sign in after all."""
        begun = await self._sign_ins.first_factor_passed(visit.facts, user, amr, visit.session)
        if begun is None:
            await self._pendings.advance(visit.pending, visit.now_ms, user_id=user.user_id, amr=list(amr))
            return Sent(onward(visit.pending), visit.browser.headers)
        # A passkey that made sure of its owner is two factors in one, passed just now.
        is_both = assurance_of(amr) >= Assurance.TWO_FACTORS
        passed = {"factor_passed_at_ms": visit.now_ms, "factor_user_id": user.user_id} if is_both else {}
        await self._pendings.advance(visit.pending, visit.now_ms, user_id=None, signed_in_at_ms=visit.now_ms, **passed)
        cookie = set_cookie(SESSION, begun.cookie, max_age_s=begun.max_age_s)
        return Sent(onward(visit.pending), [*visit.browser.headers, cookie])

    async def cancelled(self, visit: Visit) -> Sent:
        """The person does not want to go on: the application hears ``access_denied`` (OpenID Connect Core 3.1.2.6)."""
        await self._pendings.advance(visit.pending, visit.now_ms, refused="access_denied")
        return Sent(onward(visit.pending), visit.browser.headers)
