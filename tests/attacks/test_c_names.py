"""C23 comparison of distinguished and alternative names, from registration to handshake."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from tests.administrator import Administrator
from tests.attacks.expect import accepted, refused_for
from tests.attacks.mtls import Authorities
from tests.certificate_mill import leaf


@pytest.fixture(scope="module")
def authorities(admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """A registered root."""
    return Authorities(admin, audience, tmp_path_factory.mktemp("certificates"))


def rdns(*parts: dict[x509.ObjectIdentifier, str], kind: _ASN1Type | None = None) -> x509.Name:
    """A subject, in the certificate's order; each part one RDN."""
    return x509.Name(
        [
            x509.RelativeDistinguishedName(x509.NameAttribute(oid, value, kind) for oid, value in part.items())
            for part in parts
        ]
    )


CN, ORG, OU, C = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COUNTRY_NAME
PLAIN = rdns({C: "SE"}, {ORG: "Bank"}, {CN: "app"})

SUBJECTS: dict[str, tuple[str, x509.Name, bool]] = {
    "RFC 4514": ("CN=app,O=Bank,C=SE", PLAIN, True),
    "lines, as Auth0 shows them": ("C=SE\nO=Bank\nCN=app", PLAIN, True),
    "RFC 4514 the wrong way round": ("C=SE,O=Bank,CN=app", PLAIN, False),
    "a part left out": ("CN=app,C=SE", PLAIN, False),
    "a part too many": ("CN=app,OU=x,O=Bank,C=SE", PLAIN, False),
    "the beginning": ("CN=app", PLAIN, False),
    "other case": ("CN=APP,O=Bank,C=SE", PLAIN, False),
    "dot is no pattern": ("CN=a.p,O=Bank,C=SE", PLAIN, False),
    "pattern": ("CN=.*,O=Bank,C=SE", PLAIN, False),
    "star": ("CN=*,O=Bank,C=SE", PLAIN, False),
    "longer value": ("CN=app,O=Bank,C=SE", rdns({C: "SE"}, {ORG: "Bank"}, {CN: "app2"}), False),
    "separator within a value": ("CN=app,O=Bank", rdns({CN: "app,O=Bank"}), False),
    "separator within a value, escaped": ("CN=app\\,O=Bank", rdns({CN: "app,O=Bank"}), True),
    "line break that joins two parts": ("O=Bank\nCN=app", rdns({ORG: "Bank\nCN=app"}), False),
    "hex escapes": ("CN=\\61pp\\c3\\a4", rdns({CN: "appä"}), True),
    "space at the end": ("CN=app", rdns({CN: "app "}), False),
    "look-alike letter": ("CN=app", rdns({CN: "\u0430pp"}), False),
    "NUL within": ("CN=app", rdns({CN: "app\x00.victim"}), False),
    "several values in one part": ("CN=app+OU=x,O=Bank", rdns({ORG: "Bank"}, {OU: "x", CN: "app"}), True),
    "several values in several parts": ("CN=app+OU=x,O=Bank", rdns({ORG: "Bank"}, {OU: "x"}, {CN: "app"}), False),
    "UTF8String": ("CN=app", rdns({CN: "app"}, kind=_ASN1Type.UTF8String), True),
    "PrintableString": ("CN=app", rdns({CN: "app"}, kind=_ASN1Type.PrintableString), True),
    "another attribute": ("CN=app", rdns({OU: "app"}), False),
    "the same twice": ("CN=app", rdns({CN: "app"}, {CN: "app"}), False),
}


@pytest.mark.parametrize("case", SUBJECTS)
def test_c23_subjects_compare_whole_and_exactly(admin: Administrator, authorities: Authorities, case: str) -> None:
    registered, shown, matches = SUBJECTS[case]
    application = authorities.by_dn(registered)
    answer = authorities.ask(application, leaf(shown, authorities.root))
    if matches:
        accepted(answer)
    else:
        refused_for(admin, answer, "tls_client_auth.subject")


def test_c23_a_subject_registered_by_its_certificate(authorities: Authorities) -> None:
    holder = leaf(rdns({C: "SE"}, {ORG: 'Bank, "the" + #1'}, {CN: " app "}), authorities.root)
    accepted(authorities.ask(authorities.client(credential_type="cert_subject_dn", pem=holder.pem), holder))


def test_c23_an_empty_subject_is_nobodys(admin: Administrator, authorities: Authorities) -> None:
    holder = leaf(x509.Name([]), authorities.root, san=[x509.DNSName("app.example")])
    refused_for(admin, authorities.ask(authorities.by_dn("CN=app"), holder), "tls_client_auth.subject")
    accepted(authorities.ask(authorities.client(credential_type="cert_san_dns", san_dns="app.example"), holder))


