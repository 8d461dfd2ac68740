"""What an application and a server say to each other, as values: the one sends a :class:`Request`, the other an
:class:`Answer`. Who carries them is somebody else: `adapters`, or a test.

A step that needs several of both is a generator, a *flow*: it yields requests, is sent the answers, and returns what
came of it. So one flow serves every HTTP client, with and without ``async``.

tokens = run(application.client_credentials(audience="https://api.example/"), send)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from .failures import AnswerRefused

T = TypeVar("T")
FORM = "application/x-www-form-urlencoded"
ANSWER_BYTES_MAX = 1_048_576
"""What adapters read of an answer: metadata, keys and tokens are a tenth of it."""
ANSWER_S_MAX = 30.0
"""To read it. Timeouts of HTTP clients are for each piece: a byte now and then would hold up all who want a token."""
_DEFAULT_PORT = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The files, PEM, of a client certificate with its chain and of its key: what TLS libraries load."""

    cert_file: Path
    key_file: Path


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a server. What it carries are secrets for a while, and stay out of its repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    certificate: ClientCertificate | None = None
    """The one to show in the handshake; None: whichever the carrier shows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of ``headers`` are lower case; one that came several times is joined by commas."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def members(self) -> dict[str, Any]:
        """The JSON object that it is. Raises :class:`AnswerRefused`."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise AnswerRefused(f"the answer, HTTP {self.status}, is not a JSON object") from error


Flow = Generator[Request, Answer, T]
"""Yields requests, is sent their answers, returns what came of it; raises `failures`."""


def run(flow: Flow[T], send: Callable[[Request], Answer]) -> T:
    """What comes of a flow, carried by ``send``."""
    with closing(flow):
        try:
            request = next(flow)
            while True:
                request = flow.send(send(request))
        except StopIteration as end:
            result: T = end.value
            return result


async def run_async(flow: Flow[T], send: Callable[[Request], Awaitable[Answer]]) -> T:
    """The same, where sending is awaited."""
    with closing(flow):
        try:
            request = next(flow)
            while True:
                request = flow.send(await send(request))
        except StopIteration as end:
            result: T = end.value
            return result


def form_of(members: Mapping[str, str | Sequence[str]]) -> bytes:
    """A form's body; a sequence is a parameter that stands several times, as ``resource`` may (RFC 8707 2)."""
    return urlencode(members, doseq=True).encode("ascii")


def origin_of(url: str) -> str:
    """Scheme, host and port, so that equal origins are equal text (RFC 6454 4). ValueError for what has none."""
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORT.get(parts.scheme)
    if not parts.hostname or port is None:
        raise ValueError(f"not a URL with an origin: {url[:200]}")
    return f"{parts.scheme}://{parts.hostname}:{port}"


def is_private(url: str) -> bool:
    """Whether nobody on the way reads what goes there: https, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))


def may_send_to(server_url: str, url: str) -> bool:
    """Whether the server at ``server_url`` may name ``url`` for us to go to: in private, and no server elsewhere is a
    guide to what is plain on this machine, such as another program's door."""
    return is_private(url) and (not _is_plain(url) or _is_plain(server_url))


def _is_plain(url: str) -> bool:
    return urlsplit(url).scheme == "http"  # some HTTP clients pass over blanks before it, as this does


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
