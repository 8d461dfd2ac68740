"""Exit codes, for scripts; and the one exception that ends a command with a message."""

from __future__ import annotations

from collections.abc import Mapping

OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 3
NOT_FOUND = 4
NOT_PERMITTED = 5
INACTIVE = 6

MEANING = {
    OK: "done",
    FAILED: "failed: the server refused, or it could not start",
    USAGE: "wrong usage of the command line",
    UNREACHABLE: "no server answers there, or its certificate is not trusted",
    NOT_FOUND: "there is no such thing (HTTP 404)",
    NOT_PERMITTED: "authentication failed or a permission is missing (HTTP 401, 403)",
    INACTIVE: "the token is not active",
}
"""Every code a command can end with."""

EPILOG = "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in MEANING.items()) + "."
"""What ``--help`` says about them."""

_OF_STATUS = {401: NOT_PERMITTED, 403: NOT_PERMITTED, 404: NOT_FOUND}


def exit_code_for(status: int) -> int:
    """The exit code for an HTTP status that is no success."""
    return _OF_STATUS.get(status, FAILED)


class Failed(Exception):
    """The command cannot go on; ``message`` goes to stderr, with what may help and the server's correlation id."""

    def __init__(
        self,
        message: str,
        *,
        exit_code: int = FAILED,
        hint: str = "",
        correlation_id: str = "",
        status: int = 0,
        code: str = "",
        going_on: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.hint = hint
        self.correlation_id = correlation_id
        self.status = status
        """The HTTP status when a server refused, else 0."""
        self.code = code
        """The Management API's word for the refusal."""
        self.going_on = going_on or {}
        """The query that goes on where the refused one ended, if the server named one."""
