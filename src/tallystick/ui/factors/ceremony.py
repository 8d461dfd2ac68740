"""The ceremonies of passkeys on a page: what the browser is asked for, and which challenge its answer must be to."""

from __future__ import annotations

import msgspec

from ...handles import HandleHasher
from ...records import Json
from ...tenants.settings import setting
from ...users.authenticator import Authenticator
from ...users.challenges import Challenges
from ...users.owed import attachments
from ...users.passkey_options import Site, making_options, user_handle, using_options
from ...users.webauthn import Used, made, read_shown
from ...web.form_guard import own_origin
from ..visit import STATE, Visit
from .candidate import Candidate

CREDENTIAL = "credential"
"""The field in which a form brings what the browser answered."""
MAKE, USE, ALONE = "make", "use", "alone"
"""What a challenge may be for."""


class Ceremonies:
    """Options out, answers in."""

    def __init__(self, challenges: Challenges, handles: HandleHasher) -> None:
        self._challenges = challenges
        self._handles = handles

    def making(self, visit: Visit, candidate: Candidate) -> str:
        """To make a passkey for this person: JSON; empty where there can be none."""
        site, tenant_id = site_of(visit), visit.tenant.tenant_id
        if not site.rp_id:
            return ""
        options = making_options(
            site,
            setting(visit.tenant, "friendly_name") or visit.tenant.name,
            candidate.user,
            user_handle(self._handles, tenant_id, candidate.user.user_id),
            self._new(visit, MAKE, candidate.user.user_id),
            candidate.enrolled.passkeys_of(site.rp_id),
            attachments(candidate.policy),
        )
        return _json(options)

    def using(self, visit: Visit, candidate: Candidate) -> str:
        """To use one of this person's: JSON; empty when none of theirs answers here."""
        allowed = self.usable(visit, candidate)
        if not allowed:
            return ""
        challenge = self._new(visit, USE, candidate.user.user_id)
        return _json(using_options(site_of(visit), challenge, allowed, must_verify=False))

    def alone(self, visit: Visit) -> Json | None:
        """To sign in with whichever passkey the browser has; None where there can be none."""
        site = site_of(visit)
        return using_options(site, self._new(visit, ALONE, ""), (), must_verify=True) if site.rp_id else None

    def usable(self, visit: Visit, candidate: Candidate) -> tuple[Authenticator, ...]:
        """The person's passkeys that answer at this site."""
        return candidate.enrolled.passkeys_of(site_of(visit).rp_id)

    async def made(self, visit: Visit, candidate: Candidate, name: str) -> Used:
        """The passkey that the form brings. Raises OAuthError, check ``passkey.…``."""
        shown, tenant_id, user_id = (
            read_shown(visit.form.get(CREDENTIAL, "")),
            visit.tenant.tenant_id,
            candidate.user.user_id,
        )
        bound_to = bound(visit, MAKE, user_id)
        challenge = self._challenges.recognised(tenant_id, shown.challenge, bound_to, visit.now_ms)
        used = made(shown, site_of(visit), tenant_id, user_id, name, visit.now_ms)
        await self._challenges.spend(challenge)
        return used

    def _new(self, visit: Visit, act: str, user_id: str) -> bytes:
        return self._challenges.new(visit.tenant.tenant_id, bound(visit, act, user_id), visit.now_ms)


def bound(visit: Visit, act: str, user_id: str) -> tuple[str, ...]:
    """What a challenge is for: one act of one person, in one browser and one sign-in."""
    return act, visit.browser.value, visit.query.get(STATE, ""), user_id


def site_of(visit: Visit) -> Site:
    """Where the browser is."""
    return Site(own_origin(visit.request).lower())


def _json(options: Json) -> str:
    return msgspec.json.encode(options).decode()
