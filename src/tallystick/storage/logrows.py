"""Events as log rows.

Writing an event never fails for what a stranger put into it: text that cannot be kept is replaced.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..events import Event

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


def _clean(value: Any) -> Any:
    """The same value with every text well-formed."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_clean(str(name)): _clean(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(member) for member in value]
    return value


def _document(event: Event) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=str).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_clean(msgspec.to_builtins(event, enc_hook=str, str_keys=True))).decode()


def _plain(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return _clean(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))  # type: ignore[no-any-return]  # text stays text


def row_of_event(event: Event) -> dict[str, Any]:
    """Column → value."""
    return {
        "tenant_id": _plain(event.tenant_id),
        "type": _plain(event.type),
        "at_ms": event.at_ms,
        "client_id": _plain(event.client_id),
        "correlation_id": _plain(event.correlation_id),
        "document": _document(event),
    }


def log_row(seq: int, document: str) -> LogRow:
    """The row from what the database holds."""
    return LogRow(seq=seq, event=msgspec.json.decode(document, type=Event))
