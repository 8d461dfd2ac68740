"""C21 only the leaf, C22 twin authorities, C24 self-signed certificates, and what else a certificate may not do."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.administrator import Administrator, unique
from tests.application import Application, decoded
from tests.attacks.expect import accepted, refused, refused_for
from tests.attacks.mtls import Authorities
from tests.attacks.neighbour import Neighbour
from tests.attacks.wire import Wire, form_request
from tests.certificate_mill import (
    ANY_PURPOSE,
    BOTH_AUTH,
    CA,
    CLIENT_AUTH,
    EXPIRED_DAYS,
    FUTURE_DAYS,
    NO_CA,
    SERVER_AUTH,
    Holder,
    authority,
    certify,
    jwk_with,
    leaf,
    twin_of,
)
from tests.forge import Key
from tests.patience import settle


@pytest.fixture(scope="module")
def authorities(admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """A registered root."""
    return Authorities(admin, audience, tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def named(authorities: Authorities) -> Application:
    """A client known by the subject ``CN=client,O=Attacked``, from any authority of the tenant."""
    return authorities.by_dn("CN=client,O=Attacked")


DN = "CN=client,O=Attacked"


# C21: only the leaf is the client


def test_c21_a_good_leaf_is_accepted_and_its_token_says_by_which_certificate(
    authorities: Authorities, named: Application
) -> None:
    holder = authorities.leaf(DN)
    accepted(authorities.ask(named, holder))


def test_c21_a_name_of_an_intermediate_or_root_matches_nothing(
    admin: Administrator, authorities: Authorities, named: Application
) -> None:
    intermediate = authority(DN, authorities.root)
    stranger = leaf("CN=stranger", intermediate)
    refused_for(admin, authorities.ask(named, stranger, intermediate), "tls_client_auth.subject")
    refused_for(admin, authorities.ask(named, stranger, intermediate, authorities.root), "tls_client_auth.subject")
    of_the_root = authorities.by_dn(authorities.root.subject.rfc4514_string())
    refused_for(
        admin,
        authorities.ask(of_the_root, authorities.leaf("CN=stranger"), authorities.root),
        "tls_client_auth.subject",
    )


def test_c21_somebody_elses_good_certificate_beside_ones_own_proves_nothing(
    admin: Administrator, authorities: Authorities, named: Application
) -> None:
    victim, thief = authorities.leaf(DN), authorities.leaf("CN=thief")
    refused_for(admin, authorities.ask(named, thief, victim), "tls_client_auth.subject")
    # Nor does a leaf that the victim's certificate is made to issue: it is no authority.
    issued = leaf(DN, victim)
    refused_for(admin, authorities.ask(named, issued, victim), "chain.issuer_is_no_ca")


def test_c21_a_pinned_certificate_elsewhere_in_the_chain_matches_nothing(
    admin: Administrator, authorities: Authorities
) -> None:
    victim = leaf("CN=victim")
    application = authorities.self_signed(victim)
    refused_for(
        admin,
        authorities.ask(application, leaf("CN=thief"), victim),
        "self_signed_tls_client_auth.registered",
    )


BAD_LEAVES: dict[str, tuple[tuple[x509.ExtensionType, ...], dict[str, Any], str]] = {
    "serverAuth only": ((NO_CA, SERVER_AUTH), {}, "chain.eku"),
    "any purpose": ((NO_CA, ANY_PURPOSE), {}, "chain.eku"),
    "expired": ((NO_CA, CLIENT_AUTH), {"days": EXPIRED_DAYS}, "certificate.expired"),
    "not yet valid": ((NO_CA, CLIENT_AUTH), {"days": FUTURE_DAYS}, "certificate.not_yet_valid"),
    "an authority": ((CA, CLIENT_AUTH), {}, "chain.leaf_is_ca"),
    "an authority without EKU": ((CA,), {}, "chain.leaf_is_ca"),
}
GOOD_LEAVES: dict[str, tuple[x509.ExtensionType, ...]] = {
    "clientAuth": (NO_CA, CLIENT_AUTH),
    "client and server": (NO_CA, BOTH_AUTH),
    "no EKU": (NO_CA,),
    "no extension that says anything": (),
}


@pytest.mark.parametrize("kind", BAD_LEAVES)
def test_c21_leaves_that_are_no_client_certificates(
    admin: Administrator, authorities: Authorities, named: Application, kind: str
) -> None:
    extensions, options, check = BAD_LEAVES[kind]
    holder = certify(DN, authorities.root, *extensions, **options)
    refused_for(admin, authorities.ask(named, holder), check)


@pytest.mark.parametrize("kind", GOOD_LEAVES)
def test_c21_leaves_may_leave_out_what_rfc_8705_does_not_ask_for(
    authorities: Authorities, named: Application, kind: str
) -> None:
    accepted(authorities.ask(named, certify(DN, authorities.root, *GOOD_LEAVES[kind])))


def test_c21_the_authority_itself_is_no_client(admin: Administrator, authorities: Authorities, audience: str) -> None:
    root = authorities.root
    application = authorities.by_dn(root.subject.rfc4514_string())
    refused_for(admin, authorities.ask(application, root), "chain.leaf_is_ca")
    refusal = admin.call(
        "POST",
        f"clients/{application.client_id}/credentials",
        {"credential_type": "cert_subject_dn", "pem": root.pem},
    )
    assert refusal.status_code == 400
    assert "CA:TRUE" in refusal.json()["message"]


# The chain


def test_intermediates_that_the_client_shows_make_the_chain(
    admin: Administrator, authorities: Authorities, named: Application
) -> None:
    upper = authority("CN=upper", authorities.root)
    lower = authority("CN=lower", upper)
    holder = leaf(DN, lower)
    accepted(authorities.ask(named, holder, lower, upper))
    accepted(authorities.ask(named, holder, upper, lower))  # in any order
    accepted(authorities.ask(named, holder, lower, upper, authorities.root))
    refused_for(admin, authorities.ask(named, holder, upper), "chain.no_issuer")
    refused_for(admin, authorities.ask(named, holder), "chain.no_issuer")


def test_intermediates_that_are_registered_make_the_chain(authorities: Authorities, named: Application) -> None:
    root = authority(unique("root"))
    intermediate = authority(unique("intermediate"), root)
    authorities.register(root, intermediate)
    settle()
    accepted(authorities.ask(named, leaf(DN, intermediate)))
    accepted(authorities.ask(named, leaf(DN, root)))


@pytest.mark.parametrize("days", [EXPIRED_DAYS, FUTURE_DAYS])
def test_an_intermediate_that_is_not_valid_now(
    admin: Administrator, authorities: Authorities, named: Application, days: tuple[int, int]
) -> None:
    intermediate = authority("CN=old", authorities.root, days=days)
    answer = authorities.ask(named, leaf(DN, intermediate), intermediate)
    refused(answer)
    assert admin.failing_check(answer).startswith("certificate.")


def test_what_a_client_shows_is_never_an_anchor(
    admin: Administrator, authorities: Authorities, named: Application
) -> None:
    own_root = authority("CN=own root")
    refused_for(admin, authorities.ask(named, leaf(DN, own_root), own_root), "chain.no_issuer")
    refused_for(admin, authorities.ask(named, leaf(DN)), "chain.no_issuer")


# C22: trusted by key, never by name


def test_c22_twin_of_the_root_is_nobody(admin: Administrator, authorities: Authorities, named: Application) -> None:
    twin = twin_of(authorities.root)
    holder = leaf(DN, twin)
    pinned = authorities.by_dn(DN, certificate_authority_id=authorities.root_id)
    for application in (named, pinned):
        for chain in ((), (twin,), (authorities.root,), (twin, authorities.root)):
            refused_for(admin, authorities.ask(application, holder, *chain), "chain.signature")


def test_c22_twin_of_an_intermediate_is_nobody(
    admin: Administrator, authorities: Authorities, named: Application
) -> None:
    intermediate = authority("CN=intermediate", authorities.root)
    twin = authority("CN=intermediate")
    refused_for(admin, authorities.ask(named, leaf(DN, twin), intermediate), "chain.signature")
    refused(authorities.ask(named, leaf(DN, twin), intermediate, twin))
    accepted(authorities.ask(named, leaf(DN, intermediate), twin, intermediate))


def test_c22_a_pin_is_to_one_authoritys_key(admin: Administrator, authorities: Authorities, named: Application) -> None:
    other = twin_of(authorities.root)
    other_id = authorities.register(other)
    to_root = authorities.by_dn(DN, certificate_authority_id=authorities.root_id)
    to_other = authorities.by_dn(DN, certificate_authority_id=other_id)
    settle()
    of_root, of_other = leaf(DN, authorities.root), leaf(DN, other)
    for application, holder in ((to_root, of_root), (to_other, of_other), (named, of_root), (named, of_other)):
        accepted(authorities.ask(application, holder))
    for application, holder in ((to_root, of_other), (to_other, of_root)):
        refused_for(admin, authorities.ask(application, holder), "chain.signature")
        refused_for(admin, authorities.ask(application, holder, authorities.root, other), "chain.signature")
    # Only what the other authority's own key signs leads to it, also when its namesake is pinned.
    pinned = admin.call("DELETE", f"certificate-authorities/{other_id}")
    assert pinned.status_code == 400


def test_c22_an_authority_that_is_removed_is_trusted_no_more(
    admin: Administrator, authorities: Authorities, named: Application
) -> None:
    root = authority(unique("root"))
    id_ = authorities.register(root)
    settle()
    holder = leaf(DN, root)
    accepted(authorities.ask(named, holder))
    admin.ask("DELETE", f"certificate-authorities/{id_}")
    settle()
    refused_for(admin, authorities.ask(named, holder), "chain.no_issuer")


# C24: self-signed


def test_c24_only_the_registered_certificate_is_the_client(admin: Administrator, authorities: Authorities) -> None:
    registered = leaf("CN=c24")
    application = authorities.self_signed(registered)
    accepted(authorities.ask(application, registered))
    same_name, same_key = leaf("CN=c24"), leaf("CN=c24", key=registered.key)
    from_authority = authorities.leaf("CN=c24", key=registered.key)
    for holder in (same_name, same_key, from_authority, leaf("CN=other")):
        refused_for(admin, authorities.ask(application, holder), "self_signed_tls_client_auth.registered")


def test_c24_only_a_certificate_of_its_jwk_set_is_the_client(admin: Administrator, authorities: Authorities) -> None:
    """RFC 8705 2.2.2, over TLS: the certificate counts, not its key, its name, or what stands behind it in ``x5c``."""
    listed, behind = leaf("CN=c24 listed"), authorities.leaf("CN=c24 behind")
    application = admin.application(authorities.audience)
    methods = {"self_signed_tls_client_auth": {"jwks": {"keys": [jwk_with(listed, behind)]}}}
    body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    admin.ask("PATCH", f"clients/{application.client_id}", body)
    settle()
    accepted(authorities.ask(application, listed))
    for holder in (leaf("CN=c24 listed", key=listed.key), leaf("CN=c24 listed"), behind):
        refused_for(admin, authorities.ask(application, holder, listed), "self_signed_tls_client_auth.registered")


def test_c24_a_renewed_certificate_over_the_same_key_counts_once_it_is_registered(
    admin: Administrator, authorities: Authorities
) -> None:
    first = leaf("CN=c24")
    application = authorities.self_signed(first)
    renewed = leaf("CN=c24", key=first.key, days=(-1, 60))
    refused(authorities.ask(application, renewed))
    second = admin.credential(application.client_id, credential_type="x509_cert", pem=renewed.pem)
    settle()
    refused(authorities.ask(application, renewed))  # registered, but not in use yet
    methods = {
        "self_signed_tls_client_auth": {"credentials": [{"id": application.credential_id}, {"id": second["id"]}]}
    }
    admin.ask("PATCH", f"clients/{application.client_id}", {"client_authentication_methods": methods})
    settle()
    for holder in (first, renewed):
        accepted(authorities.ask(application, holder))


def test_c24_expired_and_future_certificates(admin: Administrator, authorities: Authorities) -> None:
    application = authorities.admin.application(authorities.audience)
    path = f"clients/{application.client_id}/credentials"
    expired = leaf("CN=c24", days=EXPIRED_DAYS)
    refusal = admin.call("POST", path, {"credential_type": "x509_cert", "pem": expired.pem})
    assert refusal.status_code == 400
    assert "expired" in refusal.json()["message"]
    future = leaf("CN=c24", days=FUTURE_DAYS)
    refused_for(admin, authorities.ask(authorities.self_signed(future), future), "certificate.not_yet_valid")


def test_c24_a_withdrawn_certificate(admin: Administrator, authorities: Authorities) -> None:
    kept, gone = leaf("CN=kept"), leaf("CN=gone")
    application = authorities.self_signed(kept)
    second = admin.credential(application.client_id, credential_type="x509_cert", pem=gone.pem)
    both = [{"id": application.credential_id}, {"id": second["id"]}]
    admin.ask(
        "PATCH",
        f"clients/{application.client_id}",
        {"client_authentication_methods": {"self_signed_tls_client_auth": {"credentials": both}}},
    )
    accepted(authorities.ask(application, gone))
    admin.use(application.client_id, "self_signed_tls_client_auth", application.credential_id)
    admin.ask("DELETE", f"clients/{application.client_id}/credentials/{second['id']}")
    settle()
    refused(authorities.ask(application, gone))
    accepted(authorities.ask(application, kept))


# One method, and the right one


@pytest.fixture(scope="module")
def pinned_holder() -> Holder:
    """A self-signed certificate."""
    return leaf("CN=pinned")


@pytest.fixture(scope="module")
def pinned(authorities: Authorities, pinned_holder: Holder) -> Application:
    """The client of that certificate."""
    return authorities.self_signed(pinned_holder)


def test_a_certificate_client_that_shows_a_secret_or_an_assertion_too_is_refused(
    admin: Administrator, authorities: Authorities, named: Application, pinned: Application, pinned_holder: Holder
) -> None:
    for application, holder in ((named, authorities.leaf(DN)), (pinned, pinned_holder)):
        method = "tls_client_auth" if application is named else "self_signed_tls_client_auth"
        check = f"client.method_is_{method}"
        accepted(authorities.ask(application, holder))
        old_secret = application.secret or ""
        for shown in (old_secret, "w" * 40):
            refused_for(admin, authorities.ask(application, holder, client_secret=shown), check)
        assertion = Key("ES256").assertion(application.client_id, application.server.issuer)
        with application.server.http(holder.files(authorities.directory)) as http:
            refused_for(admin, application.by_assertion(assertion, http), check)
            basic = application.post(application.form(), http, auth=(application.client_id, old_secret))
            refused_for(admin, basic, check)
            refused(application.post(application.form(), http))  # nothing says which client


def test_a_certificate_client_over_the_public_port_or_without_a_certificate(
    admin: Administrator, authorities: Authorities, named: Application, pinned: Application, pinned_holder: Holder
) -> None:
    for application, holder in ((named, authorities.leaf(DN)), (pinned, pinned_holder)):
        over_public = application.server.http(holder.files(authorities.directory), application.server.issuer)
        without = application.server.http(base=application.server.mtls_url)
        for http in (application.http, over_public, without):
            refused_for(admin, application.by_certificate(http), "mtls.certificate_missing")


def test_each_mtls_method_is_itself(
    admin: Administrator, authorities: Authorities, named: Application, pinned: Application, pinned_holder: Holder
) -> None:
    refused(authorities.ask(named, leaf(DN)))
    refused(authorities.ask(named, pinned_holder))
    refused_for(admin, authorities.ask(pinned, authorities.leaf("CN=pinned")), "self_signed_tls_client_auth.registered")


def test_one_clients_certificate_is_no_other_clients(
    admin: Administrator, authorities: Authorities, pinned: Application, pinned_holder: Holder
) -> None:
    other_holder = leaf("CN=other")
    other = authorities.self_signed(other_holder)
    refused(authorities.ask(other, pinned_holder))
    refused(authorities.ask(pinned, other_holder))
    # And a certificate gives no identity to clients of other methods.
    public = admin.client(token_endpoint_auth_method="none", app_type="native", grant_types=["authorization_code"])
    application = Application(admin.server, public["client_id"], authorities.audience)
    refused(authorities.ask(application, pinned_holder), "unauthorized_client")
    confidential = admin.application(authorities.audience)
    refused_for(admin, authorities.ask(confidential, pinned_holder), "client.method_is_client_secret_post")


def test_an_identity_belongs_to_its_connection(
    authorities: Authorities, pinned: Application, pinned_holder: Holder
) -> None:
    other_holder = leaf("CN=other connection")
    other = authorities.self_signed(other_holder)
    with (
        Wire(pinned.server, pinned_holder.files(authorities.directory)) as first,
        Wire(pinned.server, other_holder.files(authorities.directory)) as second,
    ):
        for _ in range(3):
            for wire, good in ((first, pinned), (second, other)):
                for application in (pinned, other):
                    wire.send(form_request(pinned.server, application.form(client_id=application.client_id)))
                    assert wire.answer().status == (200 if application is good else 401)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_12_and_13_prove_possession_alike(
    authorities: Authorities, named: Application, pinned: Application, pinned_holder: Holder, version: ssl.TLSVersion
) -> None:
    for application, holder in ((named, authorities.leaf(DN)), (pinned, pinned_holder)):
        with Wire(application.server, holder.files(authorities.directory), version=version) as wire:
            assert wire.version == {771: "TLSv1.2", 772: "TLSv1.3"}[version]
            wire.send(form_request(application.server, application.form(client_id=application.client_id)))
            assert wire.answer().status == 200


# C25, the part of it that needs a running server: nobody to trust


def test_c25_without_an_authority_nobody_is_trusted_and_another_tenants_does_not_count(
    neighbour: Neighbour, authorities: Authorities, tmp_path: Path
) -> None:
    admin = Administrator(neighbour)
    before = admin.application()
    dn = admin.credential(before.client_id, credential_type="cert_subject_dn", subject_dn=DN)
    admin.use(before.client_id, "tls_client_auth", dn["id"])
    for holder in (leaf(DN), leaf(DN, authority("CN=any")), authorities.leaf(DN)):
        with neighbour.http(holder.files(tmp_path)) as http:
            refused_for(admin, before.by_certificate(http), "tls_client_auth.no_authority")

    own = Authorities(admin, str(admin.api()["identifier"]), tmp_path)
    application = own.by_dn(DN)
    refused_for(admin, own.ask(application, authorities.leaf(DN)), "chain.no_issuer")
    token = accepted(own.ask(application, own.leaf(DN)))
    assert decoded(token)[1]["iss"] == neighbour.issuer
    body = {"credential_type": "cert_subject_dn", "subject_dn": DN, "certificate_authority_id": authorities.root_id}
    assert admin.call("POST", f"clients/{application.client_id}/credentials", body).status_code == 400
