"""What an application has to expect of a server and of the browser in between.

    ExchangeFailed
    ├── ServerRefused    the server said no: its code, its words, and the id under which its log has the reason
    ├── AnswerRefused    what came is not what the standard says, or not for us
    └── SignInNeeded     the tokens of a person are over, and nothing is there to renew them with

What is wrong with a JWT or a key is `jose`'s to say: ``JwtRefused``, ``KeyRefused``. Nothing here carries a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ExchangeFailed(Exception):
    """An exchange with a server did not lead to what was asked for."""


class AnswerRefused(ExchangeFailed):
    """An answer that an application must not go on with."""


class SignInNeeded(ExchangeFailed):
    """Only the person can help: send them to sign in."""


class ServerRefused(ExchangeFailed):
    """The server's refusal (RFC 6749 5.2), from an answer or from what the browser brought."""

    def __init__(
        self, code: str, description: str = "", *, status: int = 0, correlation_id: str = "", error_uri: str = ""
    ) -> None:
        told = f"{code}: {description}" if description else code
        super().__init__(f"{told} (correlation id {correlation_id})" if correlation_id else told)
        self.code = code
        """``error``, or ``http_503`` and the like where there was none."""
        self.description = description
        """``error_description``: for developers, not for people."""
        self.status = status
        """Of HTTP; 0 for what came by the browser."""
        self.correlation_id = correlation_id
        """By which the server's log finds it; empty where the server gives none."""
        self.error_uri = error_uri


def refusal_from(members: Mapping[str, Any], *, status: int = 0, correlation_id: str = "") -> ServerRefused:
    """The refusal that an error object or the parameters of an authorization response tell of."""
    return ServerRefused(
        _text(members.get("error")) or f"http_{status}",
        _text(members.get("error_description")),
        status=status,
        correlation_id=_text(members.get("correlation_id")) or correlation_id,
        error_uri=_text(members.get("error_uri")),
    )


def _text(value: object) -> str:
    """A stranger's words, bounded, and without what could make lines of a log."""
    if not isinstance(value, str):
        return ""
    return "".join(character if character.isprintable() else "?" for character in value[:1000])
