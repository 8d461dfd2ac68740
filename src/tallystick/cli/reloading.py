"""What a reload brings: the configuration file read again, under the options and the environment of the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..settings import Reloaded, Settings, reloaded

if TYPE_CHECKING:
    from ..front.serve_plan import NextPlan, ServePlan


class Rereading:
    """Gives the plan that the files ask for now; raises StartupError with one clear line."""

    def __init__(self, current: Settings, reread: Callable[[], Settings], plan: ServePlan) -> None:
        """``current`` as it was given: a port 0 that was bound to some port still is 0. ``plan`` is in force."""
        self._current = current
        self._reread = reread
        self._plan = plan

    def __call__(self) -> NextPlan:
        from ..front.serve_plan import NextPlan
        from .serve import plan_of

        found = reloaded(self._current, self._reread())
        listeners = self._plan.listeners
        plan = plan_of(found.settings.bound(listeners.port, listeners.mtls_port), listeners)
        changed = found.changed
        if plan.proxies != self._plan.proxies and not any(name.startswith("proxy_") for name in changed):
            # The file has other certificates now than when it was read.
            changed = (*changed, "proxy_certificate")
        return NextPlan(
            plan=plan,
            changed=changed,
            needs_restart=found.needs_restart,
            applied=lambda: self._applied(found, plan),
        )

    def _applied(self, found: Reloaded, plan: ServePlan) -> None:
        from ..logs import configure_logs

        self._current, self._plan = found.settings, plan
        configure_logs(found.settings.log_level)
