"""Whether a password may be set: the tenant's rules, and the list of passwords that others know already."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from msgspec.structs import replace

from ..errors import InvalidField
from ..events import Event, EventLog, EventType
from ..tenants.options import Options
from ..tenants.registry import Log
from ..tenants.tenant import Tenant

Stage = Literal["sign_up", "change"]


class _Said(NamedTuple):
    check: str
    sentence: str


_REASONS = {
    "too_short": _Said("password.too_short", "The password is too short"),
    "too_plain": _Said("password.too_plain", "The password needs more kinds of characters"),
    "repeating": _Said("password.repeating", "The password repeats a character too often in a row"),
    "listed": _Said("password.listed", "The password is one of those that are not taken"),
    "personal": _Said("password.personal", "The password holds a part of the person's name or address"),
    "breached": _Said("password.breached", "The password is on a list of passwords that others know"),
}
"""Why a password is not taken: the check, and what its owner reads."""


class PasswordNotTaken(InvalidField):
    """The password may not be set; ``reason`` is one of those above, for pages that say it in their own words."""

    def __init__(self, reason: str) -> None:
        said = _REASONS[reason]
        super().__init__("password", said.sentence, check=said.check)
        self.reason = reason


class KnownPasswords(Protocol):
    """Passwords that others know."""

    async def contains(self, password: str) -> bool:
        """Whether this is one of them."""
        ...


class PasswordPolicy:
    """Decides about new passwords."""

    def __init__(self, options: Options, known: KnownPasswords, log: EventLog) -> None:
        self._options = options
        self._known = known
        self._log = log

    async def check(
        self, tenant: Tenant, password: str, personal: tuple[str | None, ...], stage: Stage, log: Log
    ) -> None:
        """Raises :class:`PasswordNotTaken`. ``log`` makes the row that tells of a known password."""
        options = await self._options.of(tenant.tenant_id)
        broken = options.connection.password_rules.broken_by(password, personal)
        if broken is not None:
            raise PasswordNotTaken(broken)
        if not options.breached.enabled or not await self._known.contains(password):
            return
        blocks = options.breached.blocks_sign_up if stage == "sign_up" else options.breached.blocks_change
        await self._log.record(breached_row(log("A breached password was given", stage=stage, refused=blocks)))
        if blocks:
            raise PasswordNotTaken("breached")


def breached_row(event: Event) -> Event:
    """The event as a row of type ``pwd_leak``."""
    return replace(event, type=EventType.BREACHED_PASSWORD)
