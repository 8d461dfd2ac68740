"""Is it there, does it say who it is, is it ready, and what time does it have?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from .finding import ADVICE, BAD, OK, Finding, Patient

CLOCK_ADVICE_S, CLOCK_BAD_S = 2, 10
"""Assertions are accepted with ten seconds of skew; ours may not use it up alone."""


def examine(patient: Patient) -> Iterator[Finding]:
    """Discovery, readiness and the clock."""
    remote = patient.remote
    yield Finding("reach.discovery", OK, f"{remote.issuer} answers, and names itself so")
    answer = remote.get("readyz")
    if answer.status_code == 200:
        yield Finding("reach.ready", OK, "ready: the database answers and is migrated, the keys are loaded")
    else:
        yield Finding(
            "reach.ready", BAD, f"/readyz answers {answer.status_code}", "look at the server's log; is the database up?"
        )
    yield _clock(answer.headers.get("date", ""))


def _clock(date: str) -> Finding:
    try:
        ahead_s = parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return Finding("reach.clock", ADVICE, "the server tells no date", "does a proxy take the Date header away?")
    # The header counts whole seconds, and was written some time ago.
    off_s = max(0.0, abs(ahead_s + 0.5) - 0.5)
    level = OK if off_s < CLOCK_ADVICE_S else ADVICE if off_s < CLOCK_BAD_S else BAD
    text = "the server's clock and this machine's agree" if level == OK else f"the clocks are {off_s:.0f} s apart"
    return Finding("reach.clock", level, text, "" if level == OK else "keep both by NTP: assertions live for a minute")
