"""C20 past the proxy: whoever reaches Tallystick itself, but is not the proxy, is not believed either."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.application import Application, decoded
from tests.attacks.expect import accepted, refused_for
from tests.attacks.mtls import Authorities
from tests.certificate_mill import Holder, leaf

from .deployment import Deployment
from .place import HOST
from .spoofed import VERDICTS, believable

NOT_THE_PROXY = "127.0.0.2"
"""Where the stranger calls from; Caddy is known by 127.0.0.1."""


@pytest.fixture(scope="module")
def victim(authorities: Authorities) -> tuple[Application, Holder]:
    """Whom the thief would like to be."""
    return authorities.by_dn("CN=victim past the proxy"), authorities.leaf("CN=victim past the proxy")


def doors(deployment: Deployment, authorities: Authorities) -> Iterator[tuple[httpx.Client, Holder | None]]:
    """Clients for each port that Tallystick listens on, and what they show there."""
    behind = deployment.behind
    if deployment.proxy.settings(deployment.place).get("insecure_http"):
        yield client_of(f"http://127.0.0.1:{behind.port}/"), None
        return
    thief = leaf("CN=thief")
    for port, holder in ((behind.port, None), (behind.mtls_port, None), (behind.mtls_port, thief)):
        context = behind.tls(holder.files(authorities.directory) if holder else None)
        yield client_of(f"https://127.0.0.1:{port}/", verify=context), holder


def client_of(url: str, **tls: object) -> httpx.Client:
    """A stranger's client."""
    transport = httpx.HTTPTransport(local_address=NOT_THE_PROXY, trust_env=False, **tls)  # type: ignore[arg-type]
    return httpx.Client(base_url=url, headers={"Host": HOST}, transport=transport)


def headers_of(deployment: Deployment, holder: Holder) -> Iterator[list[tuple[str, bytes]]]:
    """Spoofed headers with every key but the right one."""
    key = deployment.place.key
    spoofed = list(believable(holder).items())
    verdicts = [(name.decode(), value) for name, _, value in (line.partition(b": ") for line in VERDICTS)]
    for wrong in ([], [""], ["wrong" * 10], [key[:-1]], [key + "0"], [key.upper()], [f"{key},{key}"], [f'"{key}"']):
        yield [*spoofed, *verdicts, *(("X-Tallystick-Proxy-Key", each.encode()) for each in wrong)]
    # The right one too often, and under another name: a proxy of ours never sends that.
    yield [*spoofed, ("X_Tallystick_Proxy_Key", key.encode())]


def test_c20_a_stranger_is_not_believed(
    deployment: Deployment, authorities: Authorities, victim: tuple[Application, Holder]
) -> None:
    application, holder = victim
    secret = authorities.admin.application(authorities.audience)
    for http, shown in doors(deployment, authorities):
        with http:
            check = "tls_client_auth.subject" if shown else "mtls.certificate_missing"
            for headers in headers_of(deployment, holder):
                form = application.form(client_id=application.client_id)
                refused_for(authorities.admin, application.post(form, http, headers=headers), check)
                form = secret.form(client_id=secret.client_id, client_secret=secret.secret)
                claims = decoded(accepted(secret.post(form, http, headers=headers)))[1]
                assert claims.get("cnf") == ({"x5t#S256": shown.thumbprint} if shown else None)


def test_the_log_does_not_believe_a_stranger_about_addresses(
    deployment: Deployment, authorities: Authorities, victim: tuple[Application, Holder]
) -> None:
    application, _ = victim
    for http, _ in doors(deployment, authorities):
        with http:
            answer = application.post(application.form(), http, headers={"X-Forwarded-For": "203.0.113.9"})
            assert authorities.admin.log(answer.headers["x-correlation-id"])["ip"] == NOT_THE_PROXY
