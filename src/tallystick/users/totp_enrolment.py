"""An authenticator app on its way: a key that was shown, and that a first right code makes a factor.

Until then nothing is kept. The page carries the key sealed, for one person in one browser and for an hour; whoever just
looks at the page leaves nothing behind.
"""

from __future__ import annotations

import secrets
from base64 import b32encode

import msgspec

from ..errors import OAuthError
from ..ids import new_record_id
from ..jose import base64url
from ..sealing import SealBroken, Sealer
from .authenticator import TOTP, Authenticator
from .totp import KEY_BYTES, LAST_STEP, accepted_step, as_typed, spent

ENROLMENT_LIFE_MS = 3_600_000
_CONTEXT = "enrolment"


class TotpEnrolment(msgspec.Struct, frozen=True):
    """A key that waits for its first code."""

    factor_id: str
    """The factor's, once it is one: so the same key is never enrolled twice."""
    key: bytes
    begun_at_ms: int

    @property
    def key_text(self) -> str:
        """The key in Base32, for the QR code and for typing."""
        return b32encode(self.key).decode()


class TotpEnrolments:
    """Begins and confirms them. ``browser`` is the value of the browser's own cookie."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def begin(self, now_ms: int) -> TotpEnrolment:
        """A fresh key."""
        return TotpEnrolment(new_record_id(), secrets.token_bytes(KEY_BYTES), now_ms)

    def sealed(self, enrolment: TotpEnrolment, tenant_id: str, user_id: str, browser: str) -> str:
        """What the page carries."""
        content = msgspec.json.encode(enrolment)
        return base64url.encode(self._sealer.seal(content, _CONTEXT, tenant_id, user_id, browser))

    def opened(self, text: str, tenant_id: str, user_id: str, browser: str, now_ms: int) -> TotpEnrolment:
        """What a page carried; raises OAuthError when it is not this person's in this browser, or too old."""
        try:
            content = self._sealer.open(base64url.decode(text), _CONTEXT, tenant_id, user_id, browser)
        except (ValueError, SealBroken):
            raise _over() from None
        enrolment = msgspec.json.decode(content, type=TotpEnrolment)
        if now_ms >= enrolment.begun_at_ms + ENROLMENT_LIFE_MS:
            raise _over()
        return enrolment

    def confirmed(
        self, enrolment: TotpEnrolment, code: str, tenant_id: str, user_id: str, name: str, now_ms: int
    ) -> Authenticator | None:
        """The factor, with the step of this code already used; None for a wrong code."""
        factor = Authenticator(
            tenant_id=tenant_id,
            id=enrolment.factor_id,
            user_id=user_id,
            type=TOTP,
            name=name,
            secret_sealed=self._sealer.seal(enrolment.key, tenant_id, enrolment.factor_id),
            data={LAST_STEP: 0},
            created_at_ms=now_ms,
        )
        step = accepted_step(factor, as_typed(code), enrolment.key_text, now_ms)
        return None if step is None else spent(factor, step, now_ms)


def _over() -> OAuthError:
    return OAuthError("invalid_request", "The page is too old.", check="factor.enrolment")
