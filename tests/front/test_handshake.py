"""Handshakes: who passes, what the application is told, and who does not pass."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL, crypto

from tallystick.front import server, tls

from .conftest import certify, write
from .running import GET, TIMEOUT_S, Front, Identity, read_all, read_answer, read_one

KINDS = ["none", "self-signed-ec", "self-signed-rsa", "unknown-ca", "expired", "chain"]
VERSIONS = ["TLSv1_2", "TLSv1_3"]
Identities = dict[str, Identity | None]


def thumbprints(identity: Identity | None) -> list[str]:
    return [sha256(der).hexdigest() for der in identity.chain] if identity else []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_certificate_passes_the_mtls_listener_and_reaches_the_application_whole(
    front: Front, identities: Identities, version: str
) -> None:
    for kind in KINDS:
        shown = front.ask(port=front.mtls_port, identity=identities[kind], version=version).json
        assert (kind, shown["x5t"], shown["listener"]) == (kind, thumbprints(identities[kind]), "mtls")
    assert front.noise == []


def test_public_listener_never_asks_for_a_certificate(shared: Front, identities: Identities) -> None:
    shown = shared.ask(identity=identities["self-signed-ec"]).json
    assert (shown["x5t"], shown["listener"], shown["scheme"]) == ([], "public", "https")


def test_three_megabytes_go_there_and_back(front: Front) -> None:
    body = bytes(range(256)) * 12288
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with front.connect(port=front.mtls_port) as connection:
        received: list[bytes] = []
        reader = threading.Thread(target=lambda: received.append(read_all(connection)))
        reader.start()
        connection.sendall(head + body)
        reader.join(TIMEOUT_S)
    assert received[0].endswith(body)
    assert front.noise == []


def test_request_in_the_same_segment_as_the_finished_message_is_read(front: Front) -> None:
    """What arrives behind the handshake's last message must not wait for more input."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = front.client_context(version="TLSv1_3").wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", front.mtls_port), TIMEOUT_S) as raw:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        tls.write(GET)
        raw.sendall(outgoing.read())
        content = b""
        while b"}" not in content:
            incoming.write(raw.recv(65536))
            with suppress(ssl.SSLWantReadError):
                while piece := tls.read(65536):
                    content += piece
    assert content.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("version", ["TLS1_2", "TLS1_3"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_anothers_certificate_without_its_key_is_refused(shared: Front, identities: Identities, version: str) -> None:
    """RFC 8446 4.4.3, RFC 5246 7.4.8: possession is proven by a signature of the certificate's key."""
    owner = identities["self-signed-ec"]
    assert owner is not None
    context = stolen(owner.chain[0], version)
    with socket.create_connection(("127.0.0.1", shared.mtls_port), TIMEOUT_S) as raw:
        raw.setblocking(True)
        connection = SSL.Connection(context, raw)
        connection.set_connect_state()
        with pytest.raises(SSL.Error, match="alert"):
            converse(connection)


def stolen(certificate_der: bytes, version: str) -> SSL.Context:
    """A client that shows this very certificate, byte for byte, and signs with another key.

    OpenSSL compares key and certificate only when they are set: by then the certificate holds the thief's key.
    """
    thief = ec.generate_private_key(ec.SECP256R1())
    owner_key = x509.load_der_x509_certificate(certificate_der).public_key()
    certificate = crypto.load_certificate(crypto.FILETYPE_ASN1, certificate_der)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(getattr(SSL, f"{version}_VERSION"))
    context.set_max_proto_version(getattr(SSL, f"{version}_VERSION"))
    certificate.set_pubkey(crypto.PKey.from_cryptography_key(thief.public_key()))
    context.use_certificate(certificate)
    context.use_privatekey(thief)
    certificate.set_pubkey(crypto.PKey.from_cryptography_key(owner_key))  # type: ignore[arg-type]  # an EC key
    assert crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) == certificate_der
    return context


def converse(connection: SSL.Connection) -> bytes:
    """Handshake, ask, read: in TLS 1.3 the refusal comes after the client's own last message."""
    connection.do_handshake()
    connection.send(GET)
    return connection.recv(1000)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("listener", ["port", "mtls_port"])
def test_sessions_are_never_resumed(shared: Front, identities: Identities, listener: str, version: str) -> None:
    """attacks.md 26: a resumed session would keep an identity without proving it, and only its leaf."""
    context = shared.client_context(identities["chain"], version)
    port, session = getattr(shared, listener), None
    for _ in range(3):
        with shared.connect(port=port, context=context, session=session) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            connection.sendall(GET)
            shown = read_answer(connection).json
            session = connection.session
            assert not connection.session_reused
    assert shown["x5t"] == (thumbprints(identities["chain"]) if listener == "mtls_port" else [])


def s_client(front: Front, *options: str) -> str:
    """What openssl says of a handshake."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{front.mtls_port}", "-servername", "localhost", *options]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], "handshake failure"),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], "handshake failure"),
        (["-tls1_2", "-cipher", "AES128-GCM-SHA256"], "handshake failure"),
        (["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"], "handshake failure"),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "protocol version"),
        (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], "protocol version"),
    ],
)
def test_weak_suites_and_old_versions_are_refused(shared: Front, options: list[str], says: str) -> None:
    """RFC 9325 3.1.1, 4.2; FAPI 2 Security Profile 5.2.2."""
    assert f"alert {says}" in s_client(shared, *options)


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"])
def test_tls12_speaks_ecdhe_with_aes_gcm(shared: Front, suite: str) -> None:
    shown = s_client(shared, "-tls1_2", "-cipher", suite, "-alpn", "h2,http/1.1")
    assert f"Cipher is {suite}" in shown
    assert "ALPN protocol: http/1.1" in shown
    assert "Compression: NONE" in shown
    assert "Acceptable client certificate CA names" not in shown
    assert "No client certificate CA names sent" in shown


def test_server_picks_the_suite(shared: Front) -> None:
    offered = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
    assert "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256" in s_client(shared, "-tls1_2", "-cipher", offered)


def test_client_cannot_renegotiate(shared: Front) -> None:
    """RFC 9325 3.5; OpenSSL's `R` command asks for it."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{shared.mtls_port}", "-tls1_2"]
    done = subprocess.run(command, input="R\n", capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert "no renegotiation" in done.stderr


def test_reset_and_garbage_leave_no_noise(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    hello = bytes.fromhex("1603010200010001fc0303")
    for beginning in (b"", hello, b"GET / HTTP/1.1\r\n\r\n", bytes(100)):
        raw = socket.create_connection(("127.0.0.1", front.mtls_port), TIMEOUT_S)
        raw.sendall(beginning)
        # Linger 0: close with a reset.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()
    with socket.create_connection(("127.0.0.1", front.mtls_port), TIMEOUT_S) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        read_all(raw)
    assert front.ask().status == 200
    assert front.noise == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


def test_silent_client_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_TIMEOUT_S", 0.2)
    with Front(tmp_path, uvloop.new_event_loop) as front:
        with socket.create_connection(("127.0.0.1", front.port), TIMEOUT_S) as raw:
            assert read_all(raw) == b""
        assert front.noise == []


def test_sni_picks_the_hosts_certificate_and_the_table_can_be_replaced(tmp_path: Path) -> None:
    with Front(tmp_path, None) as front:
        assert front.table is not None
        with pytest.raises(ssl.SSLCertVerificationError):
            front.connect(server_name="other.example")
        front.table.replace(*front.source.load(["other.example"]))
        for port in (front.port, front.mtls_port):
            with front.connect(port=port, server_name="other.example") as connection:
                connection.sendall(GET)
                assert read_answer(connection).status == 200
        assert front.ask().status == 200


def test_certificate_still_asked_for_where_sni_moved_the_connection(tmp_path: Path, identities: Identities) -> None:
    with Front(tmp_path, uvloop.new_event_loop) as front:
        assert front.table is not None
        front.table.replace(*front.source.load(["other.example"]))
        for kind in ("none", "unknown-ca", "chain"):
            asked = front.ask(port=front.mtls_port, identity=identities[kind], server_name="other.example")
            assert asked.json["x5t"] == thumbprints(identities[kind])


def test_identity_is_that_of_the_connection(shared: Front, identities: Identities) -> None:
    """attacks.md 26: each connection its own, each request of it the same."""
    request = GET.replace(b"Connection: close\r\n", b"")
    one, other = identities["self-signed-ec"], identities["self-signed-rsa"]
    with (
        shared.connect(port=shared.mtls_port, identity=one) as first,
        shared.connect(port=shared.mtls_port, identity=other) as second,
        shared.connect(port=shared.mtls_port) as third,
    ):
        for _ in range(2):
            for connection, identity in ((first, one), (third, None), (second, other)):
                connection.sendall(request)
                assert read_one(connection).json["x5t"] == thumbprints(identity)


def test_openssl_verifies_nothing_of_the_chain_a_stranger_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """attacks.md 12: sixty issuers with dear keys held the loop for most of a second; whom to trust is asked later."""
    depths: list[int] = []

    def seen(_connection: object, _certificate: object, _error: int, depth: int, _ok: int) -> bool:
        depths.append(depth)
        return True

    monkeypatch.setattr(tls, "pass_any_issuer", seen)
    key = ec.generate_private_key(ec.SECP256R1())
    chain = [certify(key, f"c{number}", f"c{number + 1}", key, ca=number > 0) for number in range(20)]
    identity = write(tmp_path, "long", key, *chain)
    with Front(tmp_path, uvloop.new_event_loop) as front:
        assert front.ask(port=front.mtls_port, identity=identity).json["x5t"] == thumbprints(identity)
    assert max(depths) <= 1
