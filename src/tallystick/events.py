"""Events: what happened, for the tenant's own log. The exact voice; the caller of an endpoint gets the dull one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec


class EventType:
    """The log type codes in use, spelled as Auth0 spells them (auth0.md, appendix B)."""

    CLIENT_CREDENTIALS_SUCCEEDED = "seccft"
    CLIENT_CREDENTIALS_FAILED = "feccft"
    SIGN_IN_SUCCEEDED = "s"
    SIGN_IN_FAILED = "f"
    WRONG_PASSWORD = "fp"  # noqa: S105  # a code
    UNKNOWN_USER = "fu"
    SILENT_SIGN_IN_SUCCEEDED = "ssa"
    SILENT_SIGN_IN_FAILED = "fsa"
    ACCOUNT_BLOCKED = "limit_wc"
    ADDRESS_BLOCKED = "limit_mu"
    BREACHED_PASSWORD = "pwd_leak"  # noqa: S105  # a code
    SECOND_FACTOR_SUCCEEDED = "gd_auth_succeed"
    SECOND_FACTOR_FAILED = "gd_auth_failed"
    FACTOR_ENROLLED = "gd_enrollment_complete"
    FACTOR_REMOVED = "gd_unenroll"
    SIGN_UP_SUCCEEDED = "ss"
    SIGN_UP_FAILED = "fs"
    EMAIL_VERIFIED = "sv"
    PASSWORD_CHANGED = "scp"  # noqa: S105  # a code
    RESET_MAILED = "scpr"
    RESET_NOT_MAILED = "fcpr"
    VERIFICATION_MAILED = "svr"
    USER_DELETED = "sdu"
    CODE_EXCHANGED = "seacft"
    CODE_REFUSED = "feacft"
    REFRESH_SUCCEEDED = "sertft"
    REFRESH_FAILED = "fertft"
    REFRESH_TOKEN_REUSED = "ferrt"  # noqa: S105  # a code
    REFRESH_TOKEN_REVOKED = "srrt"  # noqa: S105  # a code
    ACCESS_TOKEN_REVOKED = "access_token_revoked"  # noqa: S105  # a code
    REFRESH_TOKENS_CROWDED_OUT = "resource_cleanup"
    PUSH_FAILED = "fpar"
    INTROSPECTION_FAILED = "introspection_failed"
    USERINFO_FAILED = "userinfo_failed"
    LOGOUT_SUCCEEDED = "slo"
    LOGOUT_FAILED = "flo"
    BACKCHANNEL_LOGOUT_SUCCEEDED = "oidc_backchannel_logout_succeeded"
    BACKCHANNEL_LOGOUT_FAILED = "oidc_backchannel_logout_failed"
    TRANSACTION_APPROVED = "transaction_approved"
    KEY_SET_FAILED = "key_set_failed"
    MANAGEMENT_SUCCEEDED = "sapi"
    MANAGEMENT_FAILED = "fapi"


class LogType(msgspec.Struct, frozen=True):
    """What a type code means."""

    words: str
    """In two or three words, for a line on a terminal."""
    meaning: str
    """In a sentence."""


LOG_TYPES: Mapping[str, LogType] = {
    EventType.CLIENT_CREDENTIALS_SUCCEEDED: LogType(
        "token issued", "An application proved who it is and got an access token by `client_credentials`."
    ),
    EventType.CLIENT_CREDENTIALS_FAILED: LogType(
        "token refused", "A token request was refused; `details.check` names the check that failed."
    ),
    EventType.SIGN_IN_SUCCEEDED: LogType("signed in", "A person signed in and was sent back to the application."),
    EventType.SIGN_IN_FAILED: LogType(
        "sign-in failed", "An authorization request was refused, or the person cancelled; `details.check` says why."
    ),
    EventType.WRONG_PASSWORD: LogType("wrong password", "Somebody gave a wrong password for an account."),
    EventType.UNKNOWN_USER: LogType("unknown account", "Somebody tried to sign in to an account that does not exist."),
    EventType.SILENT_SIGN_IN_SUCCEEDED: LogType(
        "silent sign-in", "A request with `prompt=none` was answered from the session that the browser has."
    ),
    EventType.SILENT_SIGN_IN_FAILED: LogType(
        "silent refused", "A request with `prompt=none` could not be answered without asking the person."
    ),
    EventType.ACCOUNT_BLOCKED: LogType(
        "account blocked", "Too many wrong passwords for one account from one address: more are refused for a while."
    ),
    EventType.ADDRESS_BLOCKED: LogType(
        "address blocked", "Too many failed attempts from one address: more are refused for a while."
    ),
    EventType.BREACHED_PASSWORD: LogType(
        "breached password", "A password is on the list of breached ones; what happens follows the tenant's setting."
    ),
    EventType.SECOND_FACTOR_SUCCEEDED: LogType("second factor", "A person passed a second factor."),
    EventType.SECOND_FACTOR_FAILED: LogType("factor failed", "Somebody failed at a second factor."),
    EventType.FACTOR_ENROLLED: LogType("factor added", "A person enrolled a second factor or a passkey."),
    EventType.FACTOR_REMOVED: LogType("factor removed", "A second factor or a passkey of a person was removed."),
    EventType.SIGN_UP_SUCCEEDED: LogType("signed up", "Somebody made an account."),
    EventType.SIGN_UP_FAILED: LogType("sign-up failed", "Somebody tried to make an account and could not."),
    EventType.EMAIL_VERIFIED: LogType("address verified", "A person proved that an e-mail address is theirs."),
    EventType.PASSWORD_CHANGED: LogType("password changed", "A person's password was changed."),
    EventType.RESET_MAILED: LogType("reset mailed", "A link for a new password was mailed to its account's address."),
    EventType.RESET_NOT_MAILED: LogType(
        "reset not mailed", "Somebody asked for a new password for an account that does not exist, or too often."
    ),
    EventType.VERIFICATION_MAILED: LogType("verification mailed", "A link that proves an address was mailed to it."),
    EventType.USER_DELETED: LogType("account deleted", "A person's account was deleted."),
    EventType.CODE_EXCHANGED: LogType("code exchanged", "An application redeemed an authorization code."),
    EventType.CODE_REFUSED: LogType("code refused", "An authorization code was not redeemed."),
    EventType.REFRESH_SUCCEEDED: LogType("refreshed", "An application got a new access token for a refresh token."),
    EventType.REFRESH_FAILED: LogType("refresh refused", "A refresh token was not accepted."),
    EventType.REFRESH_TOKEN_REUSED: LogType(
        "refresh reused", "A refresh token that had been replaced was shown again: its whole family was withdrawn."
    ),
    EventType.REFRESH_TOKEN_REVOKED: LogType("refresh revoked", "A refresh token was revoked."),
    EventType.ACCESS_TOKEN_REVOKED: LogType("access revoked", "An application revoked an access token of its own."),
    EventType.REFRESH_TOKENS_CROWDED_OUT: LogType(
        "oldest withdrawn",
        "A person had too many refresh tokens with one application: the oldest were withdrawn for a new one.",
    ),
    EventType.PUSH_FAILED: LogType("push refused", "A pushed authorization request was refused."),
    EventType.INTROSPECTION_FAILED: LogType(
        "not introspected", "A client that asked what a token is worth was refused; `details.check` says why."
    ),
    EventType.USERINFO_FAILED: LogType(
        "userinfo refused", "An access token did not open `/userinfo`; `details.check` names the check that failed."
    ),
    EventType.LOGOUT_SUCCEEDED: LogType("signed out", "A session ended by logout."),
    EventType.LOGOUT_FAILED: LogType("logout failed", "A logout request was refused."),
    EventType.BACKCHANNEL_LOGOUT_SUCCEEDED: LogType(
        "logout told", "An application took the logout token that tells it of a session's end."
    ),
    EventType.BACKCHANNEL_LOGOUT_FAILED: LogType(
        "logout not told", "An application did not take a logout token; it is tried again for a while."
    ),
    EventType.TRANSACTION_APPROVED: LogType(
        "approved", "A person passed a second factor for one transaction and allowed what they were shown."
    ),
    EventType.KEY_SET_FAILED: LogType(
        "keys not fetched",
        "The `jwks_uri` of an application gave no usable key set; written when that begins or its reason changes.",
    ),
    EventType.MANAGEMENT_SUCCEEDED: LogType(
        "change made", "A call of the Management API changed something; the row was written together with the change."
    ),
    EventType.MANAGEMENT_FAILED: LogType(
        "call refused",
        "A call of the Management API was refused: no good token, a missing scope, a bad body or query, a rule.",
    ),
}
"""Every code that is written, with its meaning. Documentation and command line read it."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a tenant's log: who, what, when, from where. Carries no secret and no signature."""

    tenant_id: str
    type: str
    at_ms: int
    description: str = ""
    correlation_id: str = ""
    client_id: str = ""
    client_name: str = ""
    user_id: str = ""
    user_name: str = ""
    """The person's e-mail address."""
    connection: str = ""
    ip: str = ""
    user_agent: str = ""
    hostname: str = ""
    audience: str = ""
    scope: str = ""
    details: dict[str, Any] = {}


