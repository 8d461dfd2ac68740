"""What people read when a factor was not accepted: section of the catalogue by check. The log has the exact reason."""

from __future__ import annotations

from ...errors import Refused

_WORDS = {
    "factor.code": "code",
    "factor.recovery_code": "recovery_code",
    "factor.blocked": "blocked",
    "factor.enrolment": "too_old",
    "factor.last": "last",
    "factor.count": "too_many",
    "factor.exists": "gone",
    "factor.none": "gone",
    "password.wrong": "password",
    "password.account_attempts": "password_attempts",
    "password.address_attempts": "password_attempts",
    "passkey.challenge_expired": "too_late",
    "factor.registered": "registered",
    "passkey.site": "site",
    "passkey.user_verification": "user_verification",
}
"""Every other ``passkey.…`` has the general words."""


def words_of(refusal: Refused) -> str:
    """The key below ``factor.problem``; raises the refusal itself when it is none of a factor's."""
    if refusal.check in _WORDS:
        return _WORDS[refusal.check]
    if refusal.check.startswith("passkey.") and refusal.check != "passkey.blocked":
        return "passkey"
    raise refusal
