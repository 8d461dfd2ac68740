"""The guarded client: the one way in which the server asks others over HTTP (attacks.md 32).

What it asks for is a stranger's word: a URL that somebody registered. So only https is asked, only at addresses that
are public or that the operator lists, for so long and so many bytes. An address is judged when its socket is made,
which every connection passes: a name that leads elsewhere the second time, or a number spelled oddly, gains nothing by
it. Redirects are not followed unless the caller says how many, and each is judged like the first. Nothing is
remembered: no cookies, no proxy of the environment, no compression that could unpack without end.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

import aiohttp
import msgspec
from aiohttp.typedefs import LooseHeaders
from yarl import URL

from .allowed import Allowed, address_of
from .lookup import Lookup
from .names import Names
from .trust import tls_context

TOTAL_S_MAX = 10.0
"""From the first look at the name to the last byte of the answer."""
CONNECT_S_MAX = 5.0
BODY_BYTES_MAX = 64 * 1024
AT_ONCE_MAX = 200
AT_ONCE_PER_TENANT_MAX = 20
"""Addresses are a tenant's word: with enough of them that never answer one tenant would hold every connection, and no
other could learn a new key. So of each only a few are asked at once; more wait, within their time."""
AT_ONCE_PER_HOST_MAX = 5
URL_CHARS_MAX = 2_048
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FORM = "application/x-www-form-urlencoded"


class FetchFailed(Exception):
    """There is no usable answer; ``reason`` is a word for programs, the text is a sentence for the log.

    ``url``, ``address``, ``tls``, ``connection``, ``time``, ``size``, ``encoding`` or ``redirect``.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class AddressRefused(OSError):
    """The address may not be dialled. Always the same text: of several alike the connector raises one as it is."""

    def __init__(self) -> None:
        super().__init__("The host's address is not public, and outbound_allow does not list it.")


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whatever its status."""

    status: int
    content_type: str
    """In lower case, without parameters."""
    headers: Mapping[str, str]
    """By name in lower case; of several with one name, the last."""
    content: bytes


class Fetcher(Protocol):
    """What rooms need of :class:`GuardedClient` that read a document somewhere else."""

    async def get(self, url: str, *, tenant_id: str, accept: str, bytes_max: int) -> Fetched:
        """The answer to a GET on behalf of a tenant; no redirect is followed. Raises :class:`FetchFailed`."""
        ...


class GuardedClient:
    """Asks others. Opened by its first use, on the loop that uses it; :meth:`close` ends it."""

    def __init__(self, allowed: Allowed, ca_file: Path | None = None, lookup: Lookup | None = None) -> None:
        """``ca_file`` has authorities to trust beside the system's; ``lookup`` None resolves as the system does."""
        self._allowed = allowed
        self._ca_file = ca_file
        self._lookup = lookup
        self._tls: ssl.SSLContext | None = None
        # Two, because a socket does not know by which name it was asked for.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}

    async def get(
        self,
        url: str,
        *,
        tenant_id: str = "",
        accept: str = "application/json",
        bytes_max: int = BODY_BYTES_MAX,
        redirects_max: int = 0,
    ) -> Fetched:
        """The answer to a GET; raises :class:`FetchFailed`. An answer of any status is one."""
        return await self._bounded("GET", url, {"accept": accept}, None, tenant_id, bytes_max, redirects_max)

    async def post_form(
        self, url: str, fields: Mapping[str, str], *, tenant_id: str = "", bytes_max: int = BODY_BYTES_MAX
    ) -> Fetched:
        """The answer to a form; raises :class:`FetchFailed`. A form is sent once: no redirect is followed."""
        headers = {"content-type": _FORM, "accept": "*/*"}
        return await self._bounded("POST", url, headers, urlencode(fields).encode(), tenant_id, bytes_max, 0)

    async def close(self) -> None:
        """Let every connection go."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            if isinstance(session.connector, aiohttp.TCPConnector):
                # No polite end of TLS: who is stopping does not wait for others.
                await session.connector.close(abort_ssl=True)
            await session.close()

    async def _bounded(
        self,
        method: str,
        url: str,
        headers: LooseHeaders,
        content: bytes | None,
        tenant_id: str,
        bytes_max: int,
        redirects_max: int,
    ) -> Fetched:
        target = self._checked(url)
        turns = self._turns.setdefault(tenant_id, asyncio.Semaphore(AT_ONCE_PER_TENANT_MAX))
        try:
            async with asyncio.timeout(TOTAL_S_MAX), turns:
                for _ in range(redirects_max + 1):
                    fetched = await self._once(method, target, headers, content, bytes_max)
                    if fetched.status not in _REDIRECTS:
                        return fetched
                    target = self._checked(_joined(target, fetched.headers.get("location", "")))
                raise FetchFailed("redirect", f"It answered {fetched.status}: a redirect is not followed.")
        except TimeoutError:
            raise FetchFailed("time", f"It took longer than {TOTAL_S_MAX:.0f} seconds.") from None

    async def _once(
        self, method: str, url: URL, headers: LooseHeaders, content: bytes | None, bytes_max: int
    ) -> Fetched:
        if self._tls is None:
            # Reading the system's authorities takes tens of milliseconds: only where somebody is asked, off the loop.
            self._tls = await asyncio.to_thread(tls_context, self._ca_file)
        session = self._session(is_listed=self._allowed.has_host(url.host or ""))
        try:
            async with session.request(
                method, url, headers=headers, data=content, allow_redirects=False, ssl=self._tls
            ) as response:
                _check_encoding(response)
                return Fetched(
                    status=response.status,
                    content_type=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
                    headers={name.lower(): value for name, value in response.headers.items()},
                    content=await _body(response, bytes_max),
                )
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            if isinstance(problem, TimeoutError):
                raise FetchFailed("time", f"There was no connection within {CONNECT_S_MAX:.0f} seconds.") from None
            raise _failure(problem) from None

    def _session(self, *, is_listed: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(is_listed)
        if session is None:
            connector = aiohttp.TCPConnector(
                resolver=Names(self._lookup),
                use_dns_cache=False,
                limit=AT_ONCE_MAX,
                limit_per_host=AT_ONCE_PER_HOST_MAX,
                socket_factory=None if is_listed else self._judged_socket,
            )
            session = self._sessions[is_listed] = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=TOTAL_S_MAX, sock_connect=CONNECT_S_MAX),
                headers={"user-agent": "Tallystick", "accept-encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        return session

    def _judged_socket(self, address_info: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for one address: every connection begins here, and connects to this address."""
        family, kind, protocol, _, place = address_info
        if not self._allowed.has_address(address_of(str(place[0]))):
            raise AddressRefused
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def _checked(self, text: str) -> URL:
        """The URL, if it is one that may be asked; what host it names is judged when it is dialled."""
        try:
            url = URL(text)
            host, port = url.host, url.port
        except ValueError:
            raise FetchFailed("url", "This is not a URL.") from None
        if len(text) > URL_CHARS_MAX or not host or not port or url.user is not None or url.password is not None:
            raise FetchFailed("url", "The URL needs a plain host, without user or password.")
        if url.scheme != "https" and not (url.scheme == "http" and self._may_be_plain(host)):
            raise FetchFailed("url", "The scheme must be https.")
        return url.with_fragment(None)

    def _may_be_plain(self, host: str) -> bool:
        """Whether http will do: to this machine, where the operator lists that."""
        try:
            address = address_of("127.0.0.1" if host == "localhost" else host)
        except ValueError:
            return False
        return address.is_loopback and (self._allowed.has_address(address) or self._allowed.has_host(host))