class EventLog(Protocol):
    """Keeps events."""

    async def record(self, event: Event) -> None:
        """Write the event; durable before it returns."""
        ...


LOG_ID = re.compile(r"900(\d{8})(\d{20})", re.ASCII)
"""A fixed prefix, the day, and the row's number: a long digit string that grows, as Auth0's (auth0.md, id shapes)."""


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event as the log keeps it."""

    seq: int
    """Its place in the log of the whole deployment; grows."""
    event: Event

    @property
    def log_id(self) -> str:
        """The id that people and SDKs see."""
        day = datetime.fromtimestamp(self.event.at_ms / 1000, UTC)
        return f"900{day:%Y%m%d}{self.seq:020d}"


def seq_of(log_id: str) -> int | None:
    """The row's number in a log id, or None when it is not one."""
    match = LOG_ID.fullmatch(log_id)
    seq = int(match[2]) if match else None
    return seq if seq is not None and seq < 2**63 else None


class LogReader(Protocol):
    """Reads the log of one tenant. ``where`` names ``type``, ``client_id``, ``correlation_id`` or ``seq``."""

    async def log_page(
        self,
        tenant_id: str,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
        offset: int = 0,
        limit: int = 50,
    ) -> list[LogRow]:
        """Rows between two numbers, both excluded."""
        ...

    async def log_edge(
        self,
        tenant_id: str,
        rows: int,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
    ) -> int | None:
        """The number of the last row of a page of so many rows; None when there are fewer."""
        ...

    async def log_count(
        self, tenant_id: str, *, where: Mapping[str, object] | None = None, at_most: int | None = None
    ) -> int:
        """How many rows there are; counting stops at ``at_most``."""
        ...

    async def log_get(self, tenant_id: str, log_id: str) -> LogRow | None:
        """The row with this id, or None."""
        ...

    async def log_seq_from(self, tenant_id: str, at_ms: int) -> int:
        """About where the rows of this moment begin: rows are in the order of writing, which is nearly that of time."""
        ...

    async def log_settled_seq(self) -> int:
        """A number up to which the log is whole: no row with this number or a smaller one is still to appear."""
        ...
