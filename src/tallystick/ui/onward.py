"""The way on after a page did its thing: to whoever decides what comes next."""

from __future__ import annotations

from ..authorization.pending import PendingAuthorization
from ..authorization.steps import RESUME, location_of

RETURN = "return"
"""In the parameters of a pending authorization without an application: the page of the account to come back to."""
ACCOUNT_RESUME = "/account/resume"
"""Where a sign-in for a person's own account returns to, as every other does to `authorization.steps.RESUME`."""


def onward(pending: PendingAuthorization) -> str:
    """Where the browser is sent when a page is done with a pending authorization. Every page uses this."""
    return location_of(RESUME if pending.client_id else ACCOUNT_RESUME, pending.id)
