"""Reading certificates: one, several, broken ones, and version 1."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from tallystick.certs.certificate import (
    NAMES_MAX,
    certificate_from_der,
    certificate_from_pem,
    certificates_from_pem,
)
from tallystick.certs.refusals import CertificateRefused

from . import CA, CLIENT_AUTH, NO_CA, certify, san

ROOT = certify("Root", None, CA)
LEAF = certify("client", ROOT, NO_CA, CLIENT_AUTH)
PEM = LEAF.certificate.pem


def refusal(text: str) -> str:
    with pytest.raises(CertificateRefused) as refused:
        certificate_from_pem(text)
    return refused.value.check


def test_what_is_read() -> None:
    certificate = certificate_from_pem(PEM)
    assert certificate == LEAF.certificate
    assert certificate.version == 3
    assert not certificate.is_ca
    assert ROOT.certificate.is_ca
    assert certificate.eku == frozenset({"1.3.6.1.5.5.7.3.2"})
    assert certificate.subject == ((("2.5.4.3", "client"),),)
    digest = hashlib.sha256(base64.b64decode("".join(PEM.splitlines()[1:-1]))).digest()
    assert certificate.thumbprint == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_many() -> None:
    assert certificates_from_pem(f"\n{PEM}\n{ROOT.certificate.pem}") == [LEAF.certificate, ROOT.certificate]
    assert refusal(PEM + PEM) == "certificate.blocks"
    with pytest.raises(CertificateRefused):
        certificates_from_pem(PEM * 17)


def test_private_key_beside_a_certificate() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        private = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
        assert refusal(PEM + private) == "private_key"
        assert refusal(private) == "private_key"


@pytest.mark.parametrize("change", ["", " ", "garbage", "{P}garbage", "garbage{P}", "{P}\0", "{Q}", "{R}"])
def test_what_is_not_pem(change: str) -> None:
    text = change.replace("{P}", PEM).replace("{Q}", PEM.replace("CERTIFICATE", "PUBLIC KEY"))
    assert refusal(text.replace("{R}", PEM.replace("A", "", 1))) in ("certificate.pem", "certificate.der")


def test_der_with_trailing_or_missing_bytes() -> None:
    for der in (LEAF.certificate.der + b"\0", LEAF.certificate.der[:-1], b"", b"\0" * 20_000):
        with pytest.raises(CertificateRefused):
            certificate_from_der(der)


def run_openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def made_by_openssl(folder: Path) -> None:
    run_openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem", folder=folder)
    run_openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=client", "-out", "request.pem", folder=folder)


def test_version_1_is_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    made_by_openssl(tmp_path)
    sign = ("x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-days", "3")
    run_openssl(*sign, "-out", "v1.pem", folder=tmp_path)
    with pytest.raises(CertificateRefused) as refused:
        certificate_from_pem((tmp_path / "v1.pem").read_text())
    assert refused.value.check == "certificate.version"
    assert "-extfile" in refused.value.description
    assert "-addext" in refused.value.description
    # … and it does help, in all three ways that the reason names.
    (tmp_path / "plain.cnf").write_text("basicConstraints=critical,CA:FALSE\n")
    (tmp_path / "sections.cnf").write_text("[v3_req]\nbasicConstraints=critical,CA:FALSE\n")
    run_openssl(*sign, "-extfile", "plain.cnf", "-out", "a.pem", folder=tmp_path)
    run_openssl(*sign, "-extfile", "sections.cnf", "-extensions", "v3_req", "-out", "b.pem", folder=tmp_path)
    self_signed = ("req", "-x509", "-key", "key.pem", "-subj", "/CN=client", "-days", "3")
    run_openssl(*self_signed, "-addext", "basicConstraints=critical,CA:FALSE", "-out", "c.pem", folder=tmp_path)
    for name in ("a.pem", "b.pem", "c.pem"):
        certificate = certificate_from_pem((tmp_path / name).read_text())
        assert (certificate.version, certificate.is_ca) == (3, False)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_certificate_is_read_or_refused(position: int, change: int) -> None:
    der = bytearray(LEAF.certificate.der)
    der[position % len(der)] ^= change
    with suppress(CertificateRefused):
        assert certificate_from_der(bytes(der)).thumbprint != LEAF.certificate.thumbprint


@given(st.text(max_size=100), st.binary(max_size=100))
def test_anything_is_read_or_refused(text: str, der: bytes) -> None:
    with suppress(CertificateRefused):
        certificates_from_pem(text)
    with suppress(CertificateRefused):
        certificate_from_der(der)


def test_more_names_than_a_client_has_are_refused() -> None:
    """attacks.md 12: what was read is remembered and compared, so a stranger's certificate must not hold thousands."""
    names = [x509.DNSName(f"n{number}") for number in range(NAMES_MAX + 1)]
    assert len(certify("client", ROOT, NO_CA, san(*names[1:])).certificate.extensions) == 2
    with pytest.raises(CertificateRefused) as refused:
        certify("client", ROOT, NO_CA, san(*names))
    assert refused.value.check == "certificate.names"
