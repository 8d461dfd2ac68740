"""Certificates that a strict verifier accepts, and only those."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import ClientVerifier, PolicyBuilder, Store, VerificationError

from tallystick.jose import base64url
from tallystick.jose.keys import public_key_from_pem
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.sdk.certificates import TrialAuthority, self_signed, thumbprint

NOW_MS = 1_790_000_000_000
NOW = datetime.fromtimestamp(NOW_MS // 1000, UTC)


def verifier(authority: TrialAuthority, at: datetime = NOW) -> ClientVerifier:
    anchor = x509.load_pem_x509_certificate(authority.certificate_pem.encode())
    return PolicyBuilder().store(Store([anchor])).time(at).build_client_verifier()


def test_the_authoritys_certificates_chain_to_it_alone() -> None:
    ours, other = (TrialAuthority("CN=Same Name", now_ms=NOW_MS) for _ in range(2))
    issued = ours.issue("CN=app,O=Example", now_ms=NOW_MS, dns_names=["app.example"])
    leaf = x509.load_pem_x509_certificate(issued.certificate_pem.encode())
    assert verifier(ours).verify(leaf, []).chain[0] == leaf
    with pytest.raises(VerificationError):
        verifier(other).verify(leaf, [])
    with pytest.raises(VerificationError):
        verifier(ours, NOW + timedelta(days=91)).verify(leaf, [])


@pytest.mark.parametrize("alg", ["RS256", "ES256", "ES384", "ES512", "Ed25519"])
def test_a_self_signed_certificate_verifies_with_its_own_key(alg: str) -> None:
    key = generate_private_key(alg)
    pem = self_signed(key, "CN=app,O=Example,C=DE", now_ms=NOW_MS)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    certificate.verify_directly_issued_by(certificate)
    assert certificate.version is x509.Version.v3
    assert certificate.subject.rfc4514_string() == "CN=app,O=Example,C=DE"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert public_key_from_pem(pem).thumbprint == public_key_for(key).thumbprint


def test_rfc8705_3_1_the_thumbprint_is_sha256_of_the_der() -> None:
    pem = self_signed(generate_private_key("ES256"), "CN=app", now_ms=NOW_MS)
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
    assert thumbprint(pem) == base64url.encode(sha256(der).digest())
    assert len(thumbprint(pem)) == 43


@pytest.mark.parametrize("subject", ["", "no equals sign", "CN"])
def test_a_subject_that_is_none_is_refused(subject: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # several reasons, worded by the library
        self_signed(generate_private_key("ES256"), subject, now_ms=NOW_MS)
