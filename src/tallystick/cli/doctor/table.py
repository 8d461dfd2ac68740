"""The table of examinations, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator

from ..exits import Failed
from . import database, files, keys, listeners, reach, spoofing, tls, weak
from .finding import BAD, SKIPPED, Examination, Finding, Patient

EXAMINATIONS: dict[str, Examination] = {
    "reach": reach.examine,
    "tls": tls.examine,
    "listeners": listeners.examine,
    "spoofing": spoofing.examine,
    "database": database.examine,
    "files": files.examine,
    "keys": keys.examine,
    "tenant": weak.examine,
}
"""Name → what examines it."""


def examined(patient: Patient) -> Iterator[Finding]:
    """Every finding; an examination that fails is a finding itself and keeps none of the others from being made.

    What fails for a reason that was told already is only named: one cause is one wrong finding.
    """
    told: set[str] = set()
    for name, examine in EXAMINATIONS.items():
        try:
            yield from examine(patient)
        except Failed as failure:
            if failure.message in told:
                yield Finding(name, SKIPPED, f"{name}: not examined, for the same reason", "mend that first")
                continue
            told.add(failure.message)
            text = f"{name}: could not be examined: {failure.message}"
            yield Finding(name, BAD, text, failure.hint or "see the server's log")