DNS, URI, MAIL = x509.DNSName, x509.UniformResourceIdentifier, x509.RFC822Name


def address(text: str) -> x509.IPAddress:
    """An iPAddress."""
    return x509.IPAddress(ip_address(text))


ALTERNATIVES: dict[str, tuple[str, str, list[x509.GeneralName], bool]] = {
    "DNS": ("dns", "app.example", [DNS("app.example")], True),
    "DNS, other case": ("dns", "App.Example", [DNS("aPP.example")], True),
    "DNS among others": ("dns", "app.example", [DNS("x.example"), URI("https://x/"), DNS("app.example")], True),
    "DNS wildcard in the certificate": ("dns", "app.example", [DNS("*.example")], False),
    "DNS parent": ("dns", "app.example", [DNS("example")], False),
    "DNS child": ("dns", "app.example", [DNS("x.app.example")], False),
    "DNS with a final dot": ("dns", "app.example", [DNS("app.example.")], False),
    "DNS with NUL": ("dns", "app.example", [DNS("app.example\x00.victim.example")], False),
    "DNS name in a URI": ("dns", "app.example", [URI("https://app.example")], False),
    "DNS name in an e-mail": ("dns", "app.example", [MAIL("x@app.example")], False),
    "URI": ("uri", "spiffe://bank.example/App", [URI("spiffe://bank.example/App")], True),
    "URI, other case": ("uri", "spiffe://bank.example/App", [URI("spiffe://bank.example/app")], False),
    "URI, slash more": ("uri", "spiffe://bank.example/App", [URI("spiffe://bank.example/App/")], False),
    "URI, prefix": ("uri", "spiffe://bank.example/App", [URI("spiffe://bank.example/App2")], False),
    "IPv4": ("ip", "192.0.2.7", [address("192.0.2.7")], True),
    "IPv4, another": ("ip", "192.0.2.7", [address("192.0.2.70")], False),
    "IPv4 as a DNS name": ("ip", "192.0.2.7", [DNS("192.0.2.7")], False),
    "IPv4 mapped into IPv6": ("ip", "192.0.2.7", [address("::ffff:192.0.2.7")], False),
    "IPv6 in another spelling": ("ip", "2001:db8:0:0::0007", [address("2001:db8::7")], True),
    "e-mail": ("email", "app@bank.example", [MAIL("app@bank.example")], True),
    "e-mail, host of other case": ("email", "app@bank.example", [MAIL("app@BANK.example")], True),
    "e-mail, local part of other case": ("email", "app@bank.example", [MAIL("App@bank.example")], False),
    "e-mail, suffix": ("email", "app@bank.example", [MAIL("evil-app@bank.example")], False),
    "no name at all": ("dns", "app.example", [], False),
}


@pytest.mark.parametrize("case", ALTERNATIVES)
def test_c23_alternative_names_compare_by_kind(admin: Administrator, authorities: Authorities, case: str) -> None:
    kind, registered, shown, matches = ALTERNATIVES[case]
    application = authorities.client(credential_type=f"cert_san_{kind}", **{f"san_{kind}": registered})
    # The common name says it too, and is never looked at for it.
    answer = authorities.ask(application, leaf(rdns({CN: "app.example"}), authorities.root, san=shown))
    if matches:
        accepted(answer)
    else:
        refused_for(admin, answer, "tls_client_auth.subject")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("dns", "*.example"),
        ("dns", "192.0.2.7"),
        ("dns", "app.example."),
        ("dns", "app_.example\x00"),
        ("uri", "app"),
        ("uri", ""),
        ("ip", "192.0.2.0/24"),
        ("ip", "192.0.2.07"),
        ("ip", "app.example"),
        ("email", "@bank.example"),
        ("email", "bank.example"),
    ],
)
def test_c23_names_that_could_match_more_than_one_are_not_registered(
    admin: Administrator, authorities: Authorities, kind: str, value: str
) -> None:
    application = authorities.by_dn("CN=whoever")
    body = {"credential_type": f"cert_san_{kind}", f"san_{kind}": value}
    assert admin.call("POST", f"clients/{application.client_id}/credentials", body).status_code == 400


def test_c23_one_of_several_registered_names_is_enough(admin: Administrator, authorities: Authorities) -> None:
    application = authorities.by_dn("CN=first")
    second = admin.credential(application.client_id, credential_type="cert_san_dns", san_dns="second.example")
    admin.use(application.client_id, "tls_client_auth", application.credential_id, second["id"])
    for holder in (authorities.leaf("CN=first"), authorities.leaf("CN=x", san=[DNS("second.example")])):
        accepted(authorities.ask(application, holder))
    refused_for(admin, authorities.ask(application, authorities.leaf("CN=third")), "tls_client_auth.subject")
