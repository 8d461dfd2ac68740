"""What was kept last: so many entries and no more, so that nobody can fill the memory with names."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(dict[K, V]):
    """A dict whose entries are kept by :meth:`keep`; the one that was kept longest ago makes room for a new one.

    Reading is a dict's own reading, since the token path does it.
    """

    def __init__(self, entries_max: int) -> None:
        super().__init__()
        self._entries_max = entries_max
        self._weights: dict[K, int] = {}
        self._held = 0

    def keep(self, key: K, value: V, weight: int = 1) -> None:
        """Keep the value, as the newest. A large one may count for several entries."""
        self._forget(key)
        while self and self._held + weight > self._entries_max:
            self._forget(next(iter(self)))
        self[key], self._weights[key] = value, weight
        self._held += weight

    def _forget(self, key: K) -> None:
        if key in self:
            del self[key]
            self._held -= self._weights.pop(key)
