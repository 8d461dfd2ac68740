"""A worker process, as its supervisor has it: started, told, ended."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ..errors import StartupError
from .plan import WorkerPlan, send_plan
from .serve_plan import ServePlan
from .worker import Status


class WorkerProcess:
    """One worker process and what it has reported."""

    def __init__(self, process: asyncio.subprocess.Process, status: asyncio.StreamReader) -> None:
        self._process = process
        self._status = status
        self.started_at = asyncio.get_running_loop().time()

    async def ready(self) -> None:
        """Wait until it serves; raises :class:`StartupError` with its one line, or when it dies before."""
        line = await self._status.readline()
        if not line:
            code = await self._process.wait()
            raise StartupError(f"a worker ended before it was ready (status {code})")
        error = msgspec.json.decode(line, type=Status).error
        if error is not None:
            raise StartupError(error)

    def tell(self, content: bytes) -> None:
        """What `plan` has for it: the plan itself first, then orders."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(content)

    @property
    def pid(self) -> int:
        """The process, as the system knows it."""
        return self._process.pid

    async def ended(self) -> int:
        """Wait until it is gone; its status."""
        return await self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def stop(self) -> None:
        """Tell it to finish: the end of its input says so."""
        if self._process.stdin is not None:
            self._process.stdin.close()


async def spawn(plan: ServePlan, environment: Mapping[str, str]) -> WorkerProcess:
    """Start a worker and tell it its plan; ``environment`` comes on top of this process's own."""
    listeners = plan.listeners
    status_read, status_write = os.pipe()
    try:
        told = WorkerPlan(
            factory=plan.factory,
            settings=plan.settings,
            public=[listening.fileno() for listening in listeners.public],
            mtls=[listening.fileno() for listening in listeners.mtls],
            unix=[listeners.unix.socket.fileno()] if listeners.unix is not None else [],
            proxies=plan.proxies,
            certificates=plan.certificates,
            status=status_write,
            path=import_path(),
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "tallystick.front.worker",
            stdin=asyncio.subprocess.PIPE,
            pass_fds=[status_write, *told.public, *told.mtls, *told.unix],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )
    except BaseException:
        os.close(status_read)
        raise
    finally:
        os.close(status_write)
    worker = WorkerProcess(process, await open_reader(status_read))
    worker.tell(send_plan(told))
    return worker


def import_path() -> list[str]:
    """Where this process imports from, whatever directory another one starts in."""
    return [str(Path(entry).absolute()) for entry in sys.path]


async def open_reader(descriptor: int) -> asyncio.StreamReader:
    """A stream over a pipe's reading end."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb"))
    return reader
