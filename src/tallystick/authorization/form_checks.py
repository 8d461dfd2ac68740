"""Rows about parameters as such: their characters, their length, and what this server does not take."""

from __future__ import annotations

import re

from ..users.user import DATABASE_CONNECTION
from .pushed_parameters import size_bytes
from .refusal import refuse
from .walk import Walk

CHARS_MAX = 4096
LONG = {
    "authorization_details": 65_536,
    "claims": 8192,
    "id_token_hint": 16_384,
}
"""Parameters that may be longer than :data:`CHARS_MAX`; those that are read more closely have a bound there."""
BYTES_MAX = 16 * 1024
"""Of all names and values together, which are a row while the person is asked: what a URL may hold, by a form too."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def characters(walk: Walk) -> None:
    """RFC 6749 appendix A has visible characters only; no control character is kept, logged or sent on."""
    for name, value in walk.parameters.items():
        if _CONTROL.search(value):
            raise refuse(
                "invalid_request", "A parameter holds control characters.", check="authorize.characters", parameter=name
            )


def length(walk: Walk) -> None:
    """Each parameter is bounded: it is kept while the person is asked, and comes back in the answer."""
    for name, value in walk.parameters.items():
        if len(value) > LONG.get(name, CHARS_MAX):
            raise refuse("invalid_request", "A parameter is too long.", check="authorize.length", parameter=name)
    if (together := size_bytes(walk.parameters)) > BYTES_MAX:
        raise refuse("invalid_request", "The request is too large.", check="authorize.length", size_bytes=together)


def registration(walk: Walk) -> None:
    """OpenID Connect Core 7.2.1: refused where it is not supported, never silently ignored."""
    if walk.sent("registration") is not None:
        raise refuse(
            "registration_not_supported", "The registration parameter is not supported.", check="authorize.registration"
        )


def organization(walk: Walk) -> None:
    """An application that asks for an organization would take whoever signs in for one of its members."""
    if walk.sent("organization") is not None or walk.sent("invitation") is not None:
        raise refuse("invalid_request", "Organizations are not supported.", check="authorize.organization")


def connection(walk: Walk) -> None:
    """There is one connection: people who are to come from another must not be asked for a password here."""
    sent = walk.sent("connection")
    if sent is not None and sent != DATABASE_CONNECTION:
        raise refuse(
            "invalid_request", "There is no such connection.", check="authorize.connection", connection=sent[:100]
        )
