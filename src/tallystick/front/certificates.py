"""Server certificates: a chain and its key read from files, checked before anything listens.

Whatever is missing, garbage or does not fit together stops the start (attacks.md 25): never serve without, never go on
with less.
"""

from __future__ import annotations

import re
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ..errors import StartupError

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----).)*-----END \1-----", re.DOTALL)
"""RFC 7468 2, with what older tools write between the lines."""


class ServerCertificate:
    """A leaf, what stands between it and its root, and its private key."""

    __slots__ = ("intermediates", "key", "leaf")

    def __init__(self, leaf: x509.Certificate, intermediates: tuple[x509.Certificate, ...], key: Key) -> None:
        self.leaf = leaf
        self.intermediates = intermediates
        self.key = key


def read_file(path: Path, what: str) -> bytes:
    """The file's bytes; raises :class:`StartupError` naming ``what`` it is and the path."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise StartupError(f"cannot read the {what} {path}: {error.strerror}") from error


def read_chain(path: Path, what: str = "TLS certificate") -> tuple[x509.Certificate, ...]:
    """Every certificate of a PEM file, in its order; at least one. A file that is cut off is refused."""
    pem = read_file(path, what)
    try:
        chain = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise StartupError(f"the {what} {path} is not a PEM certificate") from error
    # The library passes over a block that does not end, as in a file that somebody is just writing.
    labels = [block[1] for block in _BLOCK.finditer(pem)]
    if b"-----BEGIN" in _BLOCK.sub(b"", pem) or len(chain) != sum(label.endswith(b"CERTIFICATE") for label in labels):
        raise StartupError(f"the {what} {path} has a part that is cut off or no certificate")
    return chain


def read_key(path: Path, what: str = "TLS key") -> Key:
    """The private key of a PEM file."""
    pem = read_file(path, what)
    try:
        key = load_pem_private_key(pem, None)
    except TypeError as error:
        raise StartupError(f"the {what} {path} is encrypted; give it without a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise StartupError(f"the {what} {path} is not a PEM private key") from error
    if not isinstance(key, Key):
        raise StartupError(f"the {what} {path} is of a kind that TLS does not know")
    return key


def spki(holder: Key | x509.Certificate) -> bytes:
    """The public key as DER SubjectPublicKeyInfo (RFC 5280 4.1)."""
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def read_certificate(certificate_file: Path, key_file: Path) -> ServerCertificate:
    """Chain and key, seen to belong together; raises :class:`StartupError`."""
    leaf, *intermediates = read_chain(certificate_file)
    key = read_key(key_file)
    if spki(leaf) != spki(key):
        raise StartupError(f"the TLS key {key_file} does not belong to the certificate {certificate_file}")
    return ServerCertificate(leaf, tuple(intermediates), key)
