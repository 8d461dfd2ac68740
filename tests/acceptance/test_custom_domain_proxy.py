"""auth0.md 2.3, whole: a proxy of a custom domain proves itself by its key, and hands client certificates on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.certificate_mill import Holder, authority, leaf
from tests.server import Server, running_server

DOMAIN = "id.acme.example"
FORM = ("--client-cert-header", "auth0", "--custom-domain-verification", "none")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A deployment that takes Auth0's headers, and whose operator vouches for domains."""
    with running_server(Path(tmp_path_factory.mktemp("behind")), workers=1, arguments=FORM) as server:
        yield server


@pytest.fixture(scope="module")
def boss(behind: Server) -> Administrator:
    return Administrator(behind)


@pytest.fixture(scope="module")
def domain(boss: Administrator) -> dict[str, Any]:
    made = boss.made("POST", "custom-domains", {"domain": DOMAIN, "type": "self_managed_certs"})
    path = f"custom-domains/{made['custom_domain_id']}"
    boss.ask("PATCH", path, {"custom_client_ip_header": "true-client-ip"})
    return boss.made("POST", f"{path}/verify", {})


@pytest.fixture(scope="module")
def till() -> Holder:
    return leaf("CN=till", authority("nobody's"))


@pytest.fixture(scope="module")
def application(boss: Administrator, till: Holder) -> Application:
    """Known by exactly this certificate."""
    application = boss.application()
    made = boss.credential(application.client_id, credential_type="x509_cert", pem=till.pem)
    boss.use(application.client_id, "self_signed_tls_client_auth", made["id"])
    return application


def forward(application: Application, host: str, key: str, holder: Holder, **headers: str) -> httpx.Response:
    """What the proxy makes of a token request whose client showed ``holder``'s certificate to it."""
    sent = {
        "Host": host,
        "cname-api-key": key,
        "client-certificate": quote(holder.pem, safe=""),
        "client-certificate-ca-verified": "FAILED",
        "true-client-ip": "203.0.113.9",
        **headers,
    }
    return application.post(application.form(client_id=application.client_id), headers=sent)


def test_the_domains_proxy_is_believed_for_its_hosts(
    boss: Administrator, application: Application, domain: dict[str, Any], till: Holder
) -> None:
    for host in (domain["origin_domain_name"], f"mtls.{DOMAIN}", DOMAIN):
        answer = forward(application, host, domain["cname_api_key"], till)
        assert answer.status_code == 200, answer.text
        claims = decoded(answer.json()["access_token"])[1]
        assert claims["iss"] == f"https://{DOMAIN}/"
        assert boss.log(answer.headers["X-Correlation-Id"])["ip"] == "203.0.113.9"


def test_c20_nobody_else_is(
    boss: Administrator, application: Application, domain: dict[str, Any], till: Holder
) -> None:
    origin, key = domain["origin_domain_name"], domain["cname_api_key"]
    other = leaf("CN=till", authority("nobody's"))
    for host, shown, holder in (
        (origin, key[:-1], till),
        (origin, key.upper(), till),
        (origin, "", till),
        (origin, f"{key},{key}", till),
        (boss.server.domain, key, till),
        (origin, key, other),
    ):
        answer = forward(application, host, shown, holder)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), (host, shown)
        assert key not in str(boss.log(answer.headers["X-Correlation-Id"]))
    answer = forward(application, origin, "x" * 128, till)
    assert boss.log(answer.headers["X-Correlation-Id"])["ip"] != "203.0.113.9"


def test_a_rotated_key_counts_at_once_and_the_one_before_for_its_time(
    boss: Administrator, application: Application, domain: dict[str, Any], till: Holder
) -> None:
    origin, path = domain["origin_domain_name"], f"custom-domains/{domain['custom_domain_id']}"
    rotated = boss.made("POST", f"{path}/rotate-key", {})["cname_api_key"]
    for key in (rotated, domain["cname_api_key"]):
        assert forward(application, origin, key, till).status_code == 200
    last = boss.made("POST", f"{path}/rotate-key", {"overlap_s": 0})["cname_api_key"]
    for key in (rotated, domain["cname_api_key"]):
        assert forward(application, origin, key, till).status_code == 401
    assert forward(application, origin, last, till).status_code == 200
    assert last not in boss.server.log
    assert rotated not in boss.server.log
