"""What the connections of one listener share."""

from __future__ import annotations

import asyncio
from weakref import WeakSet

from uvicorn.server import ServerState

from .proxies import Proxies


class FrontState(ServerState):
    """uvicorn's state, whom we believe, and whether the listener is stopping."""

    def __init__(self, proxies: Proxies | None = None, *, asks_cname_keys: bool = False) -> None:
        super().__init__()
        self.proxies = proxies
        """None believes nobody."""
        self.asks_cname_keys = asks_cname_keys
        """Whether `cname_keys.CnameKeys` stands before the application."""
        self.draining = False
        self.opening: WeakSet[asyncio.Protocol] = WeakSet()
        """Accepted connections whose TLS handshake is not done; one that fails it just goes."""
