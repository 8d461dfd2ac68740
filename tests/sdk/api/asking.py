"""Requests to an ASGI application, as a client on the network sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx

Headers = Sequence[tuple[str, str]]


def ask(
    app: Any,
    url: str,
    headers: Headers = (),
    method: str = "GET",
    extensions: dict[str, Any] | None = None,
    client: tuple[str, int] | None = ("203.0.113.9", 1),
    run: Any = asyncio.run,
) -> httpx.Response:
    """One answer. ``extensions``: what the server in front found out about the connection from ``client``.

    ``run``: what runs it, where the application shares a loop with others.
    """

    async def with_connection(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "extensions": extensions or {}, "client": client}, receive, send)

    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(app=with_connection)
        async with httpx.AsyncClient(transport=transport) as http:
            return await http.request(method, url, headers=list(headers))

    answer: httpx.Response = run(sent())
    return answer


def challenges(answer: httpx.Response) -> list[str]:
    """Every ``WWW-Authenticate``."""
    return answer.headers.get_list("www-authenticate")
