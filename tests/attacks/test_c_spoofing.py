"""C20 certificate headers (CVE-2026-46579, keycloak#17059): whoever says it in a header has not proven it.

This deployment believes no proxy, so no spelling of any header may ever give an identity or a binding. What one that
believes some is asked to believe is in `test_c_proxies.py`.
"""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.attacks.expect import accepted
from tests.attacks.mtls import Authorities
from tests.attacks.wire import Answer, Wire, ask, form_request
from tests.certificate_mill import Holder, leaf

HEADERS = [
    "Client-Cert",
    "Client-Cert-Chain",
    "client-certificate",
    "X-Client-Cert",
    "X-Client-Certificate",
    "X-SSL-Client-Cert",
    "SSL-Client-Cert",
    "SSL_CLIENT_CERT",
    "Ssl-Client-Verify",
    "X-SSL-CERT",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-ARR-ClientCert",
    "X-Amzn-Mtls-Clientcert",
    "X-Amzn-Mtls-Clientcert-Leaf",
    "X-TLS-Client-Cert",
    "TLS-Client-Cert",
    "X-Peer-Cert",
    "X-Client-DN",
    "X-SSL-Client-S-DN",
    "Tls-Client-Subject-DN",
]


@pytest.fixture(scope="module")
def authorities(admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """A registered root."""
    return Authorities(admin, audience, tmp_path_factory.mktemp("certificates"))


class Victims:
    """Clients that a header shall impersonate, their certificates, and an API that demands a binding."""

    def __init__(self, authorities: Authorities) -> None:
        admin = authorities.admin
        self.by_authority = authorities.leaf("CN=victim")
        self.by_itself = leaf("CN=victim by itself")
        self.clients = (
            (authorities.by_dn("CN=victim"), self.by_authority),
            (authorities.self_signed(self.by_itself), self.by_itself),
        )
        bound = admin.api(proof_of_possession={"mechanism": "mtls", "required": False})
        self.secret = admin.application(str(bound["identifier"]))


@pytest.fixture(scope="module")
def victims(authorities: Authorities) -> Victims:
    """Registered once."""
    return Victims(authorities)


def spellings(holder: Holder) -> list[bytes]:
    """The certificate as proxies are known to write it: URL-encoded PEM, RFC 9440, bare base64, Envoy, Traefik."""
    der = b64encode(holder.certificate.public_bytes(Encoding.DER))
    subject = holder.subject.rfc4514_string()
    return [
        quote(holder.pem, safe="").encode(),
        b":" + der + b":",
        der,
        holder.pem.replace("\n", " ").encode(),
        f'Hash=00;Cert="{quote(holder.pem, safe="")}";Subject="{subject}"'.encode(),
        subject.encode(),
        b"SUCCESS",
    ]


def claims_of_secret_client(victims: Victims, *headers: bytes, **options: object) -> dict[str, object]:
    """What a token of a secret client says that was asked for with these headers."""
    application = victims.secret
    form = application.form(client_id=application.client_id, client_secret=application.secret)
    answer = ask(application.server, form_request(application.server, form, *headers), **options)
    assert answer.status == 200, answer.body
    return decoded(answer.json["access_token"])[1]


def no_identity(admin: Administrator, application: Application, answer: Answer) -> None:
    """Refused, because there was no certificate; nothing in the headers was looked at."""
    assert (answer.status, answer.error) == (401, "invalid_client")
    details = admin.log(answer.headers["x-correlation-id"])["details"]
    assert details["check"] == "mtls.certificate_missing"


@pytest.mark.parametrize("mtls", [False, True], ids=["public port", "mTLS port, no certificate"])
@pytest.mark.parametrize("name", HEADERS)
def test_c20_no_header_is_a_certificate(admin: Administrator, victims: Victims, name: str, mtls: bool) -> None:
    for application, holder in victims.clients:
        server = application.server
        form = application.form(client_id=application.client_id)
        with Wire(server, mtls=mtls) as wire:
            # Every way to write the certificate, and every way to write the name, in one request.
            spelled = spellings(holder)
            verified = [
                b"client-certificate-ca-verified: SUCCESS",
                b"cname-api-key: x",
                b"X-SSL-Client-Verify: SUCCESS",
            ]
            for each in (name, name.upper(), name.lower(), name.replace("-", "_"), name.replace("_", "-")):
                headers = [each.encode() + b": " + value for value in spelled]
                wire.send(form_request(server, form, *headers[:1], *verified))
                assert wire.answer().error == "invalid_client"
            wire.send(form_request(server, form, *headers, *verified))  # several of them at once
            no_identity(admin, application, wire.answer())


def test_c20_no_header_binds(victims: Victims) -> None:
    headers = [name.encode() + b": " + value for name in HEADERS for value in spellings(victims.by_authority)[:2]]
    for mtls in (False, True):
        assert "cnf" not in claims_of_secret_client(victims, *headers, mtls=mtls)


def test_c20_a_header_beside_a_real_certificate_changes_nothing(
    admin: Administrator, authorities: Authorities, victims: Victims
) -> None:
    own = leaf("CN=attacker")
    files = own.files(authorities.directory)
    for name in HEADERS:
        headers = [name.encode() + b": " + value for value in spellings(victims.by_authority)]
        claims = claims_of_secret_client(victims, *headers, certificate=files)
        assert claims["cnf"] == {"x5t#S256": own.thumbprint}
        for application, _ in victims.clients:
            request = form_request(application.server, application.form(client_id=application.client_id), *headers)
            assert ask(application.server, request, certificate=files).error == "invalid_client"


HOP_BY_HOP = [
    "Client-Cert",
    "client-certificate",
    "Host",
    "Authorization",
    "Content-Type",
    "Transfer-Encoding",
    "close",
]


@pytest.mark.parametrize("named", HOP_BY_HOP)
def test_c20_connection_takes_no_header_away(victims: Victims, named: str) -> None:
    """RFC 9110 7.6.1 is for intermediaries: naming a header must neither hide it nor let another through."""
    application = victims.secret
    basic = b"Authorization: Basic " + b64encode(f"{application.client_id}:{application.secret}".encode())
    lines = (basic, b"Connection: " + named.encode(), b"Client-Cert: " + spellings(victims.by_itself)[1])
    answer = ask(application.server, form_request(application.server, application.form(), *lines))
    assert answer.status == 200, answer.body
    assert "cnf" not in decoded(answer.json["access_token"])[1]


CONFLICTS: dict[str, tuple[bytes, ...]] = {
    "CL.TE": (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
    "TE.CL": (b"Transfer-Encoding: chunked", b"Content-Length: 4"),
    "TE twice": (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "TE identity": (b"Transfer-Encoding: identity", b"Content-Length: 4"),
    "TE chunked, identity": (b"Transfer-Encoding: chunked, identity",),
    "TE xchunked": (b"Transfer-Encoding: xchunked", b"Content-Length: 4"),
    "TE with a tab": (b"Transfer-Encoding:\tchunked", b"Content-Length: 4"),
    "TE with a blank before the colon": (b"Transfer-Encoding : chunked", b"Content-Length: 4"),
    "TE folded": (b"Transfer-Encoding:\r\n chunked", b"Content-Length: 4"),
    "TE after a bare CR": (b"X: y\rTransfer-Encoding: chunked", b"Content-Length: 4"),
    "TE after a bare LF": (b"X: y\nTransfer-Encoding: chunked", b"Content-Length: 4"),
    "two lengths": (b"Content-Length: 4", b"Content-Length: 400"),
    "two equal lengths": (b"Content-Length: 4", b"Content-Length: 4"),
    "lengths in a list": (b"Content-Length: 4, 4",),
    "length with a sign": (b"Content-Length: +4",),
    "negative length": (b"Content-Length: -4",),
    "length in hex": (b"Content-Length: 0x4",),
    "length beyond 64 bits": (b"Content-Length: 18446744073709551620",),
    "length with an underscore": (b"Content-Length: 1_0",),
}


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_c20_smuggled_requests_are_never_answered(
    admin: Administrator, authorities: Authorities, victims: Victims, conflict: str
) -> None:
    """What could end in two places ends the connection, also on one that a certificate has proven."""
    application, holder = victims.clients[0]
    server = application.server
    hidden = form_request(server, application.form(client_id=application.client_id))
    head = [b"POST /oauth/token HTTP/1.1", b"Host: " + server.domain.encode(), *CONFLICTS[conflict]]
    head += [b"Content-Type: application/x-www-form-urlencoded"]
    for body in (b"0\r\n\r\n", b"a=b&", b"4\r\na=b&\r\n0\r\n\r\n"):
        with Wire(server, holder.files(authorities.directory)) as wire:
            wire.send(b"\r\n".join(head) + b"\r\n\r\n" + body + hidden)
            first = wire.answer_or_end()
            assert first is None or first.status in (400, 501), first
            assert wire.answer_or_end() is None


def test_c20_what_follows_a_well_formed_request_is_the_next_one(authorities: Authorities, victims: Victims) -> None:
    """The counterpart: honest pipelining and chunks are served, and each request speaks for itself."""
    application, holder = victims.clients[0]
    server = application.server
    request = form_request(server, application.form(client_id=application.client_id))
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    chunked = b"\r\n".join([*lines, b"Transfer-Encoding: chunked"]) + b"\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (
        len(body),
        body,
    )
    with Wire(server, holder.files(authorities.directory)) as wire:
        wire.send(request + chunked + request)
        assert [wire.answer().status for _ in range(3)] == [200, 200, 200]


def test_c20_certificate_parameters_are_no_certificate(admin: Administrator, victims: Victims) -> None:
    for application, holder in victims.clients:
        form = application.form(client_id=application.client_id, client_certificate=holder.pem, certificate=holder.pem)
        answer = application.post(form)
        assert answer.status_code == 401
        assert admin.failing_check(answer) == "mtls.certificate_missing"
    secret = victims.secret
    assert "cnf" not in decoded(accepted(secret.by_secret(cnf='{"x5t#S256":"AAAA"}', client_certificate="x")))[1]
