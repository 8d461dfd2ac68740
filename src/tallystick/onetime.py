"""One-time values: what may be spent once, such as an assertion's `jti`, and the store that spends it.

A value is spent *last*, after everything else held, by one atomic insert. The key names tenant, purpose and
subject, so that no stranger can burn another's value (attacks.md 3, CVE-2026-4325).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol

import msgspec

from .clock import Clock

LIFE_MS_MAX = 600_000
"""How long what is spent once lives, the skew of clocks included, unless the value says more."""
LONG_LIFE_MS_MAX = 8_000_000
"""Nothing that is spent once lives longer, whatever it is."""


class OneTimeValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a successful request spends."""

    tenant_id: str
    purpose: str
    """What the value is for, such as ``client_assertion``; keeps uses of equal text apart."""
    subject: str
    """Whose value it is: the ``client_id``; for DPoP proofs the ``jkt``."""
    value: str
    expires_at_ms: int
    """When the bearer of this value is refused for its age alone, so that the row may go."""
    issued_at_ms: int | None = None
    """When its bearer says it was made; not part of the key."""
    life_ms_max: int = LIFE_MS_MAX
    """From when anybody can show such a value first until it can be spent last, :data:`LONG_LIFE_MS_MAX` at most;
    not part of the key."""

    def key(self) -> bytes:
        """32 bytes that stand for all four parts; each with its length, so that none can slide into the next."""
        digest = sha256()
        for part in (self.tenant_id, self.purpose, self.subject, self.value):
            # A `jti` may hold lone surrogates (JSON escapes them): spend them like any other text.
            encoded = part.encode(errors="surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big"))
            digest.update(encoded)
        return digest.digest()


class OneTimeStore(Protocol):
    """Spends one-time values. Spending survives a restart and holds across processes and nodes."""

    async def spend(self, value: OneTimeValue) -> bool:
        """True for exactly one caller per value, ever; durable before it returns."""
        ...


class OneTimeLook(Protocol):
    """Looks whether a value was spent, for people who ask why; no decision rests on it, and nothing is spent."""

    async def is_spent(self, value: OneTimeValue) -> bool:
        """Whether somebody spent it and it is still remembered."""
        ...


RESTORED_FACT = "restored"
"""The fact of the deployment that its database came from a backup: when it was first started since, in ms since the
epoch as text; empty until then."""
AHEAD_MS_MAX = 10_000
"""How far ahead of ours the clock of a bearer may be."""


class Fence:
    """Closes what a restore opens: values that were spent after the backup, and of which the database knows nothing.

    Whatever is shown within the longest life of its kind after the restart must say that it was made since; nobody who
    only caught it can say so for its owner. What says nothing about its time, or is older, counts as spent.
    """

    def __init__(self, store: OneTimeStore, clock: Clock, restarted_at_ms: int) -> None:
        self._store = store
        self._clock = clock
        self._restarted_at_ms = restarted_at_ms

    async def spend(self, value: OneTimeValue) -> bool:
        """As the store does, and False for what may have been spent before."""
        return False if self.closes(value) else await self._store.spend(value)

    def closes(self, value: OneTimeValue) -> bool:
        """Whether the value may have been spent before the restart, for all that is known."""
        since_ms = self._clock.now_ms() - self._restarted_at_ms
        issued_at_ms = value.issued_at_ms if value.issued_at_ms is not None else 0
        return since_ms < value.life_ms_max and issued_at_ms < self._restarted_at_ms + AHEAD_MS_MAX


class FencedLook:
    """Looks as the fence decides."""

    def __init__(self, fence: Fence, look: OneTimeLook) -> None:
        self._fence = fence
        self._look = look

    async def is_spent(self, value: OneTimeValue) -> bool:
        """What the fence closes counts as spent."""
        return self._fence.closes(value) or await self._look.is_spent(value)


def look_at(store: OneTimeStore, look: OneTimeLook) -> OneTimeLook:
    """How to look at what ``store`` spends, where ``look`` sees its database."""
    return FencedLook(store, look) if isinstance(store, Fence) else look


def fenced(store: OneTimeStore, clock: Clock, restored: bytes | None) -> OneTimeStore:
    """The store, behind a fence while the deployment's :data:`RESTORED_FACT` demands one."""
    if restored is None:
        return store
    restarted_at_ms = int(restored) if restored else clock.now_ms()
    over = clock.now_ms() - restarted_at_ms >= LONG_LIFE_MS_MAX
    return store if over else Fence(store, clock, restarted_at_ms)
