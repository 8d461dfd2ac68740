"""C26 (CVE-2026-34873): behind a proxy an identity belongs to a request, never to a connection or a session."""

from __future__ import annotations

import itertools
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.application import Application, decoded
from tests.attacks.expect import accepted
from tests.attacks.mtls import Authorities
from tests.attacks.wire import Wire, form_request
from tests.certificate_mill import Holder

from .deployment import Deployment
from .place import MTLS_HOST

ROUNDS = 12
THREADS = 4


class Caller:
    """Somebody with a certificate, or with none, and a connection of their own to the proxy."""

    def __init__(self, deployment: Deployment, application: Application, files: tuple[Path, Path] | None) -> None:
        self.application = application
        self.http: httpx.Client = deployment.http(files, host=MTLS_HOST)

    def confirmation(self, _: int = 0) -> object:
        """The binding of a fresh token."""
        application = self.application
        form = application.form(client_id=application.client_id, client_secret=application.secret)
        return decoded(accepted(application.post(form, self.http)))[1].get("cnf")


@pytest.fixture(scope="module")
def application(authorities: Authorities) -> Application:
    """An application whose tokens are bound to whatever certificate is shown."""
    return authorities.admin.application(authorities.audience)


@pytest.fixture(scope="module")
def holders(authorities: Authorities) -> list[Holder | None]:
    """Two with a certificate, then one without."""
    return [authorities.leaf("CN=first"), authorities.leaf("CN=second"), None]


@pytest.fixture
def callers(
    deployment: Deployment, authorities: Authorities, application: Application, holders: list[Holder | None]
) -> list[Caller]:
    """Two for each holder, none of whom has connected yet."""
    files = [holder.files(authorities.directory) if holder else None for holder in holders]
    return [Caller(deployment, application, each) for each in files * 2]


def bindings(holders: list[Holder | None]) -> list[dict[str, str] | None]:
    """What each caller must get."""
    return [{"x5t#S256": holder.thumbprint} if holder else None for holder in holders] * 2


def test_c26_one_after_another_over_one_connection(
    deployment: Deployment, callers: list[Caller], holders: list[Holder | None]
) -> None:
    before = deployment.relay.connections
    for _ in range(ROUNDS):
        assert [caller.confirmation() for caller in callers] == bindings(holders)
    # Fewer connections to Tallystick than callers: they did share.
    assert deployment.relay.connections - before < len(callers)


def test_c26_side_by_side(callers: list[Caller], holders: list[Holder | None]) -> None:
    with ThreadPoolExecutor(THREADS) as threads:
        answers = [threads.map(caller.confirmation, range(ROUNDS)) for caller in callers]
        for expected, got in zip(bindings(holders), answers, strict=True):
            assert list(got) == [expected] * ROUNDS


def test_c26_authentication_follows_the_request(authorities: Authorities, deployment: Deployment) -> None:
    known, stranger = authorities.leaf("CN=known"), authorities.leaf("CN=stranger")
    client = authorities.by_dn("CN=known")
    everyone = [deployment.http(holder.files(authorities.directory)) for holder in (known, stranger)]
    everyone.append(deployment.http(host=MTLS_HOST))
    for _ in range(ROUNDS):
        statuses = [client.by_certificate(http).status_code for http in everyone]
        assert statuses == [200, 401, 401]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda each: each.name)
def test_c26_a_resumed_session_is_still_whose_it_was(
    deployment: Deployment,
    authorities: Authorities,
    application: Application,
    holders: list[Holder | None],
    version: ssl.TLSVersion,
) -> None:
    """One TLS client; its certificate changes between connections, and it offers the session of an earlier one."""
    first, second = (holder for holder in holders if holder)
    files = {holder.thumbprint: holder.files(authorities.directory) for holder in (first, second)}
    request = form_request(
        deployment,
        application.form(client_id=application.client_id, client_secret=application.secret),
        host=MTLS_HOST,
    )
    context = deployment.tls()
    context.minimum_version = context.maximum_version = version

    def binding(shown: Holder, session: ssl.SSLSession | None) -> tuple[object, bool, ssl.SSLSession | None]:
        context.load_cert_chain(*map(str, files[shown.thumbprint]))
        with Wire(deployment, name=MTLS_HOST, context=context, session=session) as wire:
            wire.send(request)
            token = wire.answer().json["access_token"]
            return decoded(token)[1]["cnf"]["x5t#S256"], wire.resumed, wire.session

    for shown, other in itertools.permutations((first, second)):
        bound, resumed, session = binding(shown, None)
        assert (bound, resumed) == (shown.thumbprint, False)
        bound, resumed, _ = binding(other, session)
        assert bound == (shown if resumed else other).thumbprint
