"""Behind each proxy every method works, and a token is bound to the certificate that the client showed the proxy."""

from __future__ import annotations

from tests.administrator import Administrator, unique
from tests.application import decoded
from tests.attacks.expect import accepted, refused_for
from tests.attacks.mtls import Authorities
from tests.certificate_mill import EXPIRED_DAYS, authority, leaf
from tests.patience import settle

from .deployment import Deployment
from .place import HOST, MTLS_HOST


def test_a_secret_over_the_ordinary_host(admin: Administrator) -> None:
    token = accepted(admin.application().by_secret())
    assert decoded(token)[1]["iss"] == f"https://{HOST}/"


def test_tls_client_auth_over_the_mtls_host(authorities: Authorities) -> None:
    holder = authorities.leaf("CN=till 1")
    token = accepted(authorities.ask(authorities.by_dn("CN=till 1"), holder))
    assert decoded(token)[1]["cnf"] == {"x5t#S256": holder.thumbprint}


def test_self_signed_tls_client_auth_over_the_mtls_host(authorities: Authorities) -> None:
    holder = leaf(unique("CN=till"))
    token = accepted(authorities.ask(authorities.self_signed(holder), holder))
    assert decoded(token)[1]["cnf"] == {"x5t#S256": holder.thumbprint}


def test_a_secret_over_the_mtls_host_is_bound_when_a_certificate_is_shown(authorities: Authorities) -> None:
    application = authorities.admin.application(authorities.audience)
    holder, form = leaf("CN=anyone"), application.form(client_secret=application.secret)
    token = accepted(authorities.ask(application, holder, **form))
    assert decoded(token)[1]["cnf"] == {"x5t#S256": holder.thumbprint}
    assert "cnf" not in decoded(accepted(application.by_secret()))[1]


def test_without_a_certificate_mtls_is_refused(deployment: Deployment, authorities: Authorities) -> None:
    application = authorities.by_dn("CN=till 2")
    for host in (HOST, MTLS_HOST):
        with deployment.http(host=host) as http:
            refused_for(authorities.admin, application.by_certificate(http), "mtls.certificate_missing")


def test_the_ordinary_host_never_asks_for_a_certificate(deployment: Deployment, authorities: Authorities) -> None:
    holder, application = authorities.leaf("CN=till 3"), authorities.by_dn("CN=till 3")
    with deployment.http(holder.files(authorities.directory), host=HOST) as http:
        refused_for(authorities.admin, application.by_certificate(http), "mtls.certificate_missing")


def test_an_expired_certificate_is_refused(deployment: Deployment, authorities: Authorities) -> None:
    application = authorities.by_dn("CN=till 4")
    answer = authorities.ask(application, authorities.leaf("CN=till 4", days=EXPIRED_DAYS))
    if deployment.proxy.takes_expired:
        refused_for(authorities.admin, answer, "certificate.expired")
    else:
        assert answer.status_code == 400


def test_an_intermediate_is_handed_on_or_registered(deployment: Deployment, authorities: Authorities) -> None:
    """A proxy that hands on the leaf alone needs the intermediate to be registered with its root."""
    intermediate = authority("CN=branch office", authorities.root)
    client, holder = authorities.by_dn("CN=till 5"), leaf("CN=till 5", intermediate)
    answer = authorities.ask(client, holder, intermediate)
    if deployment.proxy.hands_on_chain:
        accepted(answer)
    else:
        refused_for(authorities.admin, answer, "chain.no_issuer")
    other_root = authority("CN=other root")
    other_intermediate = authority("CN=other branch office", other_root)
    authorities.register(other_root, other_intermediate)
    settle()
    accepted(authorities.ask(client, leaf("CN=till 5", other_intermediate), other_intermediate))


def test_discovery_sends_mtls_clients_to_the_mtls_host(deployment: Deployment) -> None:
    with deployment.http() as http:
        document = http.get(".well-known/openid-configuration").json()
    assert document["issuer"] == f"https://{HOST}/"
    assert document["token_endpoint"] == f"https://{HOST}/oauth/token"
    assert document["mtls_endpoint_aliases"]["token_endpoint"] == f"https://{MTLS_HOST}/oauth/token"
