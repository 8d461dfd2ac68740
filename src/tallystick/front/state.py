"""What the connections of one listener share."""

from __future__ import annotations

import asyncio
from weakref import WeakSet

from uvicorn.server import ServerState


class FrontState(ServerState):
    """uvicorn's state, and whether the listener is stopping."""

    def __init__(self) -> None:
        super().__init__()
        self.draining = False
        self.opening: WeakSet[asyncio.Protocol] = WeakSet()
        """Accepted connections whose TLS handshake is not done; one that fails it just goes."""
