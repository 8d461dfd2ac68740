"""The TLS policy, in one place, for both listeners; and the table from which SNI picks a certificate.

TLS 1.2 with ECDHE and AES-GCM, and TLS 1.3 (FAPI 2 Security Profile 5.2.2, RFC 9325). No resumption anywhere: a resumed
session keeps only the leaf of the client's chain, and an identity that is not proven anew is an attack (attacks.md 26).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, NoReturn

from OpenSSL import SSL, crypto

from ..errors import StartupError
from .certificates import ServerCertificate
from .connection import TlsConnection, reason_of

TLS12_SUITES = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
)
TLS13_SUITES = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
OPTIONS = SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION | SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_RENEGOTIATION
ALPN = b"http/1.1"


class CertificateTable:
    """Which certificate to show for which host. Replaced whole at run time; connections under way keep theirs."""

    def __init__(self, default: ServerCertificate, by_host: Mapping[str, ServerCertificate] | None = None) -> None:
        self.replace(default, by_host or {})

    def replace(self, default: ServerCertificate, by_host: Mapping[str, ServerCertificate]) -> None:
        """From now on show these; host names in lower case, exactly as SNI spells them."""
        self.default = default
        self.by_host = dict(by_host)

    def pick(self, server_name: bytes | None) -> ServerCertificate:
        """The host's certificate; the default one without SNI or for unknown names (RFC 6066 3)."""
        if not server_name:
            return self.default
        return self.by_host.get(server_name.decode("ascii", "replace").lower(), self.default)


class TlsContext(ssl.SSLContext):
    """An ``ssl.SSLContext`` by type only: every connection it wraps is pyOpenSSL's, under the policy of this file."""

    def __new__(cls, table: CertificateTable, *, ask_client_certificate: bool) -> TlsContext:
        """Nothing of the standard library's context is used; its constructor wants a protocol all the same."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, table: CertificateTable, *, ask_client_certificate: bool) -> None:
        self._table = table
        self._ask = ask_client_certificate
        self._made: dict[int, tuple[ServerCertificate, SSL.Context]] = {}

    def wrap_bio(  # type: ignore[override]  # an SSLObject by behaviour; the class itself cannot be constructed
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: object = None,
    ) -> TlsConnection:
        """The server's side of a new connection."""
        if not server_side:
            raise ValueError("this context serves; it does not connect")
        return TlsConnection(self._context_for(self._table.default), incoming, outgoing)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: it would serve with the empty context of the standard library."""
        raise NotImplementedError("only wrap_bio carries the policy")

    def _context_for(self, certificate: ServerCertificate) -> SSL.Context:
        made = self._made.get(id(certificate))
        if made is None:
            known = {id(one) for one in (self._table.default, *self._table.by_host.values())}
            self._made = {key: value for key, value in self._made.items() if key in known}
            made = (certificate, new_context(certificate, ask_client_certificate=self._ask))
            made[1].set_tlsext_servername_callback(self._pick_by_sni)
            self._made[id(certificate)] = made
        return made[1]

    def _pick_by_sni(self, connection: SSL.Connection) -> None:
        chosen = self._context_for(self._table.pick(connection.get_servername()))
        if chosen is not connection.get_context():
            connection.set_context(chosen)


def new_context(certificate: ServerCertificate, *, ask_client_certificate: bool) -> SSL.Context:
    """An OpenSSL context under the policy that shows ``certificate``."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(TLS12_SUITES)
    context.set_tls13_ciphersuites(TLS13_SUITES)
    context.set_options(OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_alpn_select_callback(select_protocol)
    if ask_client_certificate:
        # Asks and never requires; no CA names are sent, so that clients offer whatever they have.
        context.set_verify(SSL.VERIFY_PEER, pass_any_issuer)
        # OpenSSL would verify every link of what was shown, with whatever keys a stranger chose for it, in the loop:
        # sixty issuers took most of a second. It still reads them all, so the application gets the whole chain.
        context.set_verify_depth(0)
    context.use_certificate(certificate.leaf)
    for intermediate in certificate.intermediates:
        context.add_extra_chain_cert(intermediate)
    context.use_privatekey(certificate.key)
    context.check_privatekey()
    return context


def check_usable(certificate: ServerCertificate, path: object) -> None:
    """OpenSSL takes this certificate and key, at its security level; raises :class:`StartupError`."""
    try:
        new_context(certificate, ask_client_certificate=False)
    except SSL.Error as error:
        raise StartupError(f"TLS cannot use the certificate {path}: {reason_of(error)}") from error


def pass_any_issuer(
    connection: SSL.Connection, certificate: crypto.X509, error_number: int, depth: int, ok: int
) -> bool:
    """Let every chain through the handshake: whom to trust is the client's registration to say (RFC 8705 2)."""
    return True


def select_protocol(connection: SSL.Connection, offered: list[bytes]) -> Any:
    """RFC 7301: HTTP/1.1, or no protocol at all for clients that offer others only."""
    return ALPN if ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS
