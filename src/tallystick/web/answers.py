"""Answers: JSON out, and refusals in the form of the door they leave by."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.types import Send

from ..errors import OAuthError

Headers = list[tuple[bytes, bytes]]

NO_STORE: Headers = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]
"""RFC 6749 5.1: on every answer that holds a token or a credential."""

_SECURITY: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000"),
]
_JSON: Headers = [(b"content-type", b"application/json"), *_SECURITY]

_encode = msgspec.json.Encoder().encode


async def send_json(send: Send, status: int, body: Any, correlation_id: str, headers: Headers = NO_STORE) -> None:
    """Send ``body`` as JSON, with the correlation id as ``X-Correlation-Id``."""
    await send_bytes(send, status, _encode(body), correlation_id, [*_JSON, *headers])


async def send_bytes(send: Send, status: int, content: bytes, correlation_id: str, headers: Headers) -> None:
    """Send ready bytes."""
    start_headers = [
        (b"content-length", str(len(content)).encode()),
        (b"x-correlation-id", correlation_id.encode()),
        *headers,
    ]
    if status == 204:
        del start_headers[0]  # RFC 9110 8.6: never with 204
    await send({"type": "http.response.start", "status": status, "headers": start_headers})
    await send({"type": "http.response.body", "body": content})


async def send_oauth_error(send: Send, error: OAuthError, correlation_id: str, headers: Headers | None = None) -> None:
    """The refusal as RFC 6749 5.2 has it: code and dull description, and under which id the log knows more."""
    body = {"error": error.code, "error_description": error.description, "correlation_id": correlation_id}
    await send_json(send, error.status, body, correlation_id, [*NO_STORE, *(headers or [])])
