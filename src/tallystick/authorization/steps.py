"""The steps a person may have to take before an application is answered, each with the page where it is taken.

A page does its one thing, stores what happened (`authorization.progress`), and sends the browser on to :data:`RESUME`.
There everything is checked anew, and `authorization.next_step` decides what is left. No page decides what comes next.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlencode

RESUME = "/authorize/resume"
"""Where every page returns to, with ``state``: the id of the pending authorization."""


class Step(StrEnum):
    """What a person has to do; the value is the page's path."""

    SIGN_IN = "/u/login"
    SIGN_UP = "/u/signup"
    CHOOSE_ACCOUNT = "/u/account-choice"
    SECOND_FACTOR = "/u/factor"
    ENROLL_FACTOR = "/u/factor/enroll"
    CONSENT = "/u/consent"


def location_of(path: str, pending_id: str) -> str:
    """Where to send the browser: relative, so that whichever of our hosts was used stays."""
    return f"{path}?{urlencode({'state': pending_id})}"
