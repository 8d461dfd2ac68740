"""Addresses by the system's own way, which may block for as long as somebody's name server likes.

Not by the loop's ``getaddrinfo``: two names that never answer fill the threads it has for that, and then nobody's name
is found, the database's neither. Here each question has a thread of its own, which nobody waits for at the end.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from threading import Thread

AT_ONCE_MAX = 100
"""Questions under way; whoever comes then is refused. `flights` bounds those of one tenant."""


class SystemNames:
    """Asks the system."""

    def __init__(self) -> None:
        self._under_way = 0

    async def addresses(self, host: str, port: int, family: int) -> list[str]:
        """Every address of ``host``. Raises OSError. Whoever stops waiting leaves the thread to its end."""
        if self._under_way >= AT_ONCE_MAX:
            raise OSError("Too many names are being asked for.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def settle(found: list[str], trouble: OSError | None) -> None:
            self._under_way -= 1
            if answer.done():
                return
            if trouble is None:
                answer.set_result(found)
            else:
                answer.set_exception(trouble)

        def ask() -> None:
            found, trouble = _ask(host, port, family)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, found, trouble)

        self._under_way += 1
        Thread(target=ask, name="names", daemon=True).start()
        return await answer


def _ask(host: str, port: int, family: int) -> tuple[list[str], OSError | None]:
    try:
        return [str(row[4][0]) for row in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)], None
    except OSError as problem:
        return [], problem
    except ValueError:  # a name that IDNA does not allow
        return [], OSError("This is not a name.")
