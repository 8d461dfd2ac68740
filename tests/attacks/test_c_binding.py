"""Tokens bound to the certificate of a real connection; the decision table is in `test_cd_decision_table.py`."""

from __future__ import annotations

import pytest

from tests.administrator import Administrator
from tests.application import decoded
from tests.attacks.expect import accepted
from tests.attacks.mtls import Authorities
from tests.attacks.neighbour import Neighbour
from tests.certificate_mill import EXPIRED_DAYS, authority, leaf
from tests.patience import settle

REQUIRED = {"proof_of_possession": {"mechanism": "mtls", "required": True}}
ALLOWED = {"proof_of_possession": {"mechanism": "mtls", "required": False}}


@pytest.fixture(scope="module")
def authorities(admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """A registered root."""
    return Authorities(admin, audience, tmp_path_factory.mktemp("certificates"))


def test_a_certificate_that_authenticates_binds_as_well(
    admin: Administrator, authorities: Authorities, audience: str
) -> None:
    bound = str(admin.api(**REQUIRED)["identifier"])
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
    bound = str(admin.api(**REQUIRED)["identifier"])
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
    its_admin.ask("PATCH", f"resource-servers/{api['id']}", ALLOWED)
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
