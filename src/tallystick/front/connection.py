"""One TLS connection over memory BIOs: pyOpenSSL behind the interface of ``ssl.SSLObject``, for asyncio and uvloop.

The standard library aborts a handshake when it cannot verify the client's certificate; OpenSSL itself need not.
Possession of the certificate's key stays OpenSSL's job (RFC 8446 4.4.3, RFC 5246 7.4.8): trust is decided elsewhere.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from OpenSSL import SSL, crypto

RECORD_BYTES_MAX = 16 * 1024
"""RFC 8446 5.1: one record's plaintext; a read never gives more, so a larger buffer would only cost."""
FLUSH_BYTES = 64 * 1024


@contextmanager
def translated() -> Iterator[None]:
    """Raise pyOpenSSL's errors as the standard library's."""
    try:
        yield
    except SSL.WantReadError:
        raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "The operation did not complete (read)") from None
    except SSL.WantWriteError:
        raise ssl.SSLWantWriteError(ssl.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)") from None
    except SSL.ZeroReturnError:
        raise ssl.SSLZeroReturnError(ssl.SSL_ERROR_ZERO_RETURN, "TLS connection has been closed") from None
    except SSL.SysCallError:
        raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol") from None
    except SSL.Error as error:
        raise ssl.SSLError(ssl.SSL_ERROR_SSL, reason_of(error)) from None


def reason_of(error: SSL.Error) -> str:
    """OpenSSL's own words for what went wrong."""
    reasons = [entry[-1] for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(reason) for reason in reasons) or "TLS error"


class TlsConnection:
    """The server's side of one connection; raises ``ssl.SSLError`` and its kin as ``ssl.SSLObject`` does."""

    server_side = True
    server_hostname: str | None = None
    session = None
    session_reused = False

    def __init__(self, context: SSL.Context, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        # SNI may move the connection to another context, but OpenSSL goes on calling the first one's callbacks.
        self._first_context = context
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()
        self._incoming = incoming
        self._outgoing = outgoing
        self._chain: tuple[bytes, ...] = ()
        self._failure: ssl.SSLError | None = None
        self._unread = False
        """OpenSSL may hold records that it has not decrypted yet."""

    def do_handshake(self) -> None:
        """Go on with the handshake as far as what has arrived allows."""
        if self._failure is not None:
            raise self._failure
        self._feed()
        try:
            with translated():
                self._connection.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._flush()
            raise
        except ssl.SSLError as failure:
            if not self._flush():
                raise
            # The event loop sends what is to go out only while the handshake goes on. The alert has to reach the
            # client, so the failure is told at the next call; a client that makes none runs into the time limit.
            self._failure = failure
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "An alert goes out") from None
        self._flush()
        self._chain = self._read_chain()

    def read(self, length: int = RECORD_BYTES_MAX, buffer: Any = None) -> Any:
        """Decrypted bytes, empty after the peer's close_notify; with ``buffer`` their number."""
        self._feed()
        wanted = min(length, RECORD_BYTES_MAX)
        try:
            received = self._connection.recv(wanted)
        except SSL.ZeroReturnError:
            received = b""
        except SSL.Error:
            self._unread = False
            # Not only failures: alerts and key updates may have to go out.
            self._flush()
            with translated():
                raise
        if buffer is None:
            return received
        buffer[: len(received)] = received
        return len(received)

    def write(self, data: Any) -> int:
        """Encrypt ``data`` whole; returns its length."""
        size = len(data)
        if size == 0:
            return 0
        try:
            with translated():
                self._connection.sendall(data)
        finally:
            self._flush()
        return size

    def unwrap(self) -> None:
        """Send close_notify and wait for the peer's (RFC 8446 6.1)."""
        self._feed()
        try:
            with translated():
                finished = self._connection.shutdown()
        finally:
            self._flush()
        if not finished:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "The operation did not complete (read)")

    def pending(self) -> int:
        """More than 0 while a read may give something without more input.

        uvloop stops reading at 0, and OpenSSL counts only what it has decrypted: behind the handshake's last message
        may wait a whole request.
        """
        return self._connection.pending() or int(self._unread)

    def peer_certificates(self) -> tuple[bytes, ...]:
        """The chain as the client sent it: DER, leaf first; empty without one. Only the leaf's key is proven."""
        return self._chain

    def getpeercert(self, binary_form: bool = False) -> bytes | dict[str, Any] | None:
        """The leaf in DER; otherwise an empty dict, as the standard library has it for what it did not validate."""
        if not self._chain:
            return None
        return self._chain[0] if binary_form else {}

    def cipher(self) -> tuple[str, str, int] | None:
        """Name, protocol version and secret bits of the suite."""
        name, version = self._connection.get_cipher_name(), self._connection.get_cipher_version()
        bits = self._connection.get_cipher_bits()
        return (name, version, bits) if name and version and bits else None

    def version(self) -> str | None:
        """Such as ``TLSv1.3``."""
        return self._connection.get_protocol_version_name()

    def selected_alpn_protocol(self) -> str | None:
        """What ALPN agreed on."""
        return self._connection.get_alpn_proto_negotiated().decode("ascii") or None

    def compression(self) -> None:
        """None: compression is off (RFC 7525 3.3)."""

    def shared_ciphers(self) -> None:
        """None: not known."""

    def get_channel_binding(self, cb_type: str = "tls-unique") -> bytes | None:
        """RFC 5929 ``tls-unique`` for TLS 1.2; TLS 1.3 has none (RFC 8446 C.5)."""
        if cb_type != "tls-unique":
            raise ValueError(f"{cb_type} channel binding is not known")
        # Sessions are never resumed here, so the first Finished message is always the client's.
        return self._connection.get_peer_finished() if self.version() == "TLSv1.2" else None

    def _feed(self) -> None:
        arrived = self._incoming.read()
        if arrived:
            self._connection.bio_write(arrived)
            self._unread = True
        if self._incoming.eof:
            self._connection.bio_shutdown()

    def _flush(self) -> bool:
        """Move what OpenSSL wants to send to where the event loop takes it; False when there was nothing."""
        moved = False
        while True:
            try:
                leaving = self._connection.bio_read(FLUSH_BYTES)
            except SSL.Error:
                return moved
            moved = True
            self._outgoing.write(leaving)
            if len(leaving) < FLUSH_BYTES:
                return moved

    def _read_chain(self) -> tuple[bytes, ...]:
        leaf = self._connection.get_peer_certificate()
        if leaf is None:
            return ()
        # On the server's side OpenSSL leaves the leaf out of the chain. The client's own bytes make x5t#S256.
        others = self._connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in (leaf, *others))
