"""A TLS server that takes whatever it is told to take, for a doctor to find fault with."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from tallystick.front.local_ca import LEAF_VALIDITY, LocalCa
from tallystick.jose.private_keys import generate_private_key, private_key_to_pem

SECURE = "ECDHE+AESGCM"


@cache
def rsa_key() -> str:
    """For the suites that need RSA: the local CA would give its certificates EC keys."""
    return private_key_to_pem(generate_private_key("RS256"))


@contextmanager
def tls_server(
    directory: Path, oldest: ssl.TLSVersion, newest: ssl.TLSVersion, suites: str = SECURE, days: int = 300
) -> Iterator[tuple[int, Path]]:
    """Its port, and the authority to trust."""
    certificate, key_file = directory / "localhost.pem", directory / "localhost.key"
    key_file.write_text(rsa_key())
    authority = LocalCa(directory)
    authority.certificate_for(["localhost"], datetime.now(UTC) - LEAF_VALIDITY + timedelta(days=days))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    context.load_cert_chain(certificate, key_file)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        stop = threading.Event()
        thread = threading.Thread(target=_answer, args=(listening, context, stop))
        thread.start()
        try:
            yield listening.getsockname()[1], authority.certificate_file
        finally:
            stop.set()
            thread.join()


def _answer(listening: socket.socket, context: ssl.SSLContext, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            raw, _ = listening.accept()
        except TimeoutError:
            continue
        raw.settimeout(30)
        with suppress(OSError), context.wrap_socket(raw, server_side=True) as tls:
            tls.recv(1)
