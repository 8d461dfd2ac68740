"""attacks.md 21 (only the leaf), 22 (same name, other key), 25 (no anchors), and RFC 5280 section 6."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network
from math import gcd

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tallystick.certs.certificate import NAMES_MAX, check_certificate_life
from tallystick.certs.chain import check_chain
from tallystick.certs.constraints import COMPARISONS_MAX
from tallystick.certs.refusals import UntrustedCertificate

from . import (
    CA,
    CLIENT_AUTH,
    DAY_MS,
    NO_CA,
    NOW,
    NOW_MS,
    SERVER_AUTH,
    Holder,
    certificates,
    certify,
    key_usage,
    name,
    san,
)

ROOT = certify("Root", None, CA)
LEAF = certify("client", ROOT, NO_CA)


def anchor_of(
    leaf: Holder, *presented: Holder, anchors: tuple[Holder, ...] = (ROOT,), helpers: tuple[Holder, ...] = ()
) -> str:
    anchor = check_chain(
        leaf.certificate, certificates(presented), certificates(anchors), certificates(helpers), NOW_MS
    )
    return anchor.thumbprint


def refusal(
    leaf: Holder, *presented: Holder, anchors: tuple[Holder, ...] = (ROOT,), helpers: tuple[Holder, ...] = ()
) -> str:
    with pytest.raises(UntrustedCertificate) as refused:
        anchor_of(leaf, *presented, anchors=anchors, helpers=helpers)
    return refused.value.check


@pytest.mark.parametrize("extensions", [(), (NO_CA,), (NO_CA, CLIENT_AUTH), (key_usage(digital_signature=True),)])
def test_san_eku_and_everything_else_may_be_absent(extensions: tuple[x509.ExtensionType, ...]) -> None:
    assert anchor_of(certify("client", ROOT, *extensions)) == ROOT.certificate.thumbprint


@pytest.mark.parametrize("kind", ["RSA", "Ed25519"])
def test_authorities_may_have_other_keys(kind: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if kind == "RSA" else ed25519.Ed25519PrivateKey.generate()
    hash_ = hashes.SHA256 if kind == "RSA" else None
    root = certify("Root", None, CA, key=key, hash_=hash_)
    leaf = certify("client", root, NO_CA, hash_=hash_)
    assert anchor_of(leaf, anchors=(root,)) == root.certificate.thumbprint


def test_the_path_goes_over_what_was_shown_or_registered_in_any_order() -> None:
    upper = certify("Upper", ROOT, CA)
    lower = certify("Lower", upper, CA)
    leaf = certify("client", lower, NO_CA)
    assert anchor_of(leaf, lower, upper) == anchor_of(leaf, upper, lower)
    assert anchor_of(leaf, helpers=(upper, lower)) == anchor_of(leaf, upper, helpers=(lower,))
    assert refusal(leaf, upper) == "chain.no_issuer"


def test_the_anchor_is_the_one_that_signed() -> None:
    other = certify("Other", None, CA)
    assert anchor_of(LEAF, anchors=(other, ROOT)) == ROOT.certificate.thumbprint
    assert refusal(LEAF, anchors=(other,)) == "chain.no_issuer"


def test_22_twin_authority_with_the_same_name_and_another_key() -> None:
    twin = certify("Root", None, CA)
    impostor = certify("client", twin, NO_CA)
    assert refusal(impostor) == "chain.signature"
    assert refusal(impostor, twin) == "chain.signature"
    assert refusal(impostor, twin, helpers=(twin,)) == "chain.signature"
    assert anchor_of(impostor, anchors=(ROOT, twin)) == twin.certificate.thumbprint


def test_22_twin_intermediate_under_the_right_name() -> None:
    real = certify("Lower", ROOT, CA)
    twin = certify("Lower", None, CA, issuer_name=name("Root"))
    leaf = certify("client", twin, NO_CA)
    assert refusal(leaf, twin, real) == "chain.signature"


def test_a_renewed_authority_with_the_same_key_still_leads_to_it() -> None:
    renewed = certify("Root", None, CA, key=ROOT.key, days=(-1, 3000))
    assert anchor_of(LEAF, anchors=(renewed,)) == renewed.certificate.thumbprint


def test_21_only_the_leaf_is_the_client() -> None:
    stranger = certify("stranger", certify("Elsewhere", None, CA), NO_CA)
    assert refusal(stranger, LEAF, ROOT) == "chain.no_issuer"


def test_21_a_client_may_not_issue() -> None:
    sub = certify("sub", LEAF, NO_CA)
    assert refusal(sub, LEAF) == "chain.issuer_is_no_ca"


@pytest.mark.parametrize("holder", [ROOT, certify("Lower", ROOT, CA)], ids=["root", "intermediate"])
def test_21_an_authority_is_no_client(holder: Holder) -> None:
    assert refusal(holder) == "chain.leaf_is_ca"


def test_25_no_anchor_means_refused() -> None:
    assert refusal(LEAF, ROOT, anchors=(), helpers=(ROOT,)) == "chain.no_anchor"


def test_what_a_client_shows_is_never_an_anchor() -> None:
    own_root = certify("Own", None, CA)
    assert refusal(certify("client", own_root, NO_CA), own_root) == "chain.no_issuer"


def test_self_signed_leaf_that_is_registered_as_an_anchor_is_still_no_authority() -> None:
    own = certify("client", None, NO_CA)
    assert refusal(own, anchors=(own,)) == "chain.issuer_is_no_ca"


@pytest.mark.parametrize(
    ("extensions", "check"),
    [
        ((NO_CA, SERVER_AUTH), "chain.eku"),
        ((NO_CA, x509.ExtendedKeyUsage([ObjectIdentifier("2.5.29.37.0")])), "chain.eku"),
        ((NO_CA, key_usage()), "chain.key_usage"),
    ],
)
def test_the_leaf_must_be_for_client_authentication(extensions: tuple[x509.ExtensionType, ...], check: str) -> None:
    assert refusal(certify("client", ROOT, *extensions)) == check


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
def test_every_certificate_of_the_path_is_valid_now(days: tuple[int, int]) -> None:
    checks = ("certificate.expired", "certificate.not_yet_valid")
    assert refusal(certify("client", ROOT, NO_CA, days=days)) in checks
    lower = certify("Lower", ROOT, CA, days=days)
    assert refusal(certify("client", lower, NO_CA), lower) in checks
    root = certify("Root", None, CA, days=days)
    assert refusal(certify("client", root, NO_CA), anchors=(root,)) in checks


def test_validity_is_inclusive_to_the_second() -> None:
    certificate = certify("client", ROOT, NO_CA, days=(0, 1)).certificate
    for good in (NOW_MS, NOW_MS + DAY_MS, NOW_MS + DAY_MS + 999):
        check_certificate_life(certificate, good)
    for bad in (NOW_MS - 1, NOW_MS + DAY_MS + 1000):
        with pytest.raises(UntrustedCertificate):
            check_certificate_life(certificate, bad)
    assert certificate.not_after_ms == int((NOW + timedelta(days=1)).timestamp()) * 1000


@pytest.mark.parametrize(
    ("extensions", "check"),
    [
        ((), "chain.issuer_is_no_ca"),
        ((NO_CA,), "chain.issuer_is_no_ca"),
        ((CA, key_usage(digital_signature=True)), "chain.key_cert_sign"),
        ((CA, SERVER_AUTH), "chain.issuer_eku"),
    ],
)
def test_an_issuer_must_be_an_authority(extensions: tuple[x509.ExtensionType, ...], check: str) -> None:
    lower = certify("Lower", ROOT, *extensions)
    assert refusal(certify("client", lower, NO_CA), lower) == check
    root = certify("Root", None, *extensions)
    assert refusal(certify("client", root, NO_CA), anchors=(root,)) == check


def test_path_length() -> None:
    root = certify("Root", None, x509.BasicConstraints(ca=True, path_length=0))
    lower = certify("Lower", root, CA)
    assert anchor_of(certify("client", root, NO_CA), anchors=(root,)) == root.certificate.thumbprint
    assert refusal(certify("client", lower, NO_CA), lower, anchors=(root,)) == "chain.path_length"


def test_a_path_of_six_and_no_more() -> None:
    holders = [ROOT]
    for number in range(5):
        holders.append(certify(f"Lower {number}", holders[-1], CA))
    assert anchor_of(certify("client", holders[4], NO_CA), *holders[1:]) == ROOT.certificate.thumbprint
    assert refusal(certify("client", holders[5], NO_CA), *holders[1:]) == "chain.no_issuer"


def test_12_cross_signed_authorities_do_not_cost_exponential_time() -> None:
    roots = [certify(f"Loop {number}", None, CA) for number in range(5)]
    crossed = [certify(one.subject, other, CA, key=one.key) for one in roots for other in roots if one != other]
    leaf = certify("client", roots[0], NO_CA)
    assert refusal(leaf, *crossed) == "chain.budget"
    assert refusal(leaf, helpers=tuple(crossed)) == "chain.budget"


def test_12_only_ten_shown_certificates_are_looked_at() -> None:
    lower = certify("Lower", ROOT, CA)
    leaf = certify("client", lower, NO_CA)
    noise = [certify(f"noise {number}", None, CA) for number in range(10)]
    assert anchor_of(leaf, *noise[:9], lower) == ROOT.certificate.thumbprint
    assert refusal(leaf, *noise, lower) == "chain.no_issuer"


def test_unknown_critical_extensions() -> None:
    odd = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    critical = (x509.UnrecognizedExtension,)
    assert anchor_of(certify("client", ROOT, NO_CA, odd)) == ROOT.certificate.thumbprint
    assert refusal(certify("client", ROOT, NO_CA, odd, critical=critical)) == "chain.critical_extension"
    lower = certify("Lower", ROOT, CA, odd, critical=critical)
    assert refusal(certify("client", lower, NO_CA), lower) == "chain.critical_extension"
    policy = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
    lower = certify("Lower", ROOT, CA, policy, critical=(x509.PolicyConstraints,))
    assert refusal(certify("client", lower, NO_CA), lower) == "chain.critical_extension"


def test_signatures_that_do_not_hold_any_more() -> None:
    root = certify("Root", None, CA, key=rsa.generate_private_key(65537, 1024))
    assert refusal(certify("client", root, NO_CA), anchors=(root,)) == "chain.issuer_key"
    # 224 bits: the weakest hash that a certificate can still be made with here.
    assert refusal(certify("client", ROOT, NO_CA, hash_=hashes.SHA224)) == "chain.signature_algorithm"


DNS = x509.DNSName
PERMITTED = [
    (DNS("example.com"), DNS("a.example.com"), DNS("badexample.com")),
    (DNS("example.com"), DNS("example.com"), DNS("com")),
    (x509.RFC822Name("example.com"), x509.RFC822Name("a@example.com"), x509.RFC822Name("a@b.example.com")),
    (x509.RFC822Name(".example.com"), x509.RFC822Name("a@b.example.com"), x509.RFC822Name("a@example.com")),
    (x509.RFC822Name("a@example.com"), x509.RFC822Name("a@EXAMPLE.com"), x509.RFC822Name("b@example.com")),
    (
        x509.UniformResourceIdentifier("example.com"),
        x509.UniformResourceIdentifier("https://example.com/a"),
        x509.UniformResourceIdentifier("https://evil.example/example.com"),
    ),
    (
        x509.UniformResourceIdentifier(".example.com"),
        x509.UniformResourceIdentifier("spiffe://a.example.com/b"),
        x509.UniformResourceIdentifier("urn:example"),
    ),
    (
        x509.IPAddress(ip_network("10.0.0.0/8")),
        x509.IPAddress(ip_address("10.1.2.3")),
        x509.IPAddress(ip_address("::1")),
    ),
]


@pytest.mark.parametrize(("base", "inside", "outside"), PERMITTED, ids=range(len(PERMITTED)))
def test_name_constraints(base: x509.GeneralName, inside: x509.GeneralName, outside: x509.GeneralName) -> None:
    permits = certify("Lower", ROOT, CA, x509.NameConstraints([base], None), critical=(x509.NameConstraints,))
    excludes = certify("Lower", ROOT, CA, x509.NameConstraints(None, [base]))
    for lower, good, bad in ((permits, inside, outside), (excludes, outside, inside)):
        assert refusal(certify("client", lower, NO_CA, san(bad)), lower) == "chain.name_constraints"
        if not isinstance(good, x509.UniformResourceIdentifier) or "urn:" not in good.value:
            assert anchor_of(certify("client", lower, NO_CA, san(good)), lower) == ROOT.certificate.thumbprint
        assert anchor_of(certify("client", lower, NO_CA), lower) == ROOT.certificate.thumbprint


def test_name_constraints_on_the_subject() -> None:
    base = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ours")])
    inside = x509.Name([*base, x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    root = certify("Root", None, CA, x509.NameConstraints([x509.DirectoryName(base)], None))
    assert anchor_of(certify(inside, root, NO_CA), anchors=(root,)) == root.certificate.thumbprint
    assert refusal(certify("client", root, NO_CA), anchors=(root,)) == "chain.name_constraints"


def test_name_constraints_on_a_kind_of_name_that_is_not_compared() -> None:
    other = x509.RegisteredID(ObjectIdentifier("1.2.3"))
    root = certify("Root", None, CA, x509.NameConstraints([other], None))
    assert anchor_of(certify("client", root, NO_CA), anchors=(root,)) == root.certificate.thumbprint
    assert refusal(certify("client", root, NO_CA, san(other)), anchors=(root,)) == "chain.name_constraints"


def test_name_constraints_of_an_authority_that_the_client_made_up_cost_little() -> None:
    """attacks.md 12: each name is held against each subtree, and a stranger chooses how many there are of both."""
    names = san(*(x509.DNSName(f"n{number}") for number in range(NAMES_MAX)))
    many = x509.NameConstraints(None, [x509.DNSName("b")] * (COMPARISONS_MAX // NAMES_MAX + 1))
    lower = certify("Lower", ROOT, CA, many)
    assert refusal(certify("client", lower, NO_CA, names), lower) == "chain.name_constraints_budget"
    assert anchor_of(certify("client", lower, NO_CA, san(x509.DNSName("n"))), lower) == ROOT.certificate.thumbprint


def test_an_issuer_with_a_huge_exponent_is_not_verified_with() -> None:
    """attacks.md 12: with e as long as n a verification costs what a signature costs, without the signer's shortcut."""
    ordinary = rsa.generate_private_key(65537, 2048)
    lower = certify("Lower", ROOT, CA, key=_with_short_d(ordinary))
    leaf = certify("client", lower, NO_CA)
    assert refusal(leaf, lower) == "chain.issuer_key"


def _with_short_d(key: rsa.RSAPrivateKey) -> rsa.RSAPrivateKey:
    """The same primes with a short private exponent, and so with a public one as long as the modulus."""
    numbers = key.private_numbers()
    order = (numbers.p - 1) * (numbers.q - 1)
    d = next(d for d in range(2**256 + 1, 2**257, 2) if gcd(d, order) == 1)
    public = rsa.RSAPublicNumbers(pow(d, -1, order), numbers.p * numbers.q)
    exponents = (d % (numbers.p - 1), d % (numbers.q - 1))
    odd = rsa.RSAPrivateNumbers(numbers.p, numbers.q, d, *exponents, numbers.iqmp, public)
    return odd.private_key(unsafe_skip_rsa_key_validation=True)
