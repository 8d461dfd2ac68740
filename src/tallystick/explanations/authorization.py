"""Refusals of `authorization`: what an application may not ask, and a person who comes back too late."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "pending.unknown": Hint(
        "There is no such sign-in under way: it was answered already, or its page was open for more than an hour.", ""
    ),
    "pending.expired": Hint("The person took more than an hour. The application has to ask again.", ""),
    "pending.browser": Hint(
        "Another browser began this sign-in, or this one has forgotten its cookie. Somebody may have been sent a link"
        " to the middle of somebody else's sign-in.",
        "RFC 9700 4.7",
    ),
}
