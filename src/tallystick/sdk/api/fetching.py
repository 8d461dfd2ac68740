"""How the SDK asks other servers: one small Protocol, by the standard library or by httpx.

Either way: https, plain http to this machine alone; no redirect is followed; an answer has a size, and a time, that it
does not exceed.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit

import msgspec

from ..exchange import is_private
from .deadline import HttpByDeadline, HttpsByDeadline
from .refusals import FetchFailed

TIMEOUT_S = 5.0
THREADS_MAX = 8
"""Of one `UrllibFetch`: a server that hangs takes none of the loop's own, by which names are resolved."""
_CHUNK_BYTES = 65_536
ANSWER_BYTES_MAX = 2 * 1024 * 1024
"""A status list of a million tokens has at most an eighth of it, a key set a hundredth."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    url: str
    headers: Mapping[str, str] = {}
    form: bytes | None = None
    """Sent by POST as ``application/x-www-form-urlencoded``; None: GET."""

    def __repr__(self) -> str:
        return f"Ask(url={self.url!r})"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes


class Fetch(Protocol):
    """Whatever sends requests for the SDK."""

    async def __call__(self, ask: Ask) -> Answer:
        """The answer, whatever its status; raises :class:`FetchFailed`."""
        ...


def checked_url(url: str) -> str:
    """The URL, if it is https, or http to this machine; raises :class:`FetchFailed`."""
    try:
        parts = urlsplit(url)
        is_good = bool(parts.hostname) and "@" not in parts.netloc and is_private(url)
    except ValueError:
        raise FetchFailed("not a URL") from None
    if not is_good:
        raise FetchFailed("not an https URL")
    return url


class UrllibFetch:
    """By the standard library, in threads of its own.

    ``ca_file``: PEM of the authorities to trust in place of the system's. ``certificate``: the files of a client
    certificate and of its key, for `TlsClientAuth` and its kin. ``timeout_s``: for all of an
    answer, from the connection on. Raises ValueError for a ``ca_file`` that cannot be read.
    """

    def __init__(
        self, *, ca_file: str | None = None, certificate: tuple[str, str] | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        context = _trusting(ca_file)
        if certificate is not None:
            context.load_cert_chain(*certificate)
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(THREADS_MAX, "tallystick-fetch")
        # Proxies of the environment are for https, through which they read nothing: operators set them on purpose.
        self._direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), HttpByDeadline, _NoRedirect)
        self._opener = urllib.request.build_opener(HttpsByDeadline(context), HttpByDeadline, _NoRedirect)

    async def __call__(self, ask: Ask) -> Answer:
        """The answer."""
        checked_url(ask.url)
        try:
            asking = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, ask)
            # What waits for a thread, or for a name to be resolved, comes on top.
            return await asyncio.wait_for(asking, 2 * self._timeout_s)
        except (OSError, HTTPException, ValueError) as error:  # TimeoutError is an OSError
            raise FetchFailed(_said_of(error)) from error

    def _ask(self, ask: Ask) -> Answer:
        request = urllib.request.Request(ask.url, data=ask.form, headers=dict(ask.headers))  # noqa: S310 - checked above
        try:
            opener = self._opener if request.type == "https" else self._direct
            answer = opener.open(request, timeout=self._timeout_s)
        except HTTPError as error:
            answer = error
        with answer:
            content = self._content(answer)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(status=answer.status or 0, headers=headers, content=content)

    def _content(self, answer: Any) -> bytes:
        content = bytearray()
        while chunk := answer.read1(_CHUNK_BYTES):
            content += chunk
            if len(content) > ANSWER_BYTES_MAX:
                raise ValueError("the answer is too large")
        return bytes(content)


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # which names no file
        raise ValueError(f"ca_file {ca_file}: {error.strerror or error}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """A redirect is an answer like any other, and none that is wanted."""


class HttpxFetch:
    """By an ``httpx.AsyncClient`` of yours, which brings its authorities, its certificate and its timeouts."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def __call__(self, ask: Ask) -> Answer:
        """The answer."""
        checked_url(ask.url)
        headers = {**ask.headers, "Accept-Encoding": "identity"}
        if ask.form is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        method = "GET" if ask.form is None else "POST"
        content = bytearray()
        try:
            async with self._client.stream(
                method, ask.url, headers=headers, content=ask.form, follow_redirects=False
            ) as answer:
                # Not unpacked: a kilobyte can become a gigabyte before anybody counts. Nobody was asked to pack.
                async for chunk in answer.aiter_raw():
                    content += chunk
                    if len(content) > ANSWER_BYTES_MAX:
                        raise FetchFailed("the answer is too large")
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(status=answer.status_code, headers=names, content=bytes(content))
        except FetchFailed:
            raise
        except Exception as error:  # httpx is not imported here, so its errors have no name
            raise FetchFailed(_said_of(error)) from error


def _said_of(error: BaseException) -> str:
    """What failed, with the words of the operating system or of TLS alone: others may repeat what was sent."""
    found: object = error
    while isinstance(found, BaseException):
        inner = getattr(found, "reason", None) or found.__cause__ or found.__context__
        if isinstance(found, OSError) and not isinstance(inner, OSError):
            text = found.strerror or getattr(found, "verify_message", "")
            return f"{type(found).__name__}: {text}".removesuffix(": ")
        found = inner
    return type(error).__name__
