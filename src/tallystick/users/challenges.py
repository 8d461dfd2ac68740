"""Challenges for passkeys: random, ours, for one browser and one thing to do, good once and for five minutes.

WebAuthn 13.4.3 wants a challenge to be random and to have come from us. So a challenge says when it was made, and
carries a keyed hash over that, its random part, and what it is for. Nothing is written when a page is shown, only when
a challenge has done its work: then it is spent, in every worker and for as long as it would hold.
"""

from __future__ import annotations

import re
import secrets

from ..errors import OAuthError
from ..handles import HandleHasher
from ..onetime import OneTimeStore, OneTimeValue

CHALLENGE_LIFE_MS = 300_000
PURPOSE = "passkey challenge"
_FORM = re.compile(rb"(\d{13,16})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})")


class Challenges:
    """Makes challenges, recognises and spends them."""

    def __init__(self, handles: HandleHasher, one_time: OneTimeStore) -> None:
        self._handles = handles
        self._one_time = one_time

    def new(self, tenant_id: str, bound_to: tuple[str, ...], now_ms: int) -> bytes:
        """A challenge; ``bound_to`` says for which act of which browser, and must be said again to recognise it."""
        nonce, issued_at_ms = secrets.token_urlsafe(32), str(now_ms)
        digest = self._handles.digest(PURPOSE, tenant_id, issued_at_ms, nonce, *bound_to)
        return f"{issued_at_ms}.{nonce}.{digest}".encode("ascii")

    def recognised(self, tenant_id: str, challenge: bytes, bound_to: tuple[str, ...], now_ms: int) -> OneTimeValue:
        """What to spend once everything else held; raises OAuthError for a challenge that is not ours, or too old."""
        match = _FORM.fullmatch(challenge)
        if match is None:
            raise refused("passkey.challenge")
        issued_at_ms, nonce, digest = (part.decode("ascii") for part in match.groups())
        if not self._handles.matches(digest, PURPOSE, tenant_id, issued_at_ms, nonce, *bound_to):
            raise refused("passkey.challenge")
        expires_at_ms = int(issued_at_ms) + CHALLENGE_LIFE_MS
        if now_ms >= expires_at_ms:
            raise refused("passkey.challenge_expired")
        return OneTimeValue(
            tenant_id=tenant_id,
            purpose=PURPOSE,
            subject="",
            value=nonce,
            expires_at_ms=expires_at_ms,
            issued_at_ms=int(issued_at_ms),
        )

    async def spend(self, value: OneTimeValue) -> None:
        """Use it up; raises OAuthError for one that was used before."""
        if not await self._one_time.spend(value):
            raise refused("passkey.challenge_used")


def refused(check: str, **evidence: object) -> OAuthError:
    """The refusal of a passkey, in the dull voice; ``check`` is for the log."""
    return OAuthError("access_denied", "The passkey was not accepted.", check=check, **evidence)
