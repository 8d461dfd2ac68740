"""The answer to a request that never reaches the application: dull, with a correlation id, and the connection ends."""

from __future__ import annotations

import secrets

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE


def new_correlation_id() -> str:
    """128 random bits in hex; the log names the failing check under it."""
    return secrets.token_hex(16)


def refusal_bytes(status: int, correlation_id: str, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """The whole answer as it goes over the wire."""
    body = msgspec.json.encode(
        {
            "error": "invalid_request",
            "error_description": "The request is malformed.",
            "correlation_id": correlation_id,
        }
    )
    fields = [
        *default_headers,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-correlation-id", correlation_id.encode()),
        (b"connection", b"close"),
    ]
    return STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n" + body
