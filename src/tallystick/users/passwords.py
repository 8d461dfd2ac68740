"""People's passwords: slow to guess, never readable (OWASP Password Storage; RFC 9106 4, second recommended option).

A guess costs this server as much as it costs a thief, so the work is bounded: off the event loop, few at a time, and a
short queue. Whoever comes when the queue is full is told to come back.
"""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import Parameters, PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from ..errors import OAuthError
from .password_formats import holds, is_current

T = TypeVar("T")

PARAMETERS = RFC_9106_LOW_MEMORY
"""argon2id, 64 MiB, three passes. Hashes with other parameters are made anew at the next sign-in."""
PASSWORD_CHARS_MAX = 1_000
"""Far more than anybody types; a bound so that nobody sends a book."""
GENERATED_CHARS = 24
"""142 random bits."""
AT_ONCE = 2
"""Hashes computed at a time in one worker: each holds 64 MiB."""
QUEUE_MAX = 40
"""Hashes that may wait: two seconds or so of work."""


def generate_password() -> str:
    """A password for an account that a program makes."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(GENERATED_CHARS))


def hash_password(password: str) -> str:
    """The argon2id hash. Takes tens of milliseconds and 64 MiB: never on the event loop of a worker."""
    return _hasher(PARAMETERS).hash(password.encode("utf-8", "surrogatepass"))


class Passwords:
    """Hashes and verifies off the event loop, within the bounds of a worker."""

    def __init__(self, parameters: Parameters | None = None) -> None:
        """``parameters``: of hashes made from now on."""
        self._parameters = parameters or PARAMETERS
        self._hasher = _hasher(self._parameters)
        self._decoy = _decoy(self._parameters)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The argon2id hash. Raises OAuthError ``temporarily_unavailable`` when too many wait."""
        return await self._work(lambda: self._hasher.hash(password.encode("utf-8", "surrogatepass")))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether this is the password. None, for an account without one or that does not exist, is as much work.

        (A hash from elsewhere takes the time of its own form until its owner signs in for the first time.)
        """
        return await self._work(lambda: holds(encoded or self._decoy, password)) and encoded is not None

    def is_current(self, encoded: str) -> bool:
        """Whether it was made with the parameters of today; otherwise make it anew while the password is at hand."""
        return is_current(encoded, self._parameters)

    def close(self) -> None:
        """Let go of the threads once they are done."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _work(self, work: Callable[[], T]) -> T:
        if self._waiting >= AT_ONCE + QUEUE_MAX:
            raise OAuthError(
                "temporarily_unavailable", "The server is busy: try again in a moment.", check="password.busy"
            )
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        # Whoever stops waiting leaves the work behind: it counts until it is done.
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[T]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()


def _hasher(parameters: Parameters) -> PasswordHasher:
    return PasswordHasher.from_parameters(parameters)


def _decoy(parameters: Parameters) -> str:
    """A hash that nothing has, as much work as any other: what a guess at a missing account is compared with."""
    salt, digest = "A" * 22, "A" * 43  # 16 and 32 bytes of zero
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${salt}${digest}"
