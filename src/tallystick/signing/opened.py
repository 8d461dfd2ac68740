"""Keys whose seal was opened: once per kid, off the event loop, and only as long as the kid is in use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ..jose.private_keys import AnyPrivateKey, private_key_from_der
from ..sealing import Sealer
from .key import SigningKey

T = TypeVar("T")


class OpenedKeys(Generic[T]):
    """What ``make`` makes of private keys."""

    def __init__(self, sealer: Sealer, make: Callable[[SigningKey, AnyPrivateKey], T]) -> None:
        self._sealer = sealer
        self._make = make
        self._opened: dict[str, dict[str, T]] = {}
        self._opening = asyncio.Lock()

    def remembered(self, key: SigningKey) -> T | None:
        """What was made of the key, or None when it was not opened yet."""
        return self._opened.get(key.tenant_id, {}).get(key.kid)

    async def open(self, key: SigningKey) -> T:
        """What is made of the key; raises as `sealing` does."""
        if (opened := self.remembered(key)) is not None:
            return opened
        async with self._opening:
            # Others may have waited for the same key.
            if (opened := self.remembered(key)) is None:
                opened = await asyncio.to_thread(self._unseal, key)
                self._opened.setdefault(key.tenant_id, {})[key.kid] = opened
            return opened

    def keep(self, tenant_id: str, keys: Iterable[SigningKey]) -> None:
        """Forget every other key of the tenant."""
        kids = {key.kid for key in keys}
        opened = self._opened.get(tenant_id, {})
        self._opened[tenant_id] = {kid: made for kid, made in opened.items() if kid in kids}

    def _unseal(self, key: SigningKey) -> T:
        der = self._sealer.open(key.private_key_sealed, key.tenant_id, key.kid)
        return self._make(key, private_key_from_der(der))
