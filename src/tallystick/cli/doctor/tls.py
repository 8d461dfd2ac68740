"""TLS as a client meets it, at the issuer and at the mTLS aliases: versions, suites, the life of the certificate.

What is wanted (RFC 9325, FAPI 2 Security Profile 5.2.2): TLS 1.2 and 1.3 alone, and of TLS 1.2 only suites with forward
secrecy and authenticated encryption.
"""

from __future__ import annotations

import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

from .endpoints import endpoints
from .finding import ADVICE, BAD, OK, SKIPPED, Finding, Patient

TIMEOUT_S = 5.0
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
NAMES = {
    ssl.TLSVersion.TLSv1: "1.0",
    ssl.TLSVersion.TLSv1_1: "1.1",
    ssl.TLSVersion.TLSv1_2: "1.2",
    ssl.TLSVersion.TLSv1_3: "1.3",
}
WEAK_SUITES = {
    "without forward secrecy": "kRSA",
    "without authenticated encryption (CBC)": "ECDHE+AES+SHA:ECDHE+AES+SHA256:ECDHE+AES+SHA384:DHE+AES+SHA",
    "without encryption or authentication": "aNULL:eNULL",
    "with 3DES": "3DES",
}
"""What makes it weak → how OpenSSL calls the suites."""
DAYS_ADVICE, DAYS_BAD = 21, 3


def examine(patient: Patient) -> Iterator[Finding]:
    """Every address that the discovery document names."""
    for name, url in endpoints(patient.remote).items():
        parts = urlsplit(url)
        if parts.scheme != "https":
            yield Finding(f"tls.{name}", SKIPPED, f"{url} is plain HTTP", "examine the address that clients use")
            continue
        host, port = parts.hostname or "", parts.port or 443
        if silence := _silence(host, port):
            text = f"{host}:{port} does not answer: {silence}"
            yield Finding(f"tls.{name}", BAD, text, "is the address right, known to this machine, and open?")
            continue
        yield from _versions(name, host, port)
        yield from _suites(name, host, port)
        yield _certificate(patient, name, host, port)


def _silence(host: str, port: int) -> str:
    """Why nobody can connect; empty when somebody can. Who does not answer would seem to refuse every weak suite."""
    try:
        with socket.create_connection((host, port), TIMEOUT_S):
            return ""
    except OSError as error:
        return str(error)


def _versions(name: str, host: str, port: int) -> Iterator[Finding]:
    taken = [NAMES[version] for version in OLD if accepts(host, port, version)]
    missing = [NAMES[version] for version in NEW if not accepts(host, port, version)]
    check = f"tls.{name}.versions"
    if taken:
        yield Finding(check, BAD, f"{host}:{port} takes TLS {', '.join(taken)}", "allow TLS 1.2 and 1.3 alone")
    elif len(missing) == len(NEW):
        yield Finding(check, BAD, f"{host}:{port} takes neither TLS 1.2 nor 1.3", "is it a TLS port at all?")
    elif missing:
        yield Finding(check, ADVICE, f"{host}:{port} does not take TLS {missing[0]}", "allow TLS 1.2 and 1.3")
    else:
        yield Finding(check, OK, f"{host}:{port} takes TLS 1.2 and 1.3, and nothing older")


def _suites(name: str, host: str, port: int) -> Iterator[Finding]:
    weak = [why for why, suites in WEAK_SUITES.items() if accepts(host, port, ssl.TLSVersion.TLSv1_2, suites)]
    if weak:
        text = f"{host}:{port} takes suites {', '.join(weak)}"
        yield Finding(f"tls.{name}.suites", BAD, text, "allow ECDHE with AES-GCM or ChaCha20-Poly1305 alone")
    else:
        yield Finding(f"tls.{name}.suites", OK, f"{host}:{port} takes none of the weak suites")


def accepts(host: str, port: int, version: ssl.TLSVersion, suites: str = "ALL") -> bool:
    """Whether a handshake of exactly this version, with some of these suites, succeeds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # what is offered matters, not who offers it
    try:
        with warnings.catch_warnings():
            # Python warns of the very versions that must be tried.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
        with socket.create_connection((host, port), TIMEOUT_S) as raw, context.wrap_socket(raw, server_hostname=host):
            return True
    except (OSError, ValueError):
        # Suites that this machine's own OpenSSL has no longer cannot be tried; then nobody else's has them easily.
        return False


def _certificate(patient: Patient, name: str, host: str, port: int) -> Finding:
    """Whom the connections of this command trust, it has; here is how long still."""
    context = patient.remote.tls_context()
    check = f"tls.{name}.certificate"
    try:
        with (
            socket.create_connection((host, port), TIMEOUT_S) as raw,
            context.wrap_socket(raw, server_hostname=host) as tls,
        ):
            shown = tls.getpeercert() or {}
    except OSError as error:
        text = f"the certificate of {host}:{port} does not hold: {error}"
        return Finding(check, BAD, text, "renew or replace it, or name its authority by --ca-file")
    days = (ssl.cert_time_to_seconds(str(shown["notAfter"])) - time.time()) / 86_400
    level = OK if days > DAYS_ADVICE else ADVICE if days > DAYS_BAD else BAD
    text = f"the certificate of {host}:{port} is trusted and ends in {days:.0f} days"
    return Finding(check, level, text, "" if level == OK else "renew it; files are read again on SIGHUP")
