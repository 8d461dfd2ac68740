"""SIGHUP says two things: an operator wants a reload, or the terminal that `serve` was started in has gone."""

from __future__ import annotations

import os
import signal


class Hangup:
    """Tells the two apart; made at the start, while the terminal is still there."""

    def __init__(self) -> None:
        # Under nohup the signal is ignored: whoever wants that wants to outlive the terminal.
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        self._ends_with_terminal = has_terminal() and not ignored

    def is_of_terminal(self) -> bool:
        """Whether there was a terminal to end with, and it has gone."""
        return self._ends_with_terminal and not has_terminal()


def has_terminal() -> bool:
    """Whether this process has a controlling terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
