"""What an examination yields, and whom it examines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...settings import Settings
from ..remote import Remote

OK, ADVICE, BAD, SKIPPED = "ok", "advice", "bad", "skipped"
"""As it should be; works, but think about it; wrong; not examined from here."""
MARKS = {OK: ("✓", "ok"), ADVICE: ("!", "advice"), BAD: ("✗", "wrong"), SKIPPED: ("-", "skipped")}
"""Each with a word: colour and sign alone tell nothing to a screen reader or in a pipe."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """A stable name for monitoring, such as ``tls.versions``."""
    level: str
    text: str
    advice: str = ""
    """What to do; for everything but ``ok``."""


@dataclass(frozen=True, slots=True)
class Patient:
    """The deployment under examination."""

    remote: Remote
    settings: Settings | None
    """How it was set up, when its configuration is on this machine; else only what shows from outside is examined."""


Examination = Callable[[Patient], Iterator[Finding]]


def away(check: str) -> Finding:
    """What cannot be examined from another machine."""
    return Finding(check, SKIPPED, "not examined", "run doctor on the server's machine, with its --data and --config")
