"""From a host name to addresses, for the guarded client: the system's way, or by the operator's DNS server."""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from .lookup import Lookup, LookupFailed
from .system_names import SystemNames

_LOOPBACK = ("127.0.0.1", "::1")


class Names(AbstractResolver):
    """Resolves without remembering: each connection asks anew, and its address is judged when it is dialled."""

    def __init__(self, lookup: Lookup | None) -> None:
        """``lookup`` None: the system's way, with its hosts file."""
        self._lookup = lookup
        self._system = SystemNames()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Every address of ``host``. Raises OSError."""
        return [_result(host, port, address) for address in dict.fromkeys(await self._addresses(host, port, family))]

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _addresses(self, host: str, port: int, family: int) -> list[str]:
        # RFC 6761 6.3: this name is never asked for.
        if host.lower().rstrip(".") == "localhost":
            return list(_LOOPBACK)
        if self._lookup is not None:
            try:
                return list(await self._lookup.addresses(host.rstrip(".")))
            except LookupFailed as failure:
                raise OSError(str(failure)) from None
        return await self._system.addresses(host, port, family)


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
