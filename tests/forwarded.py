"""Client certificates as each proxy writes them into headers; made apart from the parsers, after the same sources."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

Lines = list[bytes]
KEY = "a-proxy-key-of-more-than-32-characters"
OTHER_KEY = "another-proxy-key-of-more-than-32-chars"


def pem(der: bytes) -> str:
    """As OpenSSL writes it."""
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()


def escaped(text: str) -> bytes:
    """Every character that a URL gives a meaning, escaped."""
    return quote(text, safe="").encode()


def rfc9440(chain: Sequence[bytes], verdict: str = "") -> Lines:
    """HAProxy, Caddy and others."""
    lines = [b"Client-Cert: :" + b64encode(chain[0]) + b":"]
    if chain[1:]:
        lines.append(b"Client-Cert-Chain: " + b", ".join(b":" + b64encode(der) + b":" for der in chain[1:]))
    return lines


def auth0(chain: Sequence[bytes], verdict: str = "FAILED") -> Lines:
    """A customer's edge in front of Auth0."""
    lines = [b"client-certificate: " + escaped(pem(chain[0]))]
    return [*lines, b"client-certificate-ca-verified: " + verdict.encode()] if verdict else lines


def nginx(chain: Sequence[bytes], verdict: str = "FAILED:unable to verify the first certificate") -> Lines:
    """`proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert` and the verdict."""
    lines = [b"X-SSL-Client-Cert: " + escaped(pem(chain[0]))]
    return [*lines, b"X-SSL-Client-Verify: " + verdict.encode()] if verdict else lines


def envoy(chain: Sequence[bytes], verdict: str = "") -> Lines:
    """`SANITIZE_SET` with certificate, chain and subject."""
    digest = sha256(chain[0]).hexdigest().encode()
    whole = escaped("".join(map(pem, chain)))
    subject = x509.load_der_x509_certificate(chain[0]).subject.rfc4514_string().encode()
    pairs = [b"Hash=" + digest, b'Cert="' + escaped(pem(chain[0])) + b'"', b'Chain="' + whole + b'"']
    return [b"x-forwarded-client-cert: " + b";".join([*pairs, b'Subject="' + subject + b'"', b"URI="])]


def traefik(chain: Sequence[bytes], verdict: str = "") -> Lines:
    """PassTLSClientCert with `pem: true`."""
    return [b"X-Forwarded-Tls-Client-Cert: " + b",".join(b64encode(der) for der in chain)]


def haproxy(chain: Sequence[bytes], verdict: str = "") -> Lines:
    """`ssl_c_der` and `ssl_c_chain_der`."""
    lines = [b"X-SSL-Client-DER: " + b64encode(chain[0])]
    return [*lines, b"X-SSL-Client-Chain-DER: " + b64encode(b"".join(chain[1:]))] if chain[1:] else lines


SPELLED: dict[str, Callable[..., Lines]] = {
    "rfc9440": rfc9440,
    "auth0": auth0,
    "nginx": nginx,
    "envoy": envoy,
    "traefik": traefik,
    "haproxy": haproxy,
}
LEAF_ALONE = ("auth0", "nginx")
"""Forms that have no place for the rest of the chain."""


def name_of(line: bytes) -> bytes:
    """The header's name, as it is spelled."""
    return line.partition(b":")[0]


def value_of(line: bytes) -> bytes:
    """What it says."""
    return line.partition(b": ")[2]


def key_line(key: str = KEY) -> bytes:
    """How a proxy shows its key."""
    return b"X-Tallystick-Proxy-Key: " + key.encode()