def _joined(base: URL, location: str) -> str:
    try:
        return str(base.join(URL(location))) if location else ""
    except ValueError:
        return ""


def _check_encoding(response: aiohttp.ClientResponse) -> None:
    # We asked for none; unpacking is how a small answer becomes a large one.
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise FetchFailed("encoding", "The answer is compressed, which was not asked for.")


async def _body(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    parts, size_bytes = [], 0
    async for part in response.content.iter_any():
        size_bytes += len(part)
        if size_bytes > bytes_max:
            response.close()
            raise FetchFailed("size", f"The answer is larger than {bytes_max} bytes.")
        parts.append(part)
    return b"".join(parts)


def _failure(problem: Exception) -> FetchFailed:
    """One sentence without what the other side said, which is a stranger's text."""
    cause = problem.os_error if isinstance(problem, aiohttp.ClientConnectorError) else problem
    if isinstance(cause, AddressRefused):
        return FetchFailed("address", str(cause))
    if isinstance(problem, aiohttp.InvalidURL):
        return FetchFailed("url", "This is not a URL that can be asked.")
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return FetchFailed("tls", "The certificate of the other side is not trusted, or is for another name.")
    if isinstance(problem, aiohttp.ClientSSLError | ssl.SSLError):
        return FetchFailed("tls", "There was no TLS connection.")
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return FetchFailed("connection", "The name of the host has no address.")
    if isinstance(problem, aiohttp.ClientConnectorError):
        return FetchFailed("connection", "There was no connection.")
    return FetchFailed("connection", "The connection broke, or what came was not HTTP.")
