"""C20 through each proxy (CVE-2026-46579, keycloak#17059, #35217, #35861): no header of a client's is a certificate."""

from __future__ import annotations

import pytest

from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.attacks.mtls import Authorities
from tests.attacks.wire import Answer
from tests.certificate_mill import Holder, authority, leaf

from .deployment import Deployment
from .place import HOST, MTLS_HOST
from .sender import Sender
from .spoofed import attempts


def by_proxy(answer: Answer) -> bool:
    """A proxy may have its own opinion of such a request and refuse it. Tallystick's refusals have a correlation id."""
    return answer.status in (400, 431) and "x-correlation-id" not in answer.headers


@pytest.fixture(scope="module")
def thief(authorities: Authorities) -> Holder:
    """A certificate as good as the victim's, but for the name."""
    return authorities.leaf("CN=thief")


@pytest.fixture(scope="module", params=["by authority", "self-signed"])
def victim(request: pytest.FixtureRequest, authorities: Authorities) -> tuple[Application, Holder]:
    """Whom the thief would like to be."""
    if request.param == "self-signed":
        holder = leaf("CN=victim by itself")
        return authorities.self_signed(holder), holder
    return authorities.by_dn("CN=victim"), authorities.leaf("CN=victim")


def checks_of_refusals(admin: Administrator, sender: Sender, victim: tuple[Application, Holder]) -> set[str]:
    """Try everything to be the victim; the checks at which Tallystick refused, first and last."""
    application, holder = victim
    form = application.form(client_id=application.client_id)
    refusals: list[Answer] = []
    with sender:
        for headers in attempts(holder):
            answer = sender.ask(form, *headers)
            if not by_proxy(answer):
                assert answer.status == 401, (headers, answer)
                refusals.append(answer)
    assert {answer.error for answer in refusals} == {"invalid_client"}
    ids = [answer.headers["x-correlation-id"] for answer in (refusals[0], refusals[-1])]
    return {admin.log(each)["details"]["check"] for each in ids}


@pytest.mark.parametrize("host", [HOST, MTLS_HOST])
def test_c20_no_header_is_a_certificate(
    deployment: Deployment, admin: Administrator, victim: tuple[Application, Holder], host: str
) -> None:
    checks = checks_of_refusals(admin, Sender(deployment, host), victim)
    assert checks == {"mtls.certificate_missing"}


def test_c20_no_header_replaces_a_certificate(
    deployment: Deployment, authorities: Authorities, victim: tuple[Application, Holder], thief: Holder
) -> None:
    sender = Sender(deployment, MTLS_HOST, thief.files(authorities.directory))
    checks = checks_of_refusals(authorities.admin, sender, victim)
    assert checks <= {"tls_client_auth.subject", "self_signed_tls_client_auth.registered"}


@pytest.mark.parametrize(("host", "shows"), [(HOST, False), (MTLS_HOST, False), (MTLS_HOST, True)])
def test_c20_no_header_changes_a_binding(
    deployment: Deployment, authorities: Authorities, thief: Holder, host: str, shows: bool
) -> None:
    application = authorities.admin.application(authorities.audience)
    form = application.form(client_id=application.client_id, client_secret=application.secret)
    expected = {"x5t#S256": thief.thumbprint} if shows else None
    tokens = 0
    with Sender(deployment, host, thief.files(authorities.directory) if shows else None) as sender:
        for headers in attempts(leaf("CN=victim")):
            answer = sender.ask(form, *headers)
            if not by_proxy(answer):
                assert answer.status == 200, (headers, answer)
                tokens += 1
                assert decoded(answer.json["access_token"])[1].get("cnf") == expected, headers
    assert tokens > 0


@pytest.mark.parametrize("verdict", [b"SUCCESS", b"FAILED:expired", b"NONE"])
def test_c20_no_verdict_of_the_client_counts(deployment: Deployment, authorities: Authorities, verdict: bytes) -> None:
    """What nginx says of its own check stands in a header too; a client's word must not take its place."""
    application, holder = authorities.by_dn("CN=honest"), authorities.leaf("CN=honest")
    stranger = leaf("CN=honest", authority("CN=anybody's root"))
    for shown, status in ((holder, 200), (stranger, 401)):
        with Sender(deployment, MTLS_HOST, shown.files(authorities.directory)) as sender:
            for name in (b"X-SSL-Client-Verify", b"client-certificate-ca-verified"):
                form = application.form(client_id=application.client_id)
                assert sender.ask(form, name + b": " + verdict).status == status
