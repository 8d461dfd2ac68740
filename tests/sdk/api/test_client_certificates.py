"""Tokens bound to a certificate: the handshake's counts, a trusted proxy's word counts, and nobody else's."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.api import ANY_BINDING, FromProxy, Protection
from tallystick.sdk.api.client_certificates import PEER_CERTIFICATES, CertificateSource, FromConnection
from tallystick.sdk.certificates import self_signed, thumbprint
from tallystick.sdk.dpop import DpopKey

from .asking import ask
from .issuer import API, BASE, NOW_MS, Issuer, asked, bearer, check_of


def made(name: str) -> str:
    return self_signed(generate_private_key("ES256"), f"CN={name}", now_ms=NOW_MS)


PEM, OTHER = made("till"), made("thief")
PROXY = ("10.0.0.1", 443)


def der(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def rfc9440(pem: str) -> str:
    return f":{b64encode(der(pem)).decode()}:"


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def status(issuer: Issuer, source: CertificateSource, *headers: tuple[str, str], **more: Any) -> int:
    """What a request with a token that is bound to :data:`PEM` comes to."""
    app = Protection(inner, resource=issuer.resource(certificates=source))
    token = issuer.token(cnf={"x5t#S256": thumbprint(PEM)})
    return ask(app, f"{BASE}/orders", [bearer(token), *headers], **more).status_code


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ({PEER_CERTIFICATES: (der(PEM),)}, 204),
        ({PEER_CERTIFICATES: (der(PEM), der(OTHER))}, 204),
        ({"tls": {"client_cert_chain": [PEM, OTHER]}}, 204),
        ({PEER_CERTIFICATES: (der(OTHER), der(PEM))}, 401),
        ({"tls": {"client_cert_chain": [OTHER, PEM]}}, 401),
        ({"tls": {"client_cert_chain": ["no certificate"]}}, 400),
        ({"tls": {"client_cert_chain": []}}, 401),
        ({PEER_CERTIFICATES: ()}, 401),
        ({}, 401),
    ],
)
def test_c28_the_handshakes_own_certificate_counts(issuer: Issuer, extensions: dict[str, Any], expected: int) -> None:
    assert status(issuer, FromConnection(), extensions=extensions) == expected


def test_c28_no_header_takes_the_handshakes_place(issuer: Issuer) -> None:
    for name in ("client-cert", "x-ssl-client-cert", "tallystick.peer_certificates"):
        assert status(issuer, FromConnection(), (name, rfc9440(PEM))) == 401


@pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
def test_the_scheme_does_not_matter_for_a_certificate(issuer: Issuer, scheme: str) -> None:
    token = issuer.token(cnf={"x5t#S256": thumbprint(PEM)})
    header = ("authorization", f"{scheme} {token}")
    assert asked(issuer.resource(), header, peer_certificates=(der(PEM),)).confirmation
    assert check_of(lambda: asked(issuer.resource(), header)) == "possession.certificate"


BY_PROXY = [
    ("Client-Cert", rfc9440(PEM), 204),
    ("Client-Cert", rfc9440(OTHER), 401),
    ("Client-Cert", "", 401),
    ("Client-Cert", "::", 401),
    ("Client-Cert", rfc9440(PEM)[1:], 400),
    ("Client-Cert", f"{rfc9440(PEM)}, {rfc9440(PEM)}", 400),
    ("Client-Cert", rfc9440(PEM)[:40] + ":", 400),
    ("Client-Cert", rfc9440(PEM)[:41] + ":", 400),
    ("Client-Cert", ":" + "A" * 13_000 + ":", 400),
    ("Client-Cert", quote(PEM), 400),
    ("X-SSL-Client-Cert", quote(PEM), 204),
    ("X-SSL-Client-Cert", quote(OTHER), 401),
    ("X-SSL-Client-Cert", quote(PEM + OTHER), 400),
    ("X-SSL-Client-Cert", quote(PEM) + "%2", 400),
    ("X-SSL-Client-Cert", rfc9440(PEM), 400),
    ("X-SSL-Client-Cert", quote(PEM).replace("%2B", "+").replace("%0A", " "), 400),
]


@pytest.mark.parametrize(("name", "value", "expected"), BY_PROXY, ids=range(len(BY_PROXY)))
def test_a_trusted_proxys_header_counts(issuer: Issuer, name: str, value: str, expected: int) -> None:
    source = FromProxy(name, addresses=[PROXY[0]])
    assert status(issuer, source, (name, value), client=PROXY) == expected


@pytest.mark.parametrize("client", [("203.0.113.9", 1), ("10.0.0.10", 1), ("", 0), None])
def test_c20_nobody_else_may_send_it(issuer: Issuer, client: Any) -> None:
    source = FromProxy(addresses=[PROXY[0]])
    assert status(issuer, source, ("Client-Cert", rfc9440(PEM)), client=client) == 400
    assert status(issuer, source, client=client) == 401


def test_c20_not_twice_and_in_its_own_spelling(issuer: Issuer) -> None:
    source, good = FromProxy(addresses=[PROXY[0]]), ("Client-Cert", rfc9440(PEM))
    assert status(issuer, source, good, good, client=PROXY) == 400
    assert status(issuer, source, good, ("Client_Cert", rfc9440(OTHER)), client=PROXY) == 400
    assert status(issuer, source, ("Client_Cert", rfc9440(PEM)), client=PROXY) == 400


def test_a_handshake_with_the_proxy_is_not_the_clients(issuer: Issuer) -> None:
    source = FromProxy(addresses=[PROXY[0]])
    assert status(issuer, source, client=PROXY, extensions={PEER_CERTIFICATES: (der(PEM),)}) == 401


def test_one_certificate_has_one_spelling(issuer: Issuer) -> None:
    """RFC 4648 3.5: bits that stand for nothing are zero."""
    # Signatures differ in length: one of a hundred has the length that leaves such bits.
    content = next(each for each in (der(made(f"till {number}")) for number in range(100)) if len(each) % 3 == 1)
    text = b64encode(content).decode()
    strayed = text[:-3] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[text[-3]] + "=="
    source = FromProxy(addresses=[PROXY[0]])
    for value, expected in ((text, 401), (strayed, 400)):
        assert status(issuer, source, ("Client-Cert", f":{value}:"), client=PROXY) == expected


def test_addresses_are_compared_as_addresses(issuer: Issuer) -> None:
    good = ("Client-Cert", rfc9440(PEM))
    assert status(issuer, FromProxy(addresses=["::ffff:10.0.0.1"]), good, client=PROXY) == 204
    assert status(issuer, FromProxy(addresses=["2001:db8:0::1"]), good, client=("2001:db8::1", 1)) == 204
    assert status(issuer, FromProxy(unix_socket=True), good, client=None) == 204
    assert status(issuer, FromProxy(unix_socket=True), good, client=("", 0)) == 204
    assert status(issuer, FromProxy(unix_socket=True), good, client=PROXY) == 400


@pytest.mark.parametrize(("chars", "expected"), [(12 * 1024 - 2, "malformed"), (12 * 1024 - 1, "size")])
def test_what_is_too_long_is_not_read(chars: int, expected: str) -> None:
    scope = {"headers": [(b"client-cert", b":" + b"A" * chars + b":")], "client": PROXY}
    source = FromProxy(addresses=[PROXY[0]])
    assert check_of(lambda: source.certificates(scope)) == f"client_certificate.{expected}"


@pytest.mark.parametrize("options", [{}, {"addresses": []}, {"addresses": "10.0.0.1"}, {"addresses": ["10.0.0.0/8"]}])
def test_somebody_must_be_trusted_on_purpose(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="address"):
        FromProxy(**options)


def test_an_api_may_want_certificates_alone(issuer: Issuer) -> None:
    key = DpopKey.generate()
    by_key, by_certificate = issuer.token(cnf={"jkt": key.jkt}), issuer.token(cnf={"x5t#S256": thumbprint(PEM)})
    api = issuer.resource(required_bindings=["mtls"])
    proof = issuer.proof(key, by_key)
    shown = ("authorization", f"DPoP {by_key}"), ("dpop", proof)
    assert asked(api, bearer(by_certificate), peer_certificates=(der(PEM),))
    assert check_of(lambda: asked(api, *shown)) == "binding.mechanism"
    assert check_of(lambda: asked(api, bearer(issuer.token()))) == "binding.required"
    assert asked(issuer.resource(required_bindings=ANY_BINDING), *shown)
    assert api.document()["tls_client_certificate_bound_access_tokens"] is True
    assert issuer.resource(required_bindings="dpop").document()["dpop_bound_access_tokens_required"] is True
    assert api.document()["resource"] == API
