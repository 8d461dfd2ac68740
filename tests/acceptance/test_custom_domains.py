"""A custom domain from its claim to its end, over TLS, in every worker, on both databases."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.workers import holds_everywhere, status
from tests.administrator import Administrator, unique
from tests.application import decoded
from tests.certificate_mill import authority, leaf
from tests.nameserver import NameServer
from tests.server import Server

DISCOVERY = ".well-known/openid-configuration"
CERTIFICATE_S_MAX = 60.0


@pytest.fixture
def domain(admin: Administrator, dns: NameServer) -> dict[str, Any]:
    """A verified domain, with the key of its proxy."""
    made = admin.made("POST", "custom-domains", {"domain": f"{unique('id')}.example", "type": "self_managed_certs"})
    (method,) = made["verification"]["methods"]
    dns.texts[method["domain"]] = [method["record"]]
    return admin.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})


def by(host: str, path: str = DISCOVERY) -> Callable[[httpx.Client], httpx.Response]:
    """A request with this Host."""
    return lambda http: http.get(path, headers={"Host": host})


def at(server: Server, host: str, mtls: bool = False, certificate: tuple[Path, Path] | None = None) -> httpx.Client:
    """A client that reaches the server under this name, in Host and in TLS, as a proxy or a browser would."""
    port = server.mtls_port if mtls else server.port
    client = httpx.Client(
        base_url=f"https://127.0.0.1:{port}/",
        headers={"Host": host},
        verify=server.tls(certificate),
        timeout=20,
        trust_env=False,
        event_hooks={"request": [lambda request: request.extensions.update(sni_hostname=host)]},
    )
    server.opened.append(client)
    return client


def wait_for_certificates(server: Server, *hosts: str) -> None:
    """Until every worker shows them: met by chance alone in each of so many attempts."""
    deadline, context = time.monotonic() + CERTIFICATE_S_MAX, server.tls()
    for host in hosts:
        in_a_row = 0
        while in_a_row < 12:
            try:
                with socket.create_connection(("127.0.0.1", server.port), CERTIFICATE_S_MAX) as raw:
                    context.wrap_socket(raw, server_hostname=host).close()
                in_a_row += 1
            except ssl.SSLCertVerificationError:
                assert time.monotonic() < deadline, f"{host} gets no certificate"
                in_a_row = 0
                time.sleep(0.05)


def test_it_is_there_in_every_worker_and_gone_from_every_worker(
    server: Server, admin: Administrator, domain: dict[str, Any]
) -> None:
    issuer = f"https://{domain['domain']}/"
    hosts = (domain["domain"], f"mtls.{domain['domain']}", domain["origin_domain_name"])
    for host in hosts:
        holds_everywhere(server, by(host), lambda answer: answer.json().get("issuer") == issuer)
    form = {"grant_type": "client_credentials", **server.bootstrap["management"], "audience": f"{issuer}api/v2/"}
    token = admin.http.post("oauth/token", data=form, headers={"Host": hosts[0]}).json()["access_token"]
    claims = decoded(token)[1]
    assert (claims["iss"], claims["aud"]) == (issuer, f"{server.issuer}api/v2/")
    headers = {"Authorization": f"Bearer {token}"}
    holds_everywhere(server, lambda http: http.get("api/v2/custom-domains", headers=headers), status(200))
    admin.ask("DELETE", f"custom-domains/{domain['custom_domain_id']}")
    for host in hosts:
        holds_everywhere(server, by(host), status(421))
    holds_everywhere(server, lambda http: http.get("api/v2/custom-domains", headers=headers), status(401))


def test_applications_that_know_the_domain_alone(
    server: Server, admin: Administrator, domain: dict[str, Any], tmp_path: Path
) -> None:
    name, mtls_name = domain["domain"], f"mtls.{domain['domain']}"
    wait_for_certificates(server, name, mtls_name, domain["origin_domain_name"])
    application = admin.key_application()
    with at(server, name) as http:
        document = http.get(DISCOVERY).json()
        assert document["issuer"] == f"https://{name}/"
        assertion = application.key.assertion(application.client_id, document["issuer"])
        answer = application.by_assertion(assertion, http)
        assert answer.status_code == 200, answer.text
        claims = decoded(answer.json()["access_token"])[1]
        assert (claims["iss"], claims["aud"]) == (document["issuer"], application.audience)
        assert application.by_assertion(None, http).status_code == 401  # for the tenant's own issuer
        assert http.get(".well-known/jwks.json").json() == admin.http.get(".well-known/jwks.json").json()
    audience = admin.api(proof_of_possession={"mechanism": "mtls", "required": True})["identifier"]
    bound = admin.application(audience)
    # An authority that nobody here knows: the certificate binds and proves nothing else.
    files = leaf("CN=till", authority(unique("stranger"))).files(tmp_path)
    with at(server, mtls_name, mtls=True, certificate=files) as http:
        answer = bound.post(bound.form(client_id=bound.client_id, client_secret=bound.secret), http)
        assert answer.status_code == 200, answer.text
        claims = decoded(answer.json()["access_token"])[1]
        assert claims["iss"] == f"https://{name}/"
        assert set(claims["cnf"]) == {"x5t#S256"}


def test_a_claim_that_is_not_proven_leads_nowhere(server: Server, admin: Administrator) -> None:
    made = admin.made("POST", "custom-domains", {"domain": f"{unique('id')}.example", "type": "self_managed_certs"})
    found = admin.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
    assert found["status"] == "pending_verification"
    assert "There is no name" in found["verification"]["error_msg"]
    holds_everywhere(server, by(made["domain"]), status(421))


def test_a_domain_of_an_odd_length_keeps_no_other_from_its_certificate(
    server: Server, admin: Administrator, dns: NameServer, domain: dict[str, Any]
) -> None:
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 30, "example"])
    made = admin.made("POST", "custom-domains", {"domain": longest[-230:].lstrip("."), "type": "self_managed_certs"})
    (method,) = made["verification"]["methods"]
    dns.texts[method["domain"]] = [method["record"]]
    found = admin.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
    assert found["status"] == "ready"
    wait_for_certificates(server, domain["domain"], f"mtls.{found['domain']}")
    admin.ask("DELETE", f"custom-domains/{made['custom_domain_id']}")
