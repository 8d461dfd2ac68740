"""The factors of a person: which they have, and whether one is owed before somebody counts as signed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from ..live import LiveRecords
from ..tenants.tenant import Tenant
from .assurance import Assurance, assurance_of, needs
from .authenticator import RECOVERY_CODE, TOTP, WEBAUTHN, Authenticator
from .user import User


class Owed(StrEnum):
    """What a person has to do before they are signed in."""

    NONE = "none"
    CHALLENGE = "challenge"
    """Pass a factor that they have."""
    ENROLL = "enroll"
    """Get one, for they have none that would do."""


class Enrolled(msgspec.Struct, frozen=True):
    """What a person has that works: confirmed factors."""

    totp: tuple[Authenticator, ...] = ()
    passkeys: tuple[Authenticator, ...] = ()
    recovery_codes: Authenticator | None = None
    """They stand in for a factor, and are none by themselves."""

    @property
    def factors(self) -> tuple[Authenticator, ...]:
        """Every factor, in the order of the table."""
        return (*self.totp, *self.passkeys)


class FactorPolicy(Protocol):
    """What a tenant wants of second factors."""

    @property
    def all_applications(self) -> bool:
        """Whether everybody must have one (guardian policy ``all-applications``)."""
        ...

    @property
    def offered(self) -> Collection[str]:
        """The types that people may enrol: of :data:`TOTP`, :data:`WEBAUTHN`."""
        ...


class Factors:
    """Reads and changes the factors of people."""

    def __init__(self, live: LiveRecords) -> None:
        self._live = live

    async def enrolled(self, tenant: Tenant, user_id: str) -> Enrolled:
        """What the person has that works."""
        found = await self._live.find(Authenticator, tenant.tenant_id, where={"user_id": user_id})
        return sorted_out(found)

    async def owed(
        self,
        tenant: Tenant,
        user: User,
        policy: FactorPolicy,
        *,
        amr: Sequence[str] = (),
        requested: Sequence[str] = (),
        tenant_values: Collection[str] = (),
    ) -> Owed:
        """What the person owes who proved ``amr``, for a request that asks for these ``acr`` values."""
        demanded = needs(requested, amr, tenant_values)
        if demanded is Assurance.NONE and assurance_of(amr) >= Assurance.TWO_FACTORS:
            return Owed.NONE
        return what_is_owed(await self.enrolled(tenant, user.user_id), policy, amr, demanded)


def sorted_out(found: Iterable[Authenticator]) -> Enrolled:
    """What of these records works."""
    works = [one for one in found if one.is_confirmed]
    return Enrolled(
        totp=tuple(one for one in works if one.type == TOTP),
        passkeys=tuple(one for one in works if one.type == WEBAUTHN),
        recovery_codes=next((one for one in works if one.type == RECOVERY_CODE), None),
    )


def what_is_owed(enrolled: Enrolled, policy: FactorPolicy, amr: Sequence[str], demanded: Assurance) -> Owed:
    """What a person owes who has these factors and proved ``amr``; ``demanded`` is what the request still needs.

    Whoever has a factor always passes it, even one of a type that the tenant offers no more: a switch of an
    administrator's must not open the accounts of those who did more than they had to.
    """
    proven = assurance_of(amr)
    if proven < Assurance.TWO_FACTORS and enrolled.factors:
        return Owed.CHALLENGE
    if proven < Assurance.TWO_FACTORS and policy.all_applications:
        return Owed.ENROLL
    if demanded is Assurance.PASSKEY:
        if enrolled.passkeys:
            return Owed.CHALLENGE
        return Owed.ENROLL if WEBAUTHN in policy.offered else Owed.NONE
    return Owed.ENROLL if demanded is Assurance.TWO_FACTORS and policy.offered else Owed.NONE


def may_enroll(policy: FactorPolicy, owed: Owed, demanded: Assurance) -> Sequence[str]:
    """The types to offer to somebody who must enrol.

    A tenant that demands a factor and offers none would lock everybody out; an authenticator app is offered then.
    """
    if demanded is Assurance.PASSKEY:
        return (WEBAUTHN,)
    return [kind for kind in (TOTP, WEBAUTHN) if kind in policy.offered] or ((TOTP,) if owed is Owed.ENROLL else ())
