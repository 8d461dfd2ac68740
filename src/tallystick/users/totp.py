"""Codes of an authenticator app: a shared key and the time make six digits (RFC 6238 over RFC 4226).

A code holds for the 30 seconds of its step and, since clocks differ, for the step before and after (RFC 6238 5.2). Each
step is good for one success ever: whoever saw a code in use cannot use it again. How often may be guessed is counted in
`users.factor_attempts`.
"""

from __future__ import annotations

import hmac
from base64 import b32encode

import pyotp
from msgspec.structs import replace

from ..sealing import Sealer
from .authenticator import Authenticator

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
ISSUER_CHARS_MAX = 40
"""Of a tenant's name: it stands twice in a QR code, which holds some two thousand bytes, and apps show less."""
KEY_BYTES = 20
"""RFC 4226 4, R6: 160 bits are recommended."""
LAST_STEP = "last_step"


def key_text(authenticator: Authenticator, sealer: Sealer) -> str:
    """The key in Base32, for the person to type; raises SealBroken."""
    if authenticator.secret_sealed is None:
        raise ValueError("an authenticator app has a key")
    return b32encode(sealer.open(authenticator.secret_sealed, authenticator.tenant_id, authenticator.id)).decode()


def provisioning_uri(key: str, account: str, issuer: str) -> str:
    """What the QR code says (the *Key URI Format* that authenticator apps read)."""
    # The label is `issuer:account`: a colon of either's own would be taken for the one between.
    return pyotp.TOTP(key).provisioning_uri(
        name=account.replace(":", "_"), issuer_name=issuer.replace(":", " ").strip()[:ISSUER_CHARS_MAX].strip()
    )


def accepted_step(authenticator: Authenticator, code: str, key: str, now_ms: int) -> int | None:
    """The step whose code this is, if no success used it or a later one; None refuses. Equal work for every code."""
    now_step = now_ms // 1000 // STEP_S
    totp = pyotp.TOTP(key, digits=DIGITS, interval=STEP_S)
    candidates = range(max(now_step - DRIFT_STEPS, 0), now_step + DRIFT_STEPS + 1)
    given = code.encode("utf-8", "surrogatepass")
    equal = [step for step in candidates if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
    unused = [step for step in equal if step > int(authenticator.data.get(LAST_STEP, 0))]
    return min(unused, default=None)


def spent(authenticator: Authenticator, step: int, now_ms: int) -> Authenticator:
    """The authenticator after a success: confirmed, and with nothing to win from this step or an earlier one."""
    data = {**authenticator.data, LAST_STEP: step}
    return replace(authenticator, is_confirmed=True, data=data, last_used_at_ms=now_ms)


def as_typed(text: str) -> str:
    """A code without the spaces and dashes that people and apps group it by."""
    return "".join(char for char in text[:64] if char not in " \t -")
