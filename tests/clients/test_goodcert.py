"""Certificates at registration, usage by usage."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, rsa

from tallystick.clients.goodcert import (
    CERTIFICATE_AUTHORITY,
    PUBLIC_KEY,
    SELF_SIGNED_TLS_CLIENT_AUTH,
    TLS_CLIENT_AUTH,
    USAGES,
    BadCertificate,
    check_certificate,
)
from tests.certs import CA, CLIENT_AUTH, DAY_MS, NO_CA, NOW_MS, SERVER_AUTH, Holder, certify

GOOD = certify("client", None, NO_CA, CLIENT_AUTH)
AUTHORITY = certify("Root", None, CA)


def refusal(holder: Holder, usage: str) -> str:
    with pytest.raises(BadCertificate) as refused:
        check_certificate(holder.certificate, usage, NOW_MS)
    return refused.value.check


@pytest.mark.parametrize("usage", [TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH, PUBLIC_KEY])
def test_a_good_certificate_has_no_warnings(usage: str) -> None:
    assert check_certificate(GOOD.certificate, usage, NOW_MS) == []
    assert check_certificate(certify("client").certificate, usage, NOW_MS) == []


@pytest.mark.parametrize("usage", USAGES)
def test_expired(usage: str) -> None:
    extension = CA if usage == CERTIFICATE_AUTHORITY else NO_CA
    assert refusal(certify("client", None, extension, days=(-30, -1)), usage) == "certificate.expired"
    soon = certify("client", None, extension, days=(-30, 1)).certificate
    check_certificate(soon, usage, NOW_MS + DAY_MS + 999)
    with pytest.raises(BadCertificate):
        check_certificate(soon, usage, NOW_MS + DAY_MS + 1000)


@pytest.mark.parametrize("usage", USAGES)
def test_not_yet_valid_is_a_warning(usage: str) -> None:
    extension = CA if usage == CERTIFICATE_AUTHORITY else NO_CA
    certificate = certify("client", None, extension, days=(1, 30)).certificate
    assert check_certificate(certificate, usage, NOW_MS) == ["The certificate is not valid yet."]


def test_21_an_authority_as_a_client() -> None:
    assert refusal(AUTHORITY, TLS_CLIENT_AUTH) == "certificate.is_ca"
    (warning,) = check_certificate(AUTHORITY.certificate, SELF_SIGNED_TLS_CLIENT_AUTH, NOW_MS)
    assert "CA:TRUE" in warning
    assert check_certificate(AUTHORITY.certificate, PUBLIC_KEY, NOW_MS) == []


def test_an_authority_as_an_authority() -> None:
    assert check_certificate(AUTHORITY.certificate, CERTIFICATE_AUTHORITY, NOW_MS) == []
    assert refusal(GOOD, CERTIFICATE_AUTHORITY) == "certificate.is_no_ca"
    assert refusal(certify("", None, CA), CERTIFICATE_AUTHORITY) == "certificate.subject"


def test_extended_key_usage_for_something_else_is_a_warning() -> None:
    certificate = certify("client", None, NO_CA, SERVER_AUTH).certificate
    assert len(check_certificate(certificate, TLS_CLIENT_AUTH, NOW_MS)) == 1
    assert len(check_certificate(certificate, SELF_SIGNED_TLS_CLIENT_AUTH, NOW_MS)) == 1
    assert check_certificate(certificate, PUBLIC_KEY, NOW_MS) == []


@pytest.mark.parametrize("usage", USAGES)
def test_the_key_inside_is_a_good_key(usage: str) -> None:
    weak = certify("client", None, CA, key=rsa.generate_private_key(65537, 1024))
    assert refusal(weak, usage) == "key.rsa_size"
    assert refusal(certify("client", None, CA, key=dsa.generate_private_key(2048)), usage) == "key.type"


def test_a_usage_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="unknown"):
        check_certificate(GOOD.certificate, "unknown", NOW_MS)
