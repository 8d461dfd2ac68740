"""A server under test: started on one core of its own, its processor time readable, ended with all its children."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A command in a process group of its own, pinned to `core`; its output goes to `log`."""

    def __init__(self, command: list[str], *, core: int, log: Path, env: dict[str, str] | None = None) -> None:
        self._name = " ".join(command)
        self._log = log
        with log.open("wb") as out:
            self._popen = subprocess.Popen(
                ["taskset", "--cpu-list", str(core), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=os.environ | (env or {}),
                start_new_session=True,
            )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *error: object) -> None:
        for number, patience_s in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(patience_s)
                return

    def wait_for(self, url: str, *, timeout_s: float = 60) -> None:
        """Return when `url` answers 200. Raises RuntimeError with the log when the process ends before that."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self._popen.poll() is None:
            # A refused connection and an answer like 503 are both an OSError here.
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).close()
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self._name} did not get ready:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The last that the process has said."""
        return self._log.read_text(errors="replace")[-3000:]

    def send_signal(self, number: signal.Signals) -> None:
        """Send `number` to every process of the group."""
        os.killpg(self._popen.pid, number)

    def cpu_s(self) -> float:
        """The processor time that the whole group has used so far, in seconds (in steps of a clock tick)."""
        ticks = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    # Fields after the parenthesised name: state, ppid, pgrp, ..., utime (11th), stime (12th).
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[2]) == self._popen.pid:
                        ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_S
