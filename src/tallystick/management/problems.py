"""Problems: refusals in the form the Management API gives them (auth0.md 4.1).

    {"statusCode": 400, "error": "Bad Request", "message": "…", "errorCode": "invalid_body", "correlation_id": "…"}

Tools compare texts here: ``Payload validation error: `` and ``Insufficient scope, expected any of: `` stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from ..errors import Conflict, InvalidField, NotFound, NotPermitted, OAuthError, Refused, Unavailable
from ..records import Json, Stale
from ..web.challenges import Challenge


class InvalidQuery(Refused):
    """A query parameter is not acceptable; ``name`` says which, empty for the whole query."""

    def __init__(self, name: str, reason: str, *, check: str = "query") -> None:
        super().__init__(reason, check=check)
        self.name = name


class InvalidPath(Refused):
    """A path parameter cannot be one."""

    def __init__(self, name: str, reason: str, *, check: str = "path") -> None:
        super().__init__(reason, check=check)
        self.name = name


class Problem(Exception):
    """An answer that is not what the caller hoped for, ready to send. Handlers may raise it."""

    def __init__(
        self,
        status: int,
        message: str,
        error_code: str | None,
        *,
        headers: list[tuple[bytes, bytes]] | None = None,
        check: str = "",
        challenge: Challenge | None = None,
    ) -> None:
        super().__init__(message)
        self.check = check or error_code or ""
        self.status = status
        self.message = message
        self.error_code = error_code
        self.headers = headers or []
        self.challenge = challenge
        """What the door asks for with it; how, is for the door to say."""

    def body(self, correlation_id: str) -> Json:
        """The JSON body."""
        known: Json = {"statusCode": self.status, "error": HTTPStatus(self.status).phrase, "message": self.message}
        if self.error_code is not None:
            known["errorCode"] = self.error_code
        return known | {"correlation_id": correlation_id}


def insufficient_scope(scopes: tuple[str, ...]) -> Problem:
    """The caller holds none of the scopes that would do."""
    return Problem(
        403,
        f"Insufficient scope, expected any of: {','.join(scopes)}",
        "insufficient_scope",
        check="insufficient_scope",
        challenge=Challenge(error="insufficient_scope", scope=" ".join(scopes)),  # RFC 6750 3.1
    )


def missing_authentication() -> Problem:
    """No token at all (RFC 6750 3: then the challenge carries no error code)."""
    return Problem(401, "Missing authentication", None, challenge=Challenge())


def _invalid_field(error: InvalidField) -> Problem:
    why = error.description.rstrip(".")
    where = f" on property {error.path}" if error.path else ""
    description = error.evidence.get("about")
    about = f" ({str(description).rstrip('.')})" if description and error.path else ""
    return Problem(400, f"Payload validation error: '{why}'{where}{about}.", "invalid_body")


def _named(prefix: str, code: str) -> Callable[[Any], Problem]:
    def problem(error: Any) -> Problem:
        where = f" on property {error.name}" if error.name else ""
        return Problem(400, f"{prefix} validation error: '{error.description.rstrip('.')}'{where}.", code)

    return problem


def _oauth(error: OAuthError) -> Problem:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return Problem(401, error.description, error.code, challenge=Challenge(error=error.code))
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Problem(413, error.description, "payload_too_large", headers=[(b"connection", b"close")])
    return Problem(error.status, error.description, error.code)


_UNAVAILABLE = "The service is temporarily unavailable"

_PROBLEMS: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (Problem, lambda error: error),
    (InvalidField, _invalid_field),
    (InvalidQuery, _named("Query", "invalid_query_string")),
    (InvalidPath, _named("Path", "invalid_uri")),
    (Conflict, lambda error: Problem(409, error.description, error.error_code)),
    (NotFound, lambda error: Problem(404, error.description, error.error_code)),
    (NotPermitted, lambda error: Problem(403, error.description, error.error_code)),
    (OAuthError, _oauth),
    (Refused, lambda error: Problem(400, error.description, "invalid_body")),
    (Unavailable, lambda _: Problem(503, _UNAVAILABLE, "service_unavailable", headers=[(b"retry-after", b"1")])),
    (Stale, lambda _: Problem(503, _UNAVAILABLE, "service_unavailable", headers=[(b"retry-after", b"1")])),
)
"""Error → how the caller hears of it; the first row that fits."""


def problem_of(error: Exception) -> Problem | None:
    """What to tell the caller; None for what nobody foresaw."""
    return next((make(error) for kind, make in _PROBLEMS if isinstance(error, kind)), None)


class FailedCheck(msgspec.Struct, frozen=True):
    """What the log learns of a refusal."""

    check: str
    evidence: Json


def failed_check(error: Exception) -> FailedCheck:
    """The exact failing check, for the log alone."""
    if isinstance(error, Refused):
        return FailedCheck(error.check, error.evidence)
    if isinstance(error, Problem):
        return FailedCheck(error.check, {})
    return FailedCheck(type(error).__name__, {})
