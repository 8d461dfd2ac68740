"""The waiting room: how many requests of one address may begin to wait for a person.

Each is a row of some kilobytes that stays for an hour, and whoever sends one need not be known. The count is kept in
memory by each worker, for nothing depends on its being exact: a database that counted would write as much as it spares.
The tenant's switch and its list of addresses are those for attempts at passwords (``suspicious-ip-throttling``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..errors import OAuthError
from ..tenants.options import AddressThrottling
from ..users.throttle import is_allowed, place_of
from .buckets import Buckets

BURST = 600
"""So many at once: a whole office that comes to work."""
PER_S = 10
"""So many more in each second after that."""


class WaitingRoom:
    """Lets requests in, address by address."""

    def __init__(self, throttling: Callable[[str], Awaitable[AddressThrottling]]) -> None:
        self._throttling = throttling
        self._buckets = Buckets()

    async def admit(self, tenant_id: str, ip: str, now_ms: int) -> None:
        """Count one more; raises OAuthError where there were too many."""
        throttling = await self._throttling(tenant_id)
        if not (throttling.enabled and throttling.blocks) or is_allowed(ip, throttling.allowlist):
            return
        if self._buckets.overflows((tenant_id, place_of(ip)), now_ms, burst=BURST, per_s=PER_S):
            raise OAuthError(
                "temporarily_unavailable",
                "Too many sign-ins were begun from here. Try again in a moment.",
                check="pending.too_many",
            )
