"""The answer to a request that never reaches the application: dull, with a correlation id, and the connection ends."""

from __future__ import annotations

import secrets

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

Wording = tuple[str, str]
"""``error`` and ``error_description`` (RFC 6749 5.2)."""
MALFORMED: Wording = ("invalid_request", "The request is malformed.")
UNAVAILABLE: Wording = ("temporarily_unavailable", "Try again in a moment.")


def new_correlation_id() -> str:
    """128 random bits in hex; the log names the failing check under it."""
    return secrets.token_hex(16)


def refusal(correlation_id: str, wording: Wording = MALFORMED) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Header fields and body."""
    error, description = wording
    body = msgspec.json.encode(
        {"error": error, "error_description": description, "correlation_id": correlation_id},
    )
    fields = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-correlation-id", correlation_id.encode()),
        (b"connection", b"close"),
    ]
    return fields, body


def refusal_bytes(status: int, correlation_id: str, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """The whole answer as it goes over the wire."""
    fields, body = refusal(correlation_id)
    head = b"".join(b"%s: %s\r\n" % field for field in (*default_headers, *fields))
    return STATUS_LINE[status] + head + b"\r\n" + body
