"""What a worker is told: its plan first, over a pipe, so that no secret stands in its arguments or environment; later
orders, a byte each; and the pipe's end means stop."""

from __future__ import annotations

import os
import pickle
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, cast

import msgspec
from starlette.types import ASGIApp

from .cname_keys import CnameDomains
from .proxies import Proxies
from .sources import CertificateSource

LENGTH_BYTES = 8
RELOAD_CERTIFICATES = b"c"
"""Order: read the certificates again, now."""
DRAIN = b"d"
"""Order: a stop is coming; say so to whoever asks whether we are ready."""


class OpenedApp(Protocol):
    """An application that is ready.

    It may also have ``async hosts() -> Sequence[str]``, see :func:`hosts_of`, ``drain()``, see :func:`drain`, and be a
    :class:`CnameDomains`.
    """

    asgi: ASGIApp

    async def close(self) -> None:
        """Let go of everything; no request is under way any more."""
        ...


AppFactory = Callable[[Any], Awaitable[OpenedApp]]
"""Opens the application in a worker, from the settings that the plan carries; raises StartupError."""


class WorkerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker serves."""

    factory: str
    """The importable name of an :data:`AppFactory`, as ``package.module:function``."""
    settings: Any
    """What the factory is called with; anything that can be pickled."""
    public: list[int]
    """Descriptors of the listening sockets."""
    mtls: list[int]
    unix: list[int]
    proxies: Proxies | None
    """Whom to believe about clients; None nobody."""
    certificates: CertificateSource | None
    """None serves plain HTTP."""
    status: int
    """Descriptor on which the worker reports."""
    path: list[str]
    """The supervisor's import path."""


def send_plan(plan: WorkerPlan) -> bytes:
    """The plan as it goes over the pipe."""
    content = pickle.dumps(plan)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def receive_plan(pipe: int) -> WorkerPlan:
    """The plan out of the pipe; raises EOFError when the supervisor is gone before it was whole."""
    length = int.from_bytes(read_exactly(pipe, LENGTH_BYTES), "big")
    plan = pickle.loads(read_exactly(pipe, length))  # noqa: S301  # written by the parent process, over a pipe nobody else holds
    if not isinstance(plan, WorkerPlan):
        raise TypeError("not a worker's plan")
    return plan


def read_exactly(pipe: int, size_bytes: int) -> bytes:
    """So many bytes; unbuffered, since a thread goes on reading the pipe."""
    content = b""
    while len(content) < size_bytes:
        piece = os.read(pipe, size_bytes - len(content))
        if not piece:
            raise EOFError
        content += piece
    return content


async def hosts_of(opened: OpenedApp) -> list[str]:
    """The host names that the application serves now, without ports; none when it does not tell."""
    ask = getattr(opened, "hosts", None)
    found: Sequence[str] = await ask() if ask is not None else ()
    return sorted({host.lower() for host in found})


def drain(opened: OpenedApp) -> None:
    """Tell the application that a stop is coming; it serves on, and is no longer ready for more."""
    tell = getattr(opened, "drain", None)
    if tell is not None:
        tell()


def cname_domains_of(opened: OpenedApp) -> CnameDomains | None:
    """The application itself, when it knows the keys of custom domains."""
    return cast("CnameDomains", opened) if hasattr(opened, "cname_key_holds") else None
