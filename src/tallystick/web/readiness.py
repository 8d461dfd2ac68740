"""Whether a worker is ready for requests: what a load balancer asks before it sends any."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog

from ..errors import Unavailable

Check = Callable[[], Awaitable[bool]]
STOPPING = "stopping"

log = structlog.get_logger("tallystick.web")


class Readiness:
    """Makes its checks in their order; a stop that is coming counts as one that fails."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._draining = False
        self._failing = ""

    def drain(self) -> None:
        """A stop is coming: not ready from now on, whatever else holds."""
        self._draining = True

    async def __call__(self) -> str:
        """The name of the first check that fails; empty when ready."""
        failing, reason = await self._first_failing()
        if failing != self._failing:
            # Once per change: load balancers ask every second.
            log.warning("not ready" if failing else "ready again", failing=failing, reason=reason)
            self._failing = failing
        return failing

    async def _first_failing(self) -> tuple[str, str]:
        if self._draining:
            return STOPPING, ""
        for name, check in self._checks.items():
            try:
                if not await check():
                    return name, ""
            except Unavailable as error:
                return name, str(error)
            except Exception as error:
                return name, repr(error)
        return "", ""
