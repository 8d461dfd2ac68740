"""Errors, in two voices: what the caller may know, and the exact check for the log.

    Refused                  something the house will not do; names the failing ``check``
    ├── OAuthError           spoken in RFC 6749's form by the protocol endpoints
    ├── InvalidField         a field of a resource is not acceptable (400)
    ├── Conflict             it clashes with what is there (409)
    ├── NotFound             there is no such thing (404)
    └── NotPermitted         the caller may not (403)
    Unavailable              the database does not answer (503)
    StartupError             the program cannot start; one clear line, exit status 1

Rooms raise these; only `web` turns them into answers.
"""

from __future__ import annotations

from typing import Any, Self

OAUTH_STATUS = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "invalid_target": 400,
    "unsupported_token_type": 400,
    "unsupported_response_type": 400,
    "login_required": 400,
    "interaction_required": 400,
    "consent_required": 400,
    "account_selection_required": 400,
    "unmet_authentication_requirements": 400,
    "invalid_request_object": 400,
    "invalid_request_uri": 400,
    "registration_not_supported": 400,
    "invalid_authorization_details": 400,
    "invalid_dpop_proof": 400,
    "use_dpop_nonce": 400,
    "access_denied": 403,
    "invalid_token": 401,
    "insufficient_user_authentication": 401,
    "insufficient_scope": 403,
    "server_error": 500,
    "temporarily_unavailable": 503,
}
"""Error code → HTTP status.

RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, RFC 7009 2.2.1, RFC 8707 2, RFC 9101 7, RFC 9449 5 and 8, RFC 9470 3, OpenID
Connect Core 3.1.2.6.
"""


class Refused(Exception):
    """Something the house will not do.

    ``check`` is the stable name of the failing check, for the log alone; ``evidence`` is what the log may see of the
    reason, never a secret or a signature.
    """

    def __init__(self, description: str, *, check: str, **evidence: Any) -> None:
        super().__init__(description)
        self.description = description
        self.check = check
        self.evidence = evidence


class OAuthError(Refused):
    """A refusal in the protocol's own form: ``code`` from :data:`OAUTH_STATUS`, and a dull description."""

    def __init__(self, code: str, description: str, *, check: str, **evidence: Any) -> None:
        super().__init__(description, check=check, **evidence)
        self.code = code
        self.status = OAUTH_STATUS[code]

    def answered_with(self, status: int) -> Self:
        """The same, answered with a status that HTTP has for it, such as 405, in place of the table's."""
        self.status = status
        return self


class InvalidField(Refused):
    """A field of a resource is not acceptable; ``path`` names it as ``a.b[0]``, empty for the whole body."""

    def __init__(self, path: str, reason: str, *, check: str = "field", **evidence: Any) -> None:
        super().__init__(reason, check=check, **evidence)
        self.path = path


class Conflict(Refused):
    """It clashes with what is there."""

    def __init__(self, description: str, *, error_code: str, check: str = "conflict", **evidence: Any) -> None:
        super().__init__(description, check=check, **evidence)
        self.error_code = error_code


class NotFound(Refused):
    """There is no such thing; ``error_code`` as Auth0 spells it, such as ``inexistent_client``."""

    def __init__(self, description: str, *, error_code: str, check: str = "exists", **evidence: Any) -> None:
        super().__init__(description, check=check, **evidence)
        self.error_code = error_code


class NotPermitted(Refused):
    """The caller may not; ``error_code`` as Auth0 spells it, such as ``insufficient_scope``."""

    def __init__(self, description: str, *, error_code: str, check: str = "permission", **evidence: Any) -> None:
        super().__init__(description, check=check, **evidence)
        self.error_code = error_code


class Unavailable(Exception):
    """The database does not answer; nothing was acknowledged."""


class StartupError(Exception):
    """The program cannot start; its text is the one clear line the operator sees."""
