"""How many requests one client may push: each is a row that stays for an hour, whether anybody comes for it or not.

Only a client that proved itself fills its own bucket, so nobody can lock another out. The bounds are far above what
people can keep up with; they stop a program that pushes in a loop before the disk does.
"""

from __future__ import annotations

from ..errors import OAuthError
from .buckets import Buckets

BURST = 3_000
PER_S = 30


class PushedRoom:
    """Lets pushes in, client by client."""

    def __init__(self) -> None:
        self._buckets = Buckets()

    def admit(self, tenant_id: str, client_id: str, now_ms: int) -> None:
        """Count one more; raises OAuthError where there were too many."""
        if self._buckets.overflows((tenant_id, client_id), now_ms, burst=BURST, per_s=PER_S):
            # RFC 9126 2.3.
            raise OAuthError(
                "temporarily_unavailable",
                "This application pushes more requests than are answered. Try again in a moment.",
                check="pushed.too_many",
            ).answered_with(429)
