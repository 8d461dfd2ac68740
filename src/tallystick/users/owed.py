"""Whether a second factor is owed before somebody counts as signed in, and which ones may be enrolled. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec.structs import replace

from ..tenants.options import FactorPolicy
from .assurance import Assurance, assurance_of
from .authenticator import TOTP, WEBAUTHN
from .enrolled import Enrolled
from .passkey_options import CROSS_PLATFORM, PLATFORM

RECOVERY_CODES = "recovery-code"
"""The tenant's switch for them."""
_TYPES = {"otp": TOTP, "webauthn-platform": WEBAUTHN, "webauthn-roaming": WEBAUTHN}
_ATTACHMENTS = {"webauthn-platform": PLATFORM, "webauthn-roaming": CROSS_PLATFORM}


class Owed(StrEnum):
    """What a person has to do before they are signed in."""

    NONE = "none"
    CHALLENGE = "challenge"
    """Pass a factor that they have."""
    ENROLL = "enroll"
    """Get one, for they have none that would do."""


def what_is_owed(enrolled: Enrolled, policy: FactorPolicy, amr: Sequence[str], demanded: Assurance) -> Owed:
    """What a person owes who has these factors and proved ``amr``; ``demanded`` is what the request still needs.

    Whoever has a factor always passes it, even one of a type that the tenant offers no more: a switch of an
    administrator's must not open the accounts of those who did more than they had to.
    """
    proven, offers = assurance_of(amr), offered(policy)
    if proven < Assurance.TWO_FACTORS and enrolled.factors:
        return Owed.CHALLENGE
    if proven < Assurance.TWO_FACTORS and policy.required:
        return Owed.ENROLL
    if demanded is Assurance.PASSKEY:
        if enrolled.passkeys:
            return Owed.CHALLENGE
        return Owed.ENROLL if WEBAUTHN in offers else Owed.NONE
    return Owed.ENROLL if demanded is Assurance.TWO_FACTORS and offers else Owed.NONE


def offered(policy: FactorPolicy) -> list[str]:
    """The types that people may enrol, of :data:`TOTP` and :data:`WEBAUTHN`.

    A tenant that demands a factor of everybody and offers none would lock everybody out: it offers an app then.
    """
    found = [type for name, type in _TYPES.items() if name in policy.enabled]
    return list(dict.fromkeys(found)) or ([TOTP] if policy.required else [])


def demanding(policy: FactorPolicy) -> FactorPolicy:
    """The policy where a factor is demanded of whoever comes, as a transaction does: what everybody must have then."""
    return replace(policy, required=True)


def may_enroll(policy: FactorPolicy, demanded: Assurance) -> list[str]:
    """The same for a request that asks for so much."""
    offers = offered(policy)
    return [WEBAUTHN] if demanded is Assurance.PASSKEY and WEBAUTHN in offers else offers


def attachments(policy: FactorPolicy) -> list[str]:
    """Which passkeys may be made: in the device itself, and in one that goes along."""
    return [attachment for name, attachment in _ATTACHMENTS.items() if name in policy.enabled]


def gives_recovery_codes(policy: FactorPolicy) -> bool:
    """Whether people get recovery codes with their first factor."""
    return RECOVERY_CODES in policy.enabled
