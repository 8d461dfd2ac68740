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

    def keep(self, key: K, value: V) -> None:
        """Keep the value, as the newest."""
        self.pop(key, None)
        if len(self) >= self._entries_max:
            del self[next(iter(self))]
        self[key] = value
