"""A passkey as the only factor, from the sign-in page. Its owner must have proved to it who they are."""

from __future__ import annotations

from ...authorization.steps import Step, location_of
from ...errors import OAuthError
from ...tenants.options import Options
from ...users.factor_checks import FactorChecks
from ...users.webauthn import read_shown
from ..desk import Desk
from ..signing_in import SigningIn
from ..visit import Reply, Told, Visit
from .ceremony import ALONE, CREDENTIAL, Ceremonies, bound, site_of
from .problems import words_of

PASSKEY = "/u/passkey"


class PasskeyPage:
    """GET tells the page's script what to ask for, freshly each time; POST takes the answer."""

    def __init__(
        self, desk: Desk, options: Options, ceremonies: Ceremonies, checks: FactorChecks, signing_in: SigningIn
    ) -> None:
        self._desk = desk
        self._options = options
        self._ceremonies = ceremonies
        self._checks = checks
        self._signing_in = signing_in

    async def show(self, visit: Visit) -> Reply:
        """``{"options": …}`` for ``navigator.credentials.get``; null where no passkey can be used."""
        options = self._ceremonies.alone(visit) if await self._is_offered(visit) else None
        return Told({"options": options}, visit.browser.headers)

    async def act(self, visit: Visit) -> Reply:
        """Sign in."""
        if not await self._is_offered(visit):
            raise OAuthError("access_denied", "Passkeys are not offered.", check="factor.not_offered")
        try:
            shown = read_shown(visit.form.get(CREDENTIAL, ""))
            user, passed = await self._checks.passkey_alone(visit.facts, shown, site_of(visit), bound(visit, ALONE, ""))
        except OAuthError as refusal:
            values = {"problem": words_of(refusal), "back_url": location_of(Step.SIGN_IN, visit.pending.id)}
            return await self._desk.show(visit, "factors/passkey_problem.html", values)
        return await self._signing_in.first_factor_passed(visit, user, passed.amr)

    async def _is_offered(self, visit: Visit) -> bool:
        return (await self._options.connection(visit.tenant.tenant_id)).passkey_enabled
