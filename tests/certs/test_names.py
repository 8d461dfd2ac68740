"""attacks.md 23: names are compared as a table says, not as a pattern does."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from tallystick.certs.names import (
    canonical_san,
    parse_dn,
    san_matches,
    san_values,
    subject_matches,
    to_lines,
    to_multiline,
    to_rfc4514,
)
from tallystick.certs.refusals import CertificateRefused

from . import NO_CA, certify, san

C, O, OU, CN = NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COMMON_NAME  # noqa: E741 - the field's names


def subject(*rdns: tuple[ObjectIdentifier, str] | list[tuple[ObjectIdentifier, str]]) -> x509.Name:
    parts = [rdn if isinstance(rdn, list) else [rdn] for rdn in rdns]
    return x509.Name(
        [x509.RelativeDistinguishedName([x509.NameAttribute(oid, value) for oid, value in part]) for part in parts]
    )


ACME = subject((C, "es"), (O, "Acme"), (CN, "client"))

MATCHES = [
    # the two forms, and their order
    ("CN=client,O=Acme,C=es", ACME, True),
    ("C=es\nO=Acme\nCN=client", ACME, True),
    ("C=es\r\nO=Acme\r\nCN=client\r\n", ACME, True),
    ("C=es,O=Acme,CN=client", ACME, False),
    ("CN=client\nO=Acme\nC=es", ACME, False),
    # white space around separators, names of attributes
    (" cn = client , o=Acme;C=es ", ACME, True),
    ("commonName=client,organizationName=Acme,countryName=es", ACME, True),
    ("2.5.4.3=client,2.5.4.10=Acme,2.5.4.6=es", ACME, True),
    # exact: parts, prefixes, case, patterns
    ("CN=client", ACME, False),
    ("CN=client,O=Acme", ACME, False),
    ("O=Acme,C=es", ACME, False),
    ("CN=client,O=Acme,C=es,O=more", ACME, False),
    ("CN=Client,O=Acme,C=es", ACME, False),
    ("CN=client,O=ACME,C=es", ACME, False),
    ("CN=.*,O=.*,C=.*", ACME, False),
    ("CN=clien.,O=Acme,C=es", ACME, False),
    ("CN=*,O=Acme,C=es", ACME, False),
    ("CN=client ,O=Acme,C=es", ACME, True),
    ("CN=client\\ ,O=Acme,C=es", ACME, False),
    ("O=client,CN=Acme,C=es", ACME, False),
    # an attribute that contains what looks like more of them
    ("CN=client,O=Acme,C=es", subject((CN, "client,O=Acme,C=es")), False),
    ("CN=client\\,O=Acme\\,C=es", subject((CN, "client,O=Acme,C=es")), True),
    ("CN=client\\,O=Acme\\,C=es", ACME, False),
    ("C=es\nO=Acme", subject((O, "es/O=Acme")), False),
    # escapes of RFC 4514 2.4
    ("CN=a\\,b", subject((CN, "a,b")), True),
    ("CN=a\\2Cb", subject((CN, "a,b")), True),
    ("CN=a\\2cb", subject((CN, "a,b")), True),
    ('CN=\\#a\\+\\"\\\\\\<\\>\\;\\=b', subject((CN, '#a+"\\<>;=b')), True),
    ("CN=a=b", subject((CN, "a=b")), True),
    ("CN=Lu\\C4\\8Di\\C4\\87", subject((CN, "Lučić")), True),
    ("CN=Lučić", subject((CN, "Lučić")), True),
    ("CN=Luc\u030ci\u0107", subject((CN, "Lu\u010di\u0107")), False),
    ("CN=\\ a\\ ", subject((CN, " a ")), True),
    ("CN=\\20a\\20", subject((CN, " a ")), True),
    ("CN=a  b", subject((CN, "a b")), False),
    ("CN=#0C0161", subject((CN, "a")), True),
    ("CN=#130161", subject((CN, "a")), True),
    ("CN=#1E020061", subject((CN, "a")), True),
    ("CN=\\#0C0161", subject((CN, "a")), False),
    # multi-valued parts are sets; several parts are not
    ("CN=a+OU=b,O=Acme", subject((O, "Acme"), [(CN, "a"), (OU, "b")]), True),
    ("OU=b+CN=a,O=Acme", subject((O, "Acme"), [(CN, "a"), (OU, "b")]), True),
    ("O=Acme\nOU=b + CN=a", subject((O, "Acme"), [(CN, "a"), (OU, "b")]), True),
    ("OU=b,CN=a,O=Acme", subject((O, "Acme"), [(CN, "a"), (OU, "b")]), False),
    ("CN=a+OU=b,O=Acme", subject((O, "Acme"), (CN, "a"), (OU, "b")), False),
    ("CN=a\\+OU\\=b", subject([(CN, "a"), (OU, "b")]), False),
    # in lines nothing but + separates
    ("O=Acme, Inc.\nCN=a", subject((O, "Acme, Inc."), (CN, "a")), True),
    ("O=Acme\\, Inc.\nCN=a", subject((O, "Acme, Inc."), (CN, "a")), True),
    ('O="Acme"\nCN=a', subject((O, '"Acme"'), (CN, "a")), True),
    # attributes we have no name for
    ("1.2.3.4=x", subject((ObjectIdentifier("1.2.3.4"), "x")), True),
    ("1.2.3.4=x", subject((ObjectIdentifier("1.2.3.5"), "x")), False),
]


@pytest.mark.parametrize(("text", "name", "expected"), MATCHES, ids=range(len(MATCHES)))
def test_23_subject(text: str, name: x509.Name, expected: bool) -> None:
    assert subject_matches(certify(name).certificate, parse_dn(text)) is expected


@pytest.mark.parametrize("kind", ["UTF8String", "PrintableString", "T61String", "BMPString", "UniversalString"])
def test_23_string_types_compare_by_value(kind: str) -> None:
    name = x509.Name([x509.NameAttribute(CN, "client", _ASN1Type[kind])])
    assert subject_matches(certify(name).certificate, parse_dn("CN=client"))


REFUSED = [
    ("", "syntax"),
    ("   ", "syntax"),
    ("\n", "syntax"),
    ("client", "syntax"),
    ("CN=a,", "syntax"),
    (",CN=a", "syntax"),
    ("CN=a,,O=b", "syntax"),
    ("CN=a\n\nO=b", "syntax"),
    ("CN=a+", "syntax"),
    ("CN=Acme, Inc.", "syntax"),
    ('O="Acme, Inc."', "syntax"),
    ('CN="a"', "syntax"),
    ("CN=<a>", "syntax"),
    ("=a", "attribute"),
    ("FOO=a", "attribute"),
    ("/C=es/CN=a", "attribute"),
    ("OID.2.5.4.3=a", "attribute"),
    ("2.5.4.03=a", "attribute"),
    ("2=a", "attribute"),
    ("CN=", "empty"),
    ("CN=,O=a", "empty"),
    ("CN=a\x00b", "control"),
    ("CN=a\\00", "control"),
    ("CN=a\\0Ab", "control"),
    ("CN=a\tb", "control"),
    ("CN=#0C0100", "control"),
    ("CN=a\\", "escape"),
    ("CN=a\\x", "escape"),
    ("CN=\\C4", "escape"),
    ("CN=\ud800", "escape"),
    ("CN=#", "hex"),
    ("CN=#0", "hex"),
    ("CN=#zz", "hex"),
    ("CN=#0C", "hex"),
    ("CN=#0C0261", "hex"),
    ("CN=#020161", "hex"),
    ("CN=#0C01FF", "hex"),
    ("CN=a+CN=a", "duplicate"),
    ("CN=" + "a" * 1024, "size"),
]


@pytest.mark.parametrize(("text", "check"), REFUSED, ids=range(len(REFUSED)))
def test_23_names_that_are_refused(text: str, check: str) -> None:
    with pytest.raises(CertificateRefused) as refused:
        parse_dn(text)
    assert refused.value.check == f"dn.{check}"


def test_23_nul_in_a_certificate_matches_nothing() -> None:
    certificate = certify(subject((CN, "client\x00.evil"))).certificate
    assert certificate.subject is None
    assert not subject_matches(certificate, parse_dn("CN=client"))
    with pytest.raises(CertificateRefused):
        to_multiline(certificate)


def test_an_empty_subject_matches_nothing() -> None:
    certificate = certify("").certificate
    assert not subject_matches(certificate, ())
    with pytest.raises(CertificateRefused):
        to_multiline(certificate)


def test_auth0_form_is_what_node_prints() -> None:
    name = subject((C, "es"), [(O, 'A, "B" \\ <c>; #+=d'), (OU, "b")], (NameOID.EMAIL_ADDRESS, "a@b"), (CN, " é "))
    lines = to_multiline(certify(name).certificate)
    assert lines == 'C=es\nO=A\\, \\"B\\" \\\\ \\<c\\>\\; #\\+=d + OU=b\nemailAddress=a@b\nCN=\\ é\\ '


VALUE = st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=12).filter(
    lambda v: "\x7f" not in v
)
RDN = st.dictionaries(
    st.sampled_from(["2.5.4.3", "2.5.4.10", "1.2.3.4", "0.9.2342.19200300.100.1.25"]), VALUE, min_size=1
)


@given(st.lists(RDN, min_size=1, max_size=4))
def test_both_forms_are_read_back(rdns: list[dict[str, str]]) -> None:
    name = tuple(tuple(sorted(rdn.items())) for rdn in rdns)
    assert parse_dn(to_rfc4514(name)) == name
    assert parse_dn(to_lines(name)) == name


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(CertificateRefused):
        parse_dn(text)
    for kind in ("dns", "uri", "ip", "email"):
        with suppress(CertificateRefused):
            assert canonical_san(kind, canonical_san(kind, text)) == canonical_san(kind, text)


SANS = [
    ("dns", "client.example.com", x509.DNSName("client.example.com"), True),
    ("dns", "CLIENT.example.com", x509.DNSName("client.EXAMPLE.com"), True),
    ("dns", "a.example.com", x509.DNSName("*.example.com"), False),
    ("dns", "example.com", x509.DNSName("a.example.com"), False),
    ("dns", "a.example.com", x509.DNSName("example.com"), False),
    ("dns", "example.com", x509.DNSName("example.com."), False),
    ("dns", "example.com", x509.UniformResourceIdentifier("https://example.com"), False),
    ("ip", "10.0.0.1", x509.IPAddress(ip_address("10.0.0.1")), True),
    ("ip", "10.0.0.1", x509.DNSName("10.0.0.1"), False),
    ("ip", "10.0.0.1", x509.IPAddress(ip_address("::ffff:10.0.0.1")), False),
    ("ip", "2001:DB8:0::1", x509.IPAddress(ip_address("2001:db8::1")), True),
    ("uri", "spiffe://example.com/a", x509.UniformResourceIdentifier("spiffe://example.com/a"), True),
    ("uri", "spiffe://example.com/a", x509.UniformResourceIdentifier("spiffe://EXAMPLE.com/a"), False),
    ("uri", "spiffe://example.com/a", x509.UniformResourceIdentifier("spiffe://example.com/a/"), False),
    ("uri", "urn:example:a", x509.UniformResourceIdentifier("urn:example:a"), True),
    ("email", "Me@Example.com", x509.RFC822Name("Me@example.COM"), True),
    ("email", "me@example.com", x509.RFC822Name("Me@example.com"), False),
]


@pytest.mark.parametrize(("kind", "registered", "shown", "expected"), SANS, ids=range(len(SANS)))
def test_23_alternative_names(kind: str, registered: str, shown: x509.GeneralName, expected: bool) -> None:
    certificate = certify("client", None, NO_CA, san(x509.RegisteredID(ObjectIdentifier("1.2.3")), shown)).certificate
    assert san_matches(certificate, kind, canonical_san(kind, registered)) is expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("dns", "*.example.com"),
        ("dns", "10.0.0.1"),
        ("dns", "example.com."),
        ("dns", ".example.com"),
        ("dns", "a..b"),
        ("dns", "-a.b"),
        ("dns", "a b"),
        ("dns", "bücher.example"),
        ("dns", "a\x00.b"),
        ("dns", "a.b\n"),
        ("dns", ""),
        ("dns", "a" * 64 + ".b"),
        ("dns", ".".join(["a" * 60] * 5)),
        ("uri", "example.com"),
        ("uri", "https://exämple.com"),
        ("uri", "https://a b"),
        ("uri", ""),
        ("ip", "10.0.0.256"),
        ("ip", "10.0.0.0/8"),
        ("ip", "010.0.0.1"),
        ("ip", "fe80::1%eth0"),
        ("ip", ""),
        ("email", "example.com"),
        ("email", "@example.com"),
        ("email", "a@"),
        ("email", "a@b@c"),
        ("email", "a b@c"),
        ("uri", "https://" + "a" * 1024),
    ],
)
def test_23_alternative_names_that_are_refused(kind: str, value: str) -> None:
    with pytest.raises(CertificateRefused) as refused:
        canonical_san(kind, value)
    assert refused.value.check.startswith("san.")


@pytest.mark.parametrize(
    ("kind", "value", "check"),
    [("dns", "*.example.com", "san.wildcard"), ("dns", "a.*", "san.wildcard"), ("dns", "10.0.0.1", "san.dns_is_ip")],
)
def test_23_the_refusal_says_which_mistake_it_was(kind: str, value: str, check: str) -> None:
    with pytest.raises(CertificateRefused) as refused:
        canonical_san(kind, value)
    assert refused.value.check == check


def test_a_certificate_without_alternative_names_has_none() -> None:
    assert san_values(certify("client").certificate, "dns") == frozenset()
