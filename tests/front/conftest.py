"""What the front's tests share: certificates of every kind, and a front that runs in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .running import Front, Identity

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certify(
    key: Key, subject: str, issuer: str, issuer_key: Key, *, days: int = 30, ca: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer_key, SHA256())
    )


def write(directory: Path, label: str, key: Key, *chain: x509.Certificate) -> Identity:
    certificate_file, key_file = directory / f"{label}.pem", directory / f"{label}.key"
    certificate_file.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Identity(certificate_file, key_file, tuple(one.public_bytes(Encoding.DER) for one in chain))


@pytest.fixture(scope="session")
def identities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Identity | None]:
    """A client certificate of every kind that a handshake must let pass, and none."""
    directory = tmp_path_factory.mktemp("identities")
    ec_key, rsa_key = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    root_key, middle_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    middle = certify(middle_key, "middle", "root", root_key, ca=True)
    return {
        "none": None,
        "self-signed-ec": write(directory, "ec", ec_key, certify(ec_key, "me", "me", ec_key)),
        "self-signed-rsa": write(directory, "rsa", rsa_key, certify(rsa_key, "me", "me", rsa_key)),
        "unknown-ca": write(directory, "ca", ec_key, certify(ec_key, "me", "nobody", root_key)),
        "expired": write(directory, "expired", ec_key, certify(ec_key, "me", "me", ec_key, days=-1)),
        "chain": write(directory, "chain", ec_key, certify(ec_key, "me", "middle", middle_key), middle),
    }


@pytest.fixture(params=["uvloop", "asyncio"])
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Front]:
    """A front on each event loop."""
    with Front(tmp_path, uvloop.new_event_loop if request.param == "uvloop" else None) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """One front for all tests of a file that leave it as it is."""
    with Front(tmp_path_factory.mktemp("front"), uvloop.new_event_loop) as running:
        yield running


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A front that speaks plain HTTP."""
    with Front(tmp_path_factory.mktemp("plain"), uvloop.new_event_loop, tls=False) as running:
        yield running
