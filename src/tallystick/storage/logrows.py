"""Events as log rows.

Writing an event never fails for what a stranger put into it: text that cannot be kept is replaced.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..events import Event, LogRow


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
