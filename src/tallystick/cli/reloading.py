"""What a reload brings: the configuration file read again, under the options and the environment of the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..settings import Reloaded, Settings, reloaded

if TYPE_CHECKING:
    from ..front.crew import NextPlan
    from ..front.listeners import Listeners


class Rereading:
    """Gives the plan that the files ask for now; raises StartupError with one clear line."""

    def __init__(self, current: Settings, reread: Callable[[], Settings], listeners: Listeners) -> None:
        """``current`` as it was given: a port 0 that was bound to some port still is 0."""
        self._current = current
        self._reread = reread
        self._listeners = listeners

    def __call__(self) -> NextPlan:
        from ..front.crew import NextPlan
        from .serve import plan_of

        found = reloaded(self._current, self._reread())
        bound = found.settings.bound(self._listeners.port, self._listeners.mtls_port)
        return NextPlan(
            plan=plan_of(bound, self._listeners),
            changed=found.changed,
            needs_restart=found.needs_restart,
            applied=lambda: self._applied(found),
        )

    def _applied(self, found: Reloaded) -> None:
        from ..logs import configure_logs

        self._current = found.settings
        configure_logs(found.settings.log_level)
