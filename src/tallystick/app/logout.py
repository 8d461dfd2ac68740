"""Logout: who ends sessions, and who tells the applications."""

from __future__ import annotations

from ..clients.directory import ClientDirectory
from ..logout.endings import Endings
from ..storage.store import Storage


def endings_of(storage: Storage, clients: ClientDirectory) -> Endings:
    """Who ends sessions."""
    return Endings(storage, clients, storage)
