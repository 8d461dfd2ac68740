"""C20 behind the proxies of custom domains: a `cname-api-key` proves one domain's proxy, for its domain, no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.application import Application, decoded
from tests.attacks.proxied import CLIENT_ADDRESS, NONE, Proxied, proxied
from tests.attacks.wire import Answer, Wire, form_request
from tests.forwarded import Lines
from tests.patience import settle


class Domain:
    """A verified custom domain."""

    def __init__(self, deployment: Proxied, name: str) -> None:
        admin = deployment.admin
        body = {"domain": name, "type": "self_managed_certs", "custom_client_ip_header": "true-client-ip"}
        made = admin.made("POST", "custom-domains", body)
        verified: dict[str, Any] = admin.ask("POST", f"custom-domains/{made['custom_domain_id']}/verify")
        self.key, self.origin = str(verified["cname_api_key"]), str(verified["origin_domain_name"])

    @property
    def line(self) -> bytes:
        """How its proxy shows the key."""
        return b"cname-api-key: " + self.key.encode()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """A deployment that takes Auth0's form, and on whose machine the operator vouches for names."""
    directory = tmp_path_factory.mktemp("edge")
    with proxied(directory, "auth0", custom_domain_verification="none") as deployment:
        yield deployment


@pytest.fixture(scope="module")
def domains(edge: Proxied) -> tuple[Domain, Domain]:
    """Two of them."""
    made = Domain(edge, "id.acme.example"), Domain(edge, "id.other.example")
    settle()
    return made


def ask(edge: Proxied, application: Application, host: str, *lines: bytes) -> Answer:
    """A token request from an address that is nobody's, by this host."""
    with Wire(edge.server) as wire:
        wire.send(form_request(edge.server, application.form(client_id=application.client_id), *lines, host=host))
        return wire.answer()


def test_c20_key_of_the_domain_proves_its_proxy(edge: Proxied, domains: tuple[Domain, Domain]) -> None:
    domain, _ = domains
    for application, holder in edge.victims:
        for host in (domain.origin, "id.acme.example", "mtls.id.acme.example"):
            answer = ask(edge, application, host, *edge.forwarded(holder), domain.line)
            assert answer.status == 200, answer.body
            claims = decoded(answer.json["access_token"])[1]
            assert claims["cnf"] == {"x5t#S256": holder.thumbprint}
            assert claims["iss"] == "https://id.acme.example/"


def test_c20_proxy_of_a_domain_names_the_client_by_the_domains_own_header(
    edge: Proxied, domains: tuple[Domain, Domain]
) -> None:
    lines: Lines = [b"True-Client-IP: " + CLIENT_ADDRESS.encode()]
    for own, shown in ((domains[0].line, CLIENT_ADDRESS), (domains[1].line, "127.0.0.1")):
        refused = ask(edge, edge.named, domains[0].origin, *lines, own)
        assert edge.admin.log(refused.headers["x-correlation-id"])["ip"] == shown


def test_c20_key_is_good_for_its_own_domain_alone(edge: Proxied, domains: tuple[Domain, Domain]) -> None:
    one, other = domains
    application, holder = edge.victims[1]
    lines = edge.forwarded(holder)
    for host, key in (
        (one.origin, other.line),
        (other.origin, one.line),
        (edge.server.domain, one.line),
        (one.origin, b"cname-api-key: " + one.key[:-1].encode()),
        (one.origin, b"cname-api-key: " + one.key.upper().encode() + b"X"),
        (one.origin, b"cname_api_key: " + one.key.encode()),
        (one.origin, b"X-Tallystick-Proxy-Key: " + one.key.encode()),
        (one.origin, one.line + b"\r\n" + one.line),
        (one.origin, one.line + b"\r\n" + other.line),
        (one.origin, b"cname-api-key:"),
    ):
        assert edge.check_of(ask(edge, application, host, *lines, key)) == NONE


def test_c20_doubtful_header_under_a_domains_key_is_refused_alike(
    edge: Proxied, domains: tuple[Domain, Domain]
) -> None:
    application, holder = edge.victims[1]
    lines = edge.forwarded(holder)
    for doubtful in ([*lines, *lines], [b"client-certificate: x"], [b"Client_Certificate: x", *lines]):
        answer = ask(edge, application, domains[0].origin, *doubtful, domains[0].line)
        assert (answer.status, answer.error) == (400, "invalid_request")


def test_c26_domains_over_one_pooled_connection(edge: Proxied, domains: tuple[Domain, Domain]) -> None:
    """A proxy that serves both may send everything over one connection; each request has its own key."""
    application, holder = edge.victims[1]
    form, lines = application.form(client_id=application.client_id), edge.forwarded(holder)
    good = [form_request(edge.server, form, *lines, each.line, host=each.origin) for each in domains]
    keyless = form_request(edge.server, form, *lines, host=domains[0].origin)
    with Wire(edge.server) as wire:
        wire.send(b"".join([good[0], keyless, good[1], good[0]]))
        assert [wire.answer().status for _ in range(4)] == [200, 401, 200, 200]
