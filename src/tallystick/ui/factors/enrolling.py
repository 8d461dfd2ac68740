"""Enrolling a factor on a page: an authenticator app by its first right code, a passkey by its being made."""

from __future__ import annotations

import msgspec

from ...errors import OAuthError
from ...tenants.settings import setting
from ...users.authenticator import TOTP, WEBAUTHN
from ...users.factors import Added, Factors, tidy
from ...users.totp import provisioning_uri
from ...users.totp_enrolment import TotpEnrolment, TotpEnrolments
from ..visit import Visit
from .candidate import Candidate
from .ceremony import CREDENTIAL, Ceremonies
from .passing import OTP

ENROLMENT, NAME = "enrolment", "name"
"""Fields: the sealed key that the page carries, and what the person calls the factor."""
_QR_SCALE = 5


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows to enrol by; empty strings for what is not offered."""

    enrolment: str = ""
    qr: str = ""
    key: str = ""
    """Grouped by four, for the eye."""
    passkey_options: str = ""


class Enrolled(msgspec.Struct, frozen=True):
    """A factor that was just enrolled."""

    added: Added
    amr: list[str]
    """What its enrolment proved."""


class Enrolling:
    """Offers, and takes what comes back."""

    def __init__(self, factors: Factors, enrolments: TotpEnrolments, ceremonies: Ceremonies) -> None:
        self._factors = factors
        self._enrolments = enrolments
        self._ceremonies = ceremonies

    def offer(self, visit: Visit, candidate: Candidate, types: list[str]) -> Offer:
        """For these types. A key that the form brought is shown again, so that a mistyped code starts nothing anew."""
        enrolment = self._begun(visit, candidate) if TOTP in types else None
        options = self._ceremonies.making(visit, candidate) if WEBAUTHN in types else ""
        if enrolment is None:
            return Offer(passkey_options=options)
        issuer = setting(visit.tenant, "friendly_name") or visit.tenant.name
        uri = provisioning_uri(enrolment.key_text, candidate.user.email, issuer)
        text = enrolment.key_text
        return Offer(
            enrolment=self._enrolments.sealed(
                enrolment, visit.tenant.tenant_id, candidate.user.user_id, visit.browser.value
            ),
            qr=_qr(uri),
            key=" ".join(text[at : at + 4] for at in range(0, len(text), 4)),
            passkey_options=options,
        )

    async def take(self, visit: Visit, candidate: Candidate, types: list[str]) -> Enrolled | None:
        """The factor that the form enrols; None when it brings nothing to enrol. Raises OAuthError and Conflict."""
        tenant_id, user_id, form = visit.tenant.tenant_id, candidate.user.user_id, visit.form
        name = tidy(form.get(NAME, ""))
        if form.get(CREDENTIAL) and WEBAUTHN in types:
            used = await self._ceremonies.made(visit, candidate, name)
            factor, amr = used.passkey, used.amr
        elif form.get(OTP, "").strip() and TOTP in types:
            enrolment = self._opened(visit, candidate)
            confirmed = self._enrolments.confirmed(enrolment, form[OTP], tenant_id, user_id, name, visit.now_ms)
            if confirmed is None:
                raise OAuthError("access_denied", "The code was not accepted.", check="factor.code")
            factor, amr = confirmed, ["otp"]
        else:
            return None
        return Enrolled(await self._factors.add(visit.facts, candidate.user, factor, candidate.policy), amr)

    def _begun(self, visit: Visit, candidate: Candidate) -> TotpEnrolment:
        try:
            return self._opened(visit, candidate)
        except OAuthError:
            return self._enrolments.begin(visit.now_ms)

    def _opened(self, visit: Visit, candidate: Candidate) -> TotpEnrolment:
        tenant_id, user_id = visit.tenant.tenant_id, candidate.user.user_id
        return self._enrolments.opened(
            visit.form.get(ENROLMENT, ""), tenant_id, user_id, visit.browser.value, visit.now_ms
        )


def _qr(text: str) -> str:
    """The QR code as an image in a URL of its own, with the quiet edge that ISO/IEC 18004 demands."""
    import segno  # what a worker that shows no such page need not load

    image: str = segno.make(text, error="m", micro=False).svg_data_uri(scale=_QR_SCALE, border=4, light="#fff")
    return image
