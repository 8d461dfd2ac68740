"""What a person has enrolled that works: the factors, and the recovery codes that stand in for one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .authenticator import RECOVERY_CODE, TOTP, WEBAUTHN, Authenticator


class Enrolled(msgspec.Struct, frozen=True):
    """Confirmed factors alone; what was never confirmed opens nothing and is none."""

    totp: tuple[Authenticator, ...] = ()
    passkeys: tuple[Authenticator, ...] = ()
    recovery_codes: Authenticator | None = None
    """They stand in for a factor, and are none by themselves."""

    @property
    def factors(self) -> tuple[Authenticator, ...]:
        """Every factor: authenticator apps, then passkeys."""
        return (*self.totp, *self.passkeys)

    def passkeys_of(self, rp_id: str) -> tuple[Authenticator, ...]:
        """Those that answer at this site."""
        return tuple(one for one in self.passkeys if rp_id and one.data.get("rp_id") == rp_id)


def sorted_out(found: Iterable[Authenticator]) -> Enrolled:
    """What of these records of one person works."""
    works = [one for one in found if one.is_confirmed]
    return Enrolled(
        totp=tuple(one for one in works if one.type == TOTP),
        passkeys=tuple(one for one in works if one.type == WEBAUTHN),
        recovery_codes=next((one for one in works if one.type == RECOVERY_CODE), None),
    )
