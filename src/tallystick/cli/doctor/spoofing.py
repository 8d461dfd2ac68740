"""Can a stranger be somebody else by a header? Every form that proxies use, sent by us (attacks.md 20).

The certificate that is sent was made a moment ago and its key thrown away, so whoever believes in it believes anybody.
It goes to every address that clients use, through whatever proxy stands there, and past it where the server's own port
is known. What the server then took for the connection's certificate it tells at ``/api/v2/debug/connection``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ..exits import Failed
from .connection import seen, untold
from .endpoints import endpoints
from .finding import BAD, OK, Finding, Patient

CLIENT_IP = "203.0.113.66"
"""RFC 5737: an address that is nobody's."""
IP_HEADERS = ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Azure-ClientIP", "Forwarded")


class Stranger:
    """A self-signed certificate that nobody registered, as each kind of proxy would write it."""

    def __init__(self, now_ms: int) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        from ...jose.private_keys import generate_private_key
        from ...sdk.certificates import self_signed, thumbprint

        pem = self_signed(generate_private_key("ES256"), "CN=tallystick doctor", now_ms=now_ms, days=1)
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
        base64, escaped = b64encode(der).decode(), quote(pem, safe="")
        self.thumbprint = thumbprint(pem)
        self.headers: dict[str, dict[str, str]] = {
            "RFC 9440": {"Client-Cert": f":{base64}:"},
            "Auth0": {"client-certificate": escaped, "client-certificate-ca-verified": "SUCCESS"},
            "nginx": {"X-SSL-Client-Cert": escaped, "X-SSL-Client-Verify": "SUCCESS"},
            "Envoy": {"X-Forwarded-Client-Cert": f'Hash={sha256(der).hexdigest()};Cert="{escaped}"'},
            "Traefik": {"X-Forwarded-Tls-Client-Cert": base64},
            "HAProxy": {"X-SSL-Client-DER": base64},
        }
        """Who writes them so → the headers."""

    def spellings(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each form as it is, with ``_`` for ``-``, in capitals, and named hop-by-hop for the proxy to take it away."""
        for form, headers in self.headers.items():
            yield form, headers
            yield f"{form}, with _", {name.replace("-", "_"): value for name, value in headers.items()}
            yield f"{form}, in capitals", {name.upper(): value for name, value in headers.items()}
            yield f"{form}, named in Connection", {**headers, "Connection": ", ".join(headers)}


def examine(patient: Patient) -> Iterator[Finding]:
    """Every address, every form; then the client's address."""
    import time

    stranger = Stranger(time.time_ns() // 1_000_000)
    for name, url in addresses(patient).items():
        check = f"spoofing.{name}"
        try:
            seen(patient.remote, url, {})
        except Failed as failure:
            yield untold(check, url, failure)
            continue
        yield _certificate(patient, check, url, stranger)
        yield _address(patient, f"{check}.address", url)


def addresses(patient: Patient) -> dict[str, str]:
    """What discovery names, and behind a proxy the server's own port when it is on this machine."""
    found = endpoints(patient.remote)
    settings = patient.settings
    if settings is not None and settings.insecure_http and settings.port:
        host = settings.host if settings.host in ("localhost", "127.0.0.1") else "localhost"
        found["past the proxy"] = f"http://{host}:{settings.port}/"
    return found


def _certificate(patient: Patient, check: str, url: str, stranger: Stranger) -> Finding:
    believed = [
        form
        for form, headers in stranger.spellings()
        if stranger.thumbprint in str(_told(patient, url, headers).get("certificate"))
    ]
    if not believed:
        return Finding(check, OK, f"{url} takes no certificate from a header ({4 * len(stranger.headers)} ways tried)")
    text = f"{url} takes a stranger's certificate from a header: {'; '.join(believed)}. Anybody can be any mTLS client"
    advice = (
        "make the proxy set or delete this header itself on every request, in both spellings, and let nobody else "
        "reach the server's port; deploy/ has configurations that do"
    )
    return Finding(check, BAD, text, advice)


def _address(patient: Patient, check: str, url: str) -> Finding:
    values = {name: f"for={CLIENT_IP}" if name == "Forwarded" else CLIENT_IP for name in IP_HEADERS}
    believed = [
        name for name, value in values.items() if _told(patient, url, {name: value}).get("client_ip") == CLIENT_IP
    ]
    if not believed:
        return Finding(check, OK, f"{url} takes no client address from a stranger's header")
    text = f"{url} takes the client's address from a stranger's header: {', '.join(believed)}"
    return Finding(check, BAD, text, "make the proxy set the header itself rather than pass it on")


def _told(patient: Patient, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """What the server saw; nothing when it, or the proxy, refused the request: then nobody was believed."""
    try:
        return seen(patient.remote, url, headers)
    except Failed:
        return {}
