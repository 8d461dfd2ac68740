"""Who must hold what: the mTLS column of the sender-constraint table (auth0.md 3.7), and `cnf` exactly where due."""

from __future__ import annotations

from typing import Any

import pytest

from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.attacks.expect import accepted, refused_for
from tests.attacks.mtls import Authorities
from tests.attacks.neighbour import Neighbour
from tests.attacks.settled import settle
from tests.certificate_mill import EXPIRED_DAYS, Holder, authority, leaf

POLICIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "allowed": {"mechanism": "mtls", "required": False},
    "required": {"mechanism": "mtls", "required": True},
    "required for all": {"mechanism": "mtls", "required": True, "required_for": "all_clients"},
    "dpop allowed": {"mechanism": "dpop", "required": False},
    "dpop required": {"mechanism": "dpop", "required": True},
    "dpop required for public clients": {"mechanism": "dpop", "required": True, "required_for": "public_clients"},
}
UNBOUND, BOUND, REFUSED = "unbound", "bound", "refused"
TABLE = {
    # policy: client does not require, without and with proof; client requires, without and with proof
    "none": (UNBOUND, UNBOUND, REFUSED, REFUSED),
    "allowed": (UNBOUND, BOUND, REFUSED, BOUND),
    "required": (REFUSED, BOUND, REFUSED, BOUND),
    "required for all": (REFUSED, BOUND, REFUSED, BOUND),
    # A certificate is no proof by DPoP.
    "dpop allowed": (UNBOUND, UNBOUND, REFUSED, REFUSED),
    "dpop required": (REFUSED, REFUSED, REFUSED, REFUSED),
    "dpop required for public clients": (UNBOUND, UNBOUND, REFUSED, REFUSED),
}


@pytest.fixture(scope="module")
def authorities(admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """A registered root."""
    return Authorities(admin, audience, tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def holder() -> Holder:
    """A certificate that nobody registered."""
    return leaf("CN=nobody registered this", authority("CN=nobody trusts this"))


@pytest.fixture(scope="module")
def clients(admin: Administrator, audience: str, authorities: Authorities) -> dict[str, Application]:
    """One that authenticates by secret, key, and certificate; and the first again, requiring binding."""
    registered = authorities.leaf("CN=registered")
    applications = {
        "secret": admin.application(audience),
        "key": admin.key_application("ES256", audience),
        "certificate": authorities.self_signed(registered),
        "secret, requires": admin.application(audience, require_proof_of_possession=True),
        "key, requires": admin.key_application("ES256", audience, require_proof_of_possession=True),
    }
    applications["certificate"].credential_id = ""
    return applications


@pytest.fixture(scope="module", params=POLICIES)
def api(request: pytest.FixtureRequest, admin: Administrator, clients: dict[str, Application]) -> tuple[str, str]:
    """An API of each policy, and all clients with a grant for it."""
    policy = POLICIES[request.param]
    identifier = str(admin.api(**({"proof_of_possession": policy} if policy else {}))["identifier"])
    for application in clients.values():
        admin.grant(application.client_id, identifier)
    return request.param, identifier


@pytest.mark.parametrize("requires", [False, True])
@pytest.mark.parametrize("proof", [False, True])
@pytest.mark.parametrize("method", ["secret", "key"])
def test_the_decision_table(
    admin: Administrator,
    authorities: Authorities,
    clients: dict[str, Application],
    api: tuple[str, str],
    holder: Holder,
    method: str,
    requires: bool,
    proof: bool,
) -> None:
    policy, identifier = api
    application = clients[f"{method}, requires" if requires else method]
    server = application.server
    with server.http(holder.files(authorities.directory)) if proof else server.http(base=server.mtls_url) as http:
        if method == "key":
            answer = application.by_assertion(None, http, audience=identifier)
        else:
            form = application.form(
                client_id=application.client_id, client_secret=application.secret, audience=identifier
            )
            answer = application.post(form, http)
    expected = TABLE[policy][2 * requires + proof]
    if expected == REFUSED:
        refused_for(admin, answer, "sender.constrain", "invalid_request")
        return
    claims = decoded(accepted(answer))[1]
    assert claims.get("cnf") == ({"x5t#S256": holder.thumbprint} if expected == BOUND else None)
    # RFC 8705 3: the type stays Bearer; and the log says which certificate it was.
    assert answer.json()["token_type"] == "Bearer"
    assert admin.log(answer.headers["X-Correlation-Id"])["details"].get("cnf") == claims.get("cnf")


def test_a_certificate_that_authenticates_binds_as_well(
    admin: Administrator, authorities: Authorities, audience: str
) -> None:
    bound = str(admin.api(proof_of_possession=POLICIES["required"])["identifier"])
    own = leaf("CN=own")
    for holder, application in (
        (own, authorities.self_signed(own)),
        (authorities.leaf("CN=binds"), authorities.by_dn("CN=binds")),
    ):
        admin.grant(application.client_id, bound)
        claims = decoded(accepted(authorities.ask(application, holder, audience=bound)))[1]
        assert claims["cnf"] == {"x5t#S256": holder.thumbprint}
        assert "cnf" not in decoded(accepted(authorities.ask(application, holder)))[1]


def test_the_leaf_binds_whatever_stands_beside_it_and_whatever_its_dates_are(
    admin: Administrator, authorities: Authorities, audience: str
) -> None:
    bound = str(admin.api(proof_of_possession=POLICIES["required"])["identifier"])
    application = admin.application(bound)
    root = authority("CN=anybody")
    for holder in (leaf("CN=leaf", root), leaf("CN=leaf", root, days=EXPIRED_DAYS)):
        with application.server.http(holder.files(authorities.directory, root, authorities.root)) as http:
            form = application.form(client_id=application.client_id, client_secret=application.secret)
            claims = decoded(accepted(application.post(form, http)))[1]
            assert claims["cnf"] == {"x5t#S256": holder.thumbprint}


def test_a_bound_management_token_is_refused_without_and_with_another_certificate(
    admin: Administrator, authorities: Authorities, neighbour: Neighbour
) -> None:
    """Scheme downgrade: Bearer with a bound token is worth nothing without its certificate (RFC 8705 3)."""
    its_admin = Administrator(neighbour)
    api = its_admin.ask("GET", "resource-servers")[0]
    assert api["identifier"] == f"{neighbour.issuer}api/v2/"
    allowed = {"proof_of_possession": POLICIES["allowed"]}
    its_admin.ask("PATCH", f"resource-servers/{api['id']}", allowed)
    try:
        own, other = leaf("CN=own"), leaf("CN=other")
        with neighbour.http(own.files(authorities.directory)) as http:
            its_admin.http = http
            settle()
            token = its_admin._token()
            assert decoded(token)[1]["cnf"] == {"x5t#S256": own.thumbprint}
            headers = {"Authorization": f"Bearer {token}"}
            assert http.get("api/v2/clients", headers=headers).status_code == 200
        for without in (neighbour.http(), neighbour.http(other.files(authorities.directory))):
            assert without.get("api/v2/clients", headers=headers).status_code == 401
    finally:
        its_admin.http = neighbour.http()
        its_admin.ask("PATCH", f"resource-servers/{api['id']}", {"proof_of_possession": None})
