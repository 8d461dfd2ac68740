"""C20 through each proxy: a request that two readers could end in different places never carries another inside.

What would be smuggled is a token request with the victim's certificate in the proxy's own header.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import msgspec
import pytest

from tallystick.events import EventType
from tallystick.storage.opening import open_storage
from tallystick.tenants.tenant import Tenant
from tests.application import decoded
from tests.attacks.expect import accepted
from tests.attacks.mtls import Authorities
from tests.attacks.wire import TIMEOUT_S, form_request

from .deployment import Deployment
from .place import HOST, MTLS_HOST
from .spoofed import believable, lines

PATIENCE_S = 1.5
"""How long a proxy may wait for a body that never comes, before we hang up."""
AFTERWARDS = 5
LAST = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
END_OF_CHUNKS = b"0\r\n\r\n"


def post(body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    """A request whose framing the header lines say."""
    first = [b"POST /oauth/token HTTP/" + version, b"Host: " + HOST.encode(), b"Content-Type: text/plain"]
    return b"\r\n".join([*first, *headers]) + b"\r\n\r\n" + body


def chunk(content: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%s\r\n" % (len(content), content)


def length(body: bytes) -> bytes:
    """The header line."""
    return b"Content-Length: %d" % len(body)


def coding(spelled: bytes) -> Callable[[bytes], bytes]:
    """Both framings at once, `Transfer-Encoding` as spelled: who does not know it sees one long body."""

    def made(hidden: bytes) -> bytes:
        body = END_OF_CHUNKS + hidden
        return post(body, length(body), spelled)

    return made


def short_length(hidden: bytes) -> bytes:
    """Who goes by the length sees the hidden request as the next one."""
    body = chunk(hidden) + END_OF_CHUNKS
    return post(body, b"Content-Length: %d" % body.index(hidden), b"Transfer-Encoding: chunked")


def two_lengths(hidden: bytes) -> bytes:
    """Whichever of the two is taken."""
    return post(b"abcd" + hidden, b"Content-Length: 4", length(b"abcd" + hidden))


def listed_lengths(hidden: bytes) -> bytes:
    """The same in one line."""
    return post(b"abcd" + hidden, b"Content-Length: 4, %d" % (4 + len(hidden)))


def signed_length(hidden: bytes) -> bytes:
    """Some readers take a sign."""
    return post(b"abcd" + hidden, b"Content-Length: +4")


def old_chunked(hidden: bytes) -> bytes:
    """HTTP/1.0 knows no chunks."""
    return post(END_OF_CHUNKS + hidden, b"Transfer-Encoding: chunked", b"Connection: keep-alive", version=b"1.0")


def wrapped_chunk_size(hidden: bytes) -> bytes:
    """Too large for 64 bits; what is left of it is 0."""
    return post(b"10000000000000000\r\n\r\n" + hidden, b"Transfer-Encoding: chunked")


def bare_line_feed(hidden: bytes) -> bytes:
    """Two lines to some readers."""
    body = END_OF_CHUNKS + hidden
    return post(body, length(body), b"X-Any: a\nTransfer-Encoding: chunked")


def folded(hidden: bytes) -> bytes:
    """A continuation line, which RFC 9112 5.2 did away with."""
    body = END_OF_CHUNKS + hidden
    return post(body, length(body), b"Transfer-Encoding:\r\n chunked")


def upgrade(protocol: bytes) -> Callable[[bytes], bytes]:
    """Behind an upgrade that Tallystick ignores, a proxy might look no more."""
    return lambda hidden: post(b"", b"Content-Length: 0", b"Connection: Upgrade", b"Upgrade: " + protocol) + hidden


def trailer(hidden: bytes) -> bytes:
    """Headers behind the body, for who merges them."""
    fields = hidden.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return post(b"0\r\n" + b"\r\n".join(fields) + b"\r\n\r\n", b"Transfer-Encoding: chunked", b"TE: trailers")


TRICKS: dict[str, Callable[[bytes], bytes]] = {
    "CL.TE": coding(b"Transfer-Encoding: chunked"),
    "TE.CL": short_length,
    "blank before colon": coding(b"Transfer-Encoding : chunked"),
    "tab": coding(b"Transfer-Encoding:\tchunked"),
    "vertical tab": coding(b"Transfer-Encoding: \x0bchunked"),
    "unknown coding": coding(b"Transfer-Encoding: xchunked"),
    "two codings": coding(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    "listed codings": coding(b"Transfer-Encoding: identity, chunked"),
    "underscore": coding(b"Transfer_Encoding: chunked"),
    "bare line feed": bare_line_feed,
    "folded": folded,
    "two lengths": two_lengths,
    "listed lengths": listed_lengths,
    "signed length": signed_length,
    "HTTP/1.0": old_chunked,
    "chunk size": wrapped_chunk_size,
    "websocket": upgrade(b"websocket"),
    "h2c": upgrade(b"h2c"),
    "trailer": trailer,
}


def received(deployment: Deployment, host: str, sent: bytes) -> bytes:
    """Everything that comes back."""
    context, answers = deployment.tls(), b""
    with (
        socket.create_connection(("127.0.0.1", deployment.port), TIMEOUT_S) as raw,
        context.wrap_socket(raw, server_hostname=host) as connection,
    ):
        connection.settimeout(PATIENCE_S)
        try:
            connection.sendall(sent)
            while piece := connection.recv(65536):
                answers += piece
        except OSError:
            pass
    return answers


async def rows_of(url: str, client_id: str) -> list[dict[str, Any]]:
    """What the log has of one client."""
    storage = await open_storage(url)
    try:
        tenants = await storage.find(Tenant, None)
        rows = [
            row for each in tenants for row in await storage.log_page(each.tenant_id, where={"client_id": client_id})
        ]
        return [msgspec.to_builtins(row.event) for row in rows]
    finally:
        await storage.close()


@pytest.mark.parametrize("host", [HOST, MTLS_HOST])
def test_c20_nothing_is_smuggled(deployment: Deployment, authorities: Authorities, host: str) -> None:
    holder, bystander = authorities.leaf("CN=smuggled"), authorities.admin.application(authorities.audience)
    victim = authorities.by_dn("CN=smuggled")
    spoofed = [line for header, value in believable(holder).items() for line in lines(header, value)]
    hidden = form_request(deployment, victim.form(client_id=victim.client_id), *spoofed, host=host)
    sent = [trick(hidden).replace(HOST.encode(), host.encode(), 1) + LAST for trick in TRICKS.values()]
    # Side by side, for Envoy waits a second before it hangs up.
    with ThreadPoolExecutor(len(sent)) as threads:
        for name, answers in zip(TRICKS, threads.map(received, repeat(deployment), repeat(host), sent), strict=True):
            assert b"access_token" not in answers, name
    # Who comes next gets their own answer, and not what may have been left over.
    for _ in range(AFTERWARDS):
        assert decoded(accepted(bystander.by_secret()))[1]["azp"] == bystander.client_id
    rows = asyncio.run(rows_of(deployment.database_url, victim.client_id))
    assert [row for row in rows if row["type"] == EventType.CLIENT_CREDENTIALS_SUCCEEDED] == []
