"""The mailer: takes messages and hands them over in the background, again after a while where it did not work."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address
from email.message import EmailMessage

import structlog

from ..clock import Clock
from ..metrics import MAILS
from .message import Message, Undeliverable, composed
from .transport import NotSent, Transport

PAUSES_S = (2.0, 10.0, 60.0, 300.0, 900.0)
"""Between attempts: about twenty minutes in all. A link in it lives for an hour."""
WAITING_MAX = 1_000
"""More than so many at once are dropped: a mail server that is gone must not fill the memory."""
AT_ONCE_MAX = 4
CLOSE_S = 5.0
"""How long a stop waits for what is under way."""

log = structlog.get_logger("tallystick.mail")


class Mailer:
    """Sends messages by one transport. Messages wait in memory: a stop tries each once more, and then lets it go."""

    def __init__(self, transport: Transport, sender: Address, clock: Clock) -> None:
        self._transport = transport
        self._sender = sender
        self._clock = clock
        self._threads = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="mail")
        self._waiting: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def send(self, message: Message, correlation_id: str = "") -> None:
        """Take a message; what becomes of it is told to the log under the correlation id."""
        if len(self._waiting) >= WAITING_MAX or self._stopping.is_set():
            MAILS.add("dropped")
            log.error("mail was dropped", waiting=len(self._waiting), correlation_id=correlation_id)
            return
        try:
            mail = composed(message, self._sender, self._clock.now_ms())
        except Undeliverable:
            MAILS.add("failed")
            log.warning("mail was not sent", problem="not an address", correlation_id=correlation_id)
            return
        task = asyncio.create_task(self._deliver(mail, correlation_id))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._waiting)

    async def close(self) -> None:
        """Try what waits once more, for a few seconds, and take no more."""
        self._stopping.set()
        if self._waiting:
            _, pending = await asyncio.wait(self._waiting, timeout=CLOSE_S)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _deliver(self, mail: EmailMessage, correlation_id: str) -> None:
        loop = asyncio.get_running_loop()
        for pause_s in (*PAUSES_S, None):
            try:
                await loop.run_in_executor(self._threads, self._transport, mail)
            except NotSent as trouble:
                is_last = trouble.is_final or pause_s is None or self._stopping.is_set()
                MAILS.add("failed" if is_last else "tried again")
                tell = log.error if is_last else log.warning
                outcome = "mail was not sent" if is_last else "mail is tried again"
                tell(outcome, problem=str(trouble), correlation_id=correlation_id)
                if is_last:
                    return
                await self._pause(pause_s or 0.0)
            else:
                MAILS.add("sent")
                log.info("mail was sent", correlation_id=correlation_id)
                return

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass
