"""httpx's requests and responses, and ours; and what keeps a secret from going along when httpx follows a redirect."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx

from ..exchange import ANSWER_BYTES_MAX, ANSWER_S_MAX, Answer, Request
from ..failures import AnswerRefused

BODY_BYTES_MAX = 1_048_576
"""A body that comes from a file is read ahead up to this size, so that it can be sent again. A longer one, and one of
unknown length, is sent once: the answer is then the 401, the nonce is known, and the next call succeeds."""
_MARK = "tallystick.sdk"


class Shown(httpx.Headers):
    """Headers of one request, with some that are for this request alone.

    When httpx follows a redirect it copies the headers to the next request, all but Authorization to other origins;
    neither a proof nor a token may go along. What is shown is sent and can be read here, and is in no copy.
    """

    def __init__(self, headers: httpx.Headers, shown: Mapping[str, str]) -> None:
        self._shown = httpx.Headers(shown)
        plain = httpx.Headers(headers)
        for name in shown:
            plain.pop(name, None)
        super().__init__(plain)

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """What is sent."""
        return [*super().raw, *self._shown.raw]

    def __getitem__(self, key: str) -> str:
        return self._shown[key] if key in self._shown else super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return key in self._shown or super().__contains__(key)


class _Once(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is sent once: a redirect does not carry a secret on."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body

    def _taken(self) -> bytes:
        body, self._body = self._body, None
        if body is None:
            raise AnswerRefused("the server sent its client elsewhere, and secrets do not go there")
        return body

    def __iter__(self) -> Iterator[bytes]:
        yield self._taken()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._taken()


class _Bounded(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of which no more is read than an answer may have, nor for longer than it may take."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._until_s = time.monotonic() + ANSWER_S_MAX
        self._left_bytes = ANSWER_BYTES_MAX

    def _counted(self, chunk: bytes) -> bytes:
        self._left_bytes -= len(chunk)
        if self._left_bytes < 0:
            raise AnswerRefused("the answer is too large")
        if time.monotonic() > self._until_s:
            raise AnswerRefused("the answer takes too long")
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield self._counted(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield self._counted(chunk)

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


def bounded(response: httpx.Response) -> httpx.Response:
    """The response to a request of a flow, its body still to be read. Raises :class:`AnswerRefused` for a packed one.

    A kilobyte can become a gigabyte before anybody counts, and nobody was asked to pack.
    """
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise AnswerRefused("the answer is packed")
    response.stream = _Bounded(response.stream)
    return response


def request_of(asked: Request) -> httpx.Request:
    """A request of a flow, which no redirect carries on, as httpx has it."""
    request = httpx.Request(asked.method, asked.url, content=asked.body, extensions={_MARK: True})
    if asked.body:
        request.stream = _Once(asked.body)
    request.headers = Shown(request.headers, {"Accept-Encoding": "identity", **asked.headers})
    return request


def answer_of(response: httpx.Response) -> Answer:
    """A response whose body was read, as a flow has it."""
    return Answer(response.status_code, headers_of(response), response.content)


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Its headers by lower-case names."""
    return dict(response.headers.items())


def without_own(response: httpx.Response) -> httpx.Response:
    """The same, its history without the answers of the authorization server, which have tokens in them."""
    response.history = [past for past in response.history if _MARK not in past.request.extensions]
    return response


def is_short(request: httpx.Request) -> bool:
    """Whether the body may be read ahead."""
    length = request.headers.get("Content-Length", "")
    return length.isdigit() and int(length) <= BODY_BYTES_MAX


def is_repeatable(request: httpx.Request) -> bool:
    """Whether the body can be sent again, all of it."""
    return isinstance(request.stream, httpx.ByteStream)
