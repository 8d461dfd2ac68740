"""HTTP/1.1 on one connection: uvicorn's protocol, plus the peer's certificates, minus doubtful framing."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Literal, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..metrics import MALFORMED_REQUESTS
from .cname_keys import PENDING, pending
from .connection import TlsConnection
from .extensions import of_connection, tell
from .framing import FRAMING_HEADERS, HEAD_BYTES_MAX, BadRequest, Head, check_head
from .headers import accepted_name
from .identity import Claim
from .joined import JoinedWrites
from .proxies import Peer
from .refusal import new_correlation_id, refusal_bytes
from .state import FrontState

Listener = Literal["public", "mtls", "plain", "unix"]

REQUEST_TIMEOUT_S = 30.0
"""From a connection's or request's first byte to the request's last."""
DISCARDED_BODY_BYTES_MAX = 1024 * 1024
"""How much of an unwanted body is read so that the client sees the answer before the connection closes."""
IDLE_GRACE_S = 1.0
"""How long a stopping server still waits on an open connection for a request that is on its way."""

log = logging.getLogger("tallystick.front")


class FrontProtocol(HttpToolsProtocol):
    """One connection. ``listener`` names the socket it came in by."""

    def __init__(
        self,
        config: Config,
        server_state: FrontState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        listener: Listener,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._state = server_state
        self._state.opening.add(self)
        self._listener = listener
        self._peer = Peer()
        self._proxies = server_state.proxies
        self._extensions: dict[str, Any] = {}
        """What every request of this connection begins with."""
        self._names_clients = False
        """Whether a proxy is at the other end that may name the client's address without more ado."""
        self._claims: list[Claim] = []
        """The certificate headers of the request."""
        self._refused = False
        self._receiving = False
        """Between a request's first byte and its last."""
        self._head_done = False
        self._head_bytes = 0
        self._counted_bytes = 0
        self._discarded_bytes = 0
        self._framing: dict[bytes, list[bytes]] = {}
        self._request_timer: asyncio.TimerHandle | None = None
        self._drain_timer: asyncio.TimerHandle | None = None

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The handshake is done: what it proved holds for every request of this connection, and no other."""
        super().connection_made(transport)
        self._state.opening.discard(self)
        tls = transport.get_extra_info("ssl_object")
        self._meet(tls.peer_certificates() if isinstance(tls, TlsConnection) else ())
        self._watch_request()
        if self._state.draining:
            self._close_soon()

    def _meet(self, certificates: tuple[bytes, ...]) -> None:
        proxies = self._proxies
        self._peer = Peer(certificates)
        if proxies is not None:
            self._peer = proxies.peer(self._listener, self.client[0] if self.client else "", certificates)
            self._names_clients = bool(proxies.client_ip_header) and self._peer.may_be_proxy
        self._extensions = of_connection(self._listener, self._peer)

    def connection_lost(self, exc: Exception | None) -> None:
        """No timer outlives the connection."""
        self._stop_request_timer()
        if self._drain_timer is not None:
            self._drain_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; refuse what cannot be parsed in one way only."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        if not self._head_done:
            self._head_bytes += len(data)
        try:
            self._feed(data)
            # A field that has not ended yet has not been counted by the parser's callbacks.
            if self._receiving and not self._head_done and self._head_bytes > HEAD_BYTES_MAX:
                raise BadRequest(431, "headers.size")
        except BadRequest as refusal:
            self._refuse(refusal)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, BadRequest) else BadRequest(400, f"parser: {error}"))
        else:
            self._watch_request()

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade() + data[upgrade.args[0] :]
            else:
                return

    def _without_upgrade(self) -> bytes:
        # RFC 9110 7.8: an upgrade may be ignored. The parser cannot, so a new one reads the request without it.
        fields = [(name, value) for name, value in self.headers if name not in (b"upgrade", b"connection")]
        fields += self._claims
        version = str(self.scope["http_version"]).encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % field for field in fields]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    # The request, as the parser calls

    def on_message_begin(self) -> None:
        """A new request: its scope says by which listener it came and which certificates the handshake proved."""
        super().on_message_begin()
        self._receiving, self._head_done = True, False
        self._head_bytes = self._counted_bytes = self._discarded_bytes = 0
        self._framing = {}
        # A new dict each time: what the application does to it must not reach the connection's next request.
        self.scope["extensions"] = self._extensions.copy()
        if self._claims:
            self._claims = []

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field; of a certificate header, and of fields after the body (RFC 9110 6.5.1), nothing is kept."""
        self._count(len(name) + len(value))
        accepted = accepted_name(name)
        if self._head_done:
            return
        if accepted is None:
            # RFC 9110 5.5: blanks behind a value are no part of it; the parser leaves them.
            self._claims.append((name.lower(), value.rstrip(b" \t")))
            return
        if accepted in FRAMING_HEADERS:
            self._framing.setdefault(accepted, []).append(value)
        elif accepted == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((accepted, value))

    def on_headers_complete(self) -> None:
        """The head is whole: check it, then let the application begin."""
        version = self.parser.get_http_version()
        self.scope["http_version"] = version
        header_count = len(self.headers) + len(self._claims)
        check_head(Head(self.parser.get_method(), self.url, version, self._framing, header_count))
        if self.parser.should_upgrade():
            return
        if self._claims or self._names_clients:
            self._identify()
        self._head_done = True
        self._counted_bytes = 0
        super().on_headers_complete()
        self.cycle.transport = JoinedWrites(self.transport, self.loop)
        if self._state.draining:
            self.cycle.keep_alive = False

    def _identify(self) -> None:
        proxies, now_s = self._proxies, time.time()
        if proxies is not None and self._state.asks_cname_keys:
            waiting = pending(proxies, self._peer, self._claims, now_s)
            if waiting is not None:
                extensions: dict[str, Any] = self.scope["extensions"]
                extensions[PENDING] = waiting
                return
        tell(cast("dict[str, Any]", self.scope), proxies, self._peer, self._claims, now_s)

    def on_body(self, body: bytes) -> None:
        """A piece of the body; one that nobody wants any more is read only so far."""
        if not self.cycle.response_complete:
            super().on_body(body)
            return
        self._discarded_bytes += len(body)
        if self._discarded_bytes > DISCARDED_BODY_BYTES_MAX:
            self.transport.close()

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.parser.should_upgrade():
            return
        self._receiving = self._head_done = False
        self._head_bytes = 0
        super().on_message_complete()

    def _count(self, size_bytes: int) -> None:
        # Head and trailers each.
        self._counted_bytes += size_bytes
        if self._counted_bytes > HEAD_BYTES_MAX:
            raise BadRequest(431, "headers.size")

    # Refusal

    def _refuse(self, refusal: BadRequest) -> None:
        """Answer and close. Behind an unfinished answer only close: a client would take the refusal for that answer."""
        self._refused = True
        self._stop_request_timer()
        MALFORMED_REQUESTS.add()
        correlation_id = new_correlation_id()
        log.warning("request refused: %s (client %s, correlation id %s)", refusal.check, self.client, correlation_id)
        cycle = self.cycle
        unfinished = cycle is not None and not cycle.response_complete
        own_body = self._head_done and not self.pipeline and unfinished and not cycle.response_started
        if not unfinished or own_body:
            self.transport.write(refusal_bytes(refusal.status, correlation_id, self._state.default_headers))
        if unfinished:
            # The application gets `http.disconnect`, and nothing it says goes out behind the refusal.
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    # Time

    def _watch_request(self) -> None:
        if self._busy() and not self._receiving:
            self._stop_request_timer()
        elif self._request_timer is None:
            self._request_timer = self.loop.call_later(REQUEST_TIMEOUT_S, self._give_up)

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _give_up(self) -> None:
        self._request_timer = None
        if self.pipeline:
            # Reading is paused behind an earlier request; the client is not to blame.
            self._watch_request()
        elif not self.transport.is_closing():
            self.transport.close()

    # Stopping

    def shutdown(self) -> None:
        """Finish what was begun, take what is on its way, then close."""
        if self._busy():
            # An answer under way has already told the client to come again; the next one tells it to go.
            if not self.cycle.response_started:
                self.cycle.keep_alive = False
        else:
            self._close_soon()

    def on_response_complete(self) -> None:
        """An answer is out."""
        super().on_response_complete()
        if self._state.draining and not self._busy():
            self._close_soon()

    def _busy(self) -> bool:
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)

    def _close_soon(self) -> None:
        if self._drain_timer is None and not self.transport.is_closing():
            self._drain_timer = self.loop.call_later(IDLE_GRACE_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._drain_timer = None
        if self._busy() or self.transport.is_closing():
            return
        if self._receiving:
            # Its own time limit runs; a request that has begun to arrive is waited for.
            self._close_soon()
        else:
            self.transport.close()
