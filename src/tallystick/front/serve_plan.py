"""What a supervisor is told: the plan to serve by, and at a reload the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .listeners import Listeners
from .proxies import Proxies
from .sources import CertificateSource


class ServePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to serve, on what, with how many workers."""

    factory: str
    """``package.module:function``, an async function from settings to an opened application."""
    settings: Any
    listeners: Listeners
    certificates: CertificateSource | None
    """None serves plain HTTP."""
    proxies: Proxies | None = None
    """Whom to believe about clients; None nobody."""
    workers: int = 1
    metrics_port: int = 0
    drain_s: int = 0
    """How long a stop is announced on ``/readyz`` before it begins."""


Reread = Callable[[], "NextPlan"]
"""Reads the configuration again; raises :class:`StartupError` with one clear line."""


class NextPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a reload is to bring."""

    plan: ServePlan
    changed: tuple[str, ...]
    """The settings that the plan has otherwise than the one before; without any, the workers stay."""
    needs_restart: tuple[str, ...]
    """Those that were changed and that only a restart can apply."""
    applied: Callable[[], None]
    """Called once the plan is in force."""
