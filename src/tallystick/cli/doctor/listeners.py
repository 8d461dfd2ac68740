"""The two ways in: one never asks for a client certificate, the other asks and takes any (RFC 8705 5, 7)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..exits import Failed
from ..files import write_private, write_public
from .connection import seen, untold
from .endpoints import MTLS, PUBLIC, endpoints
from .finding import ADVICE, BAD, OK, Finding, Patient


def examine(patient: Patient) -> Iterator[Finding]:
    """Show a certificate at both, and see what arrives."""
    found = endpoints(patient.remote)
    if MTLS not in found:
        text = "discovery names no mTLS endpoint aliases: nobody can show a certificate"
        yield Finding("listeners.mtls", ADVICE, text, "serve an mTLS port, or behind a proxy an mtls_host")
        return
    from ...sdk.certificates import thumbprint

    with TemporaryDirectory(prefix="tallystick-doctor-") as directory:
        certificate, key, pem = _made(Path(directory))
        for name, wanted in ((PUBLIC, False), (MTLS, True)):
            check = f"listeners.{name}"
            try:
                told = seen(patient.remote, found[name], {}, cert=(certificate, key))
            except Failed as failure:
                yield untold(check, found[name], failure)
                continue
            yield _finding(check, found[name], arrived=thumbprint(pem) in str(told.get("certificate")), wanted=wanted)


def _finding(check: str, url: str, *, arrived: bool, wanted: bool) -> Finding:
    if arrived == wanted:
        what = "asks for a client certificate and takes one from any issuer" if wanted else "asks for no certificate"
        return Finding(check, OK, f"{url} {what}")
    if wanted:
        text = f"{url} did not see the certificate that was shown to it"
        advice = "behind a proxy: it must ask for one without demanding an issuer, and hand it on (client_cert_header)"
        return Finding(check, BAD, text, advice)
    text = f"{url} asks for client certificates: browsers will bother people with a choice"
    return Finding(check, ADVICE, text, "ask on the mTLS address alone")


def _made(directory: Path) -> tuple[Path, Path, str]:
    from ...jose.private_keys import generate_private_key, private_key_to_pem
    from ...sdk.certificates import self_signed

    key = generate_private_key("ES256")
    pem = self_signed(key, "CN=tallystick doctor", now_ms=time.time_ns() // 1_000_000, days=1)
    certificate_file, key_file = directory / "doctor.crt", directory / "doctor.key"
    write_public(certificate_file, pem)
    write_private(key_file, private_key_to_pem(key))
    return certificate_file, key_file, pem
