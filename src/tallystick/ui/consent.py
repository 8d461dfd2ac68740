"""The page of consent: which application asks, where it is, what it wants; allow or deny, all of it or nothing."""

from __future__ import annotations

from ..errors import OAuthError
from ..users.accounts import Accounts
from ..users.consents import OPENID_SCOPES, Consents, wanted_by
from .asked import ReadAsked, described
from .consent_details import shown_details
from .desk import Desk
from .dress import origin_of
from .onward import onward
from .signing_in import SigningIn
from .visit import Reply, Sent, Visit

SHOWN_SCOPES = ("profile", "email", "address", "phone", "offline_access")
"""Those with words in the catalogue; ``openid`` goes without saying, for who signs in is told who it is."""


class ConsentPage:
    """Shows what is asked, and remembers what was allowed."""

    def __init__(
        self, desk: Desk, accounts: Accounts, consents: Consents, read_asked: ReadAsked, signing_in: SigningIn
    ) -> None:
        self._desk = desk
        self._accounts = accounts
        self._consents = consents
        self._read_asked = read_asked
        self._signing_in = signing_in

    async def show(self, visit: Visit) -> Reply:
        """What is asked. Who is not signed in, or asks for what may no longer be, is sent to where that is decided."""
        session, client = visit.session, visit.client
        user = await self._accounts.by_id(visit.tenant.tenant_id, session.user_id) if session is not None else None
        try:
            asked = await self._read_asked(visit.tenant, visit.pending)
        except OAuthError:
            return Sent(onward(visit.pending))
        if session is None or user is None or client is None:
            return Sent(onward(visit.pending))
        logo_url = client.metadata.get("logo_uri") or ""
        logo_origin = origin_of(logo_url)
        values = {
            "logo_url": logo_url if logo_origin else "",
            "leads_to": asked.leads_to,
            "api_name": (asked.resource_server.name or asked.audience) if asked.resource_server else "",
            "own_scopes": [one for one in asked.scope if one in SHOWN_SCOPES],
            "api_scopes": described([one for one in asked.scope if one not in OPENID_SCOPES], asked.resource_server),
            "email": user.email,
            "session_id": session.id,
            "details": shown_details(asked),
            "is_transactional": asked.is_transactional,
            "fingerprint": asked.fingerprint,
        }
        return await self._desk.show(visit, "consent.html", values, image_origins=(logo_origin,) if logo_origin else ())

    async def act(self, visit: Visit) -> Reply:
        """Allow, or deny. Allowed is what was shown, by whom it was shown to; else it is shown again."""
        if visit.action == "deny":
            return await self._signing_in.cancelled(visit)
        session = visit.session
        if visit.action != "allow" or session is None or visit.form.get("session") != session.id:
            return await self.show(visit)
        try:
            asked = await self._read_asked(visit.tenant, visit.pending)
        except OAuthError:
            return Sent(onward(visit.pending))
        if visit.form.get("asked") != asked.fingerprint:
            return await self.show(visit)
        if not asked.is_transactional:
            wanted = wanted_by(visit.tenant, asked.audience, asked.scope)
            await self._consents.grant(visit.tenant, session.user_id, visit.pending.client_id, wanted, visit.now_ms)
        said = {"consented_user_id": session.user_id, "consented_to": asked.fingerprint}
        await self._desk.pendings.advance(visit.pending, visit.now_ms, **said)
        return Sent(onward(visit.pending))
