"""Both mTLS methods by themselves: the leaf alone, live rows alone, trust from what is registered (RFC 8705 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from msgspec.structs import replace

from tallystick.certs.certificate import certificate_from_pem
from tallystick.certs.chain import PRESENTED_MAX
from tallystick.certs.names import canonical_san
from tallystick.clientauth import self_signed_tls_client_auth, tls_client_auth
from tallystick.clientauth.method import ClientAuthenticationFailed, Proof
from tallystick.clientauth.mtls import CertificateWalk
from tallystick.clientauth.presented import PresentedNothing
from tallystick.clients.certificate_authority import CertificateAuthority
from tallystick.clients.credential import CERT_SUBJECT_DN, SUBJECT_TYPES, Credential
from tallystick.clients.directory import AuthoritySet, LoadedAuthority
from tallystick.rules import judge
from tests.application import now_ms
from tests.certificate_mill import Holder, authority, leaf, twin_of
from tests.clientauth.evidence import (
    CLIENT_ID,
    TENANT,
    client_using,
    credential,
    der,
    evidence,
    registered_certificate,
)

NOW_MS = now_ms()
SHOWN = PresentedNothing(client_id=CLIENT_ID)
ROOT = authority("CN=root")
MIDDLE = authority("CN=middle", ROOT)
DN = "CN=client,O=Tests"


def trusting(**roots: Holder) -> AuthoritySet:
    """Authorities by their id."""
    return AuthoritySet({id: _loaded(id, root) for id, root in roots.items()})


def _loaded(id: str, root: Holder) -> LoadedAuthority:
    certificate = certificate_from_pem(root.pem)
    row = CertificateAuthority(
        tenant_id=TENANT.tenant_id,
        id=id,
        name=id,
        pem=root.pem,
        subject="",
        thumbprint_sha256=certificate.thumbprint,
        key_sha256=certificate.spki_sha256,
        not_before_ms=certificate.not_before_ms,
        not_after_ms=certificate.not_after_ms,
        created_at_ms=0,
    )
    return LoadedAuthority(authority=row, certificate=certificate)


def self_signed(rows: tuple[Credential, ...], *shown: Holder | bytes, now_ms: int = NOW_MS) -> Proof:
    ders = tuple(each if isinstance(each, bytes) else der(each) for each in shown)
    of = client_using("self_signed_tls_client_auth", *rows)
    return self_signed_tls_client_auth.verify(evidence(of, rows, SHOWN, certificates=ders, now_ms=now_ms))


def by_authority(
    rows: tuple[Credential, ...], authorities: AuthoritySet, *shown: Holder | bytes, now_ms: int = NOW_MS
) -> Proof:
    ders = tuple(each if isinstance(each, bytes) else der(each) for each in shown)
    of = client_using("tls_client_auth", *rows)
    return tls_client_auth.verify(evidence(of, rows, SHOWN, certificates=ders, authorities=authorities, now_ms=now_ms))


def refusal_of(prove: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(ClientAuthenticationFailed) as refusal:
        prove(*arguments, **options)
    return refusal.value.check


def dn(subject: str = DN, **fields: Any) -> Credential:
    return credential(CERT_SUBJECT_DN, subject_dn=subject, **fields)


# self_signed_tls_client_auth


def test_rfc8705_2_2_the_registered_certificate_is_the_client() -> None:
    one, two = leaf("CN=one"), leaf("CN=two")
    rows = registered_certificate(one), registered_certificate(two)
    for holder, row in zip((one, two), rows, strict=True):
        assert self_signed(rows, holder).credential == row


def test_c24_another_certificate_over_the_same_key_or_name_is_not() -> None:
    one = leaf("CN=one")
    for other in (leaf("CN=one"), leaf("CN=one", key=one.key), leaf("CN=two")):
        assert refusal_of(self_signed, (registered_certificate(one),), other).endswith(".registered")
    assert refusal_of(self_signed, (), one).endswith(".registered")


def test_c21_beside_the_leaf_nothing_counts() -> None:
    one, other = leaf("CN=one"), leaf("CN=other")
    rows = (registered_certificate(one),)
    assert refusal_of(self_signed, rows, other, one).endswith(".registered")
    assert self_signed(rows, one, other).credential == rows[0]


def test_without_a_certificate() -> None:
    assert refusal_of(self_signed, (registered_certificate(leaf("CN=one")),)) == "mtls.certificate_missing"
    assert refusal_of(by_authority, (dn(),), trusting(a=ROOT)) == "mtls.certificate_missing"


def test_a_row_lives_from_its_first_to_its_last_millisecond() -> None:
    one = leaf("CN=one")
    row = registered_certificate(one, not_before_ms=NOW_MS, expires_at_ms=NOW_MS + 10)
    subject = dn("CN=one", not_before_ms=NOW_MS, expires_at_ms=NOW_MS + 10)
    issued = leaf("CN=one", ROOT)
    for offset_ms, good in ((-1, False), (0, True), (9, True), (10, False)):
        at_ms = NOW_MS + offset_ms
        if good:
            assert self_signed((row,), one, now_ms=at_ms).credential == row
            assert by_authority((subject,), trusting(a=ROOT), issued, now_ms=at_ms).credential == subject
        else:
            assert refusal_of(self_signed, (row,), one, now_ms=at_ms).endswith(".registered")
            assert refusal_of(by_authority, (subject,), trusting(a=ROOT), issued, now_ms=at_ms).endswith(".subject")


@pytest.mark.parametrize(("days", "check"), [(31, "certificate.expired"), (-2, "certificate.not_yet_valid")])
def test_c21_the_certificates_own_validity_is_checked(days: int, check: str) -> None:
    then_ms = NOW_MS + days * 86_400_000
    one, issued = leaf("CN=one"), leaf(DN, ROOT)
    assert refusal_of(self_signed, (registered_certificate(one),), one, now_ms=then_ms) == check
    assert refusal_of(by_authority, (dn(),), trusting(a=ROOT), issued, now_ms=then_ms) == check


def test_unreadable_certificates_refuse_the_whole() -> None:
    one, issued = leaf("CN=one"), leaf(DN, ROOT)
    assert refusal_of(self_signed, (registered_certificate(one),), b"\x30\x03abc") == "certificate.der"
    assert refusal_of(by_authority, (dn(),), trusting(a=ROOT), b"\x30\x03abc") == "certificate.der"
    assert refusal_of(by_authority, (dn(),), trusting(a=ROOT), issued, b"\x30\x03abc") == "certificate.der"


# tls_client_auth


def test_rfc8705_2_1_a_live_name_and_a_chain_to_an_authority() -> None:
    row = dn()
    assert by_authority((row,), trusting(a=ROOT), leaf(DN, ROOT)).credential == row
    assert by_authority((row,), trusting(a=ROOT), leaf(DN, MIDDLE), MIDDLE).credential == row
    assert refusal_of(by_authority, (row,), trusting(a=ROOT), leaf(DN, MIDDLE)) == "chain.no_issuer"
    assert refusal_of(by_authority, (row,), trusting(a=ROOT), leaf(DN)).startswith("chain.")


def test_all_that_is_shown_beside_the_leaf_helps_to_find_an_authority() -> None:
    """As many as are looked at; the leaf itself is none of them."""
    row = dn()
    others = [authority(f"CN={number}") for number in range(PRESENTED_MAX - 1)]
    assert by_authority((row,), trusting(a=ROOT), leaf(DN, MIDDLE), *others, MIDDLE).credential == row
    others.append(authority("CN=one too many"))
    assert refusal_of(by_authority, (row,), trusting(a=ROOT), leaf(DN, MIDDLE), *others, MIDDLE) == "chain.no_issuer"


@pytest.mark.parametrize("subject", ["CN=client", "CN=client,O=Test", "CN=client,O=Tests,C=DE", "O=Tests,CN=client"])
def test_c23_a_name_is_compared_whole(subject: str) -> None:
    assert refusal_of(by_authority, (dn(),), trusting(a=ROOT), leaf(subject, ROOT)) == "tls_client_auth.subject"


def test_c21_the_name_is_the_leafs() -> None:
    named_authority = authority(DN, ROOT)
    stranger = leaf("CN=stranger", named_authority)
    check = refusal_of(by_authority, (dn(),), trusting(a=ROOT), stranger, named_authority)
    assert check == "tls_client_auth.subject"


def test_c22_and_c25_trust_is_what_is_registered_and_nothing_else() -> None:
    twin = twin_of(ROOT)
    assert refusal_of(by_authority, (dn(),), AuthoritySet(), leaf(DN, ROOT)) == "tls_client_auth.no_authority"
    assert refusal_of(by_authority, (dn(),), trusting(a=ROOT), leaf(DN, twin), twin) == "chain.signature"


def test_intermediates_that_are_registered_need_not_be_shown() -> None:
    by_id = trusting(a=ROOT, b=authority("CN=other root")).by_id
    of_root = replace(by_id["a"], intermediates=(certificate_from_pem(MIDDLE.pem),))
    both, one = AuthoritySet({**by_id, "a": of_root}), leaf(DN, MIDDLE)
    for row in (dn(), dn(certificate_authority_id="a")):
        assert by_authority((row,), both, one).credential == row
    assert refusal_of(by_authority, (dn(certificate_authority_id="b"),), both, one) == "chain.no_issuer"


def test_c22_a_pinned_subject_trusts_that_one_authority() -> None:
    other = authority("CN=other root")
    both = trusting(a=ROOT, b=other)
    for id, good, bad in (("a", ROOT, other), ("b", other, ROOT)):
        row = dn(certificate_authority_id=id)
        assert by_authority((row,), both, leaf(DN, good)).credential == row
        assert refusal_of(by_authority, (row,), both, leaf(DN, bad)).startswith("chain.")
    gone = dn(certificate_authority_id="gone")
    assert refusal_of(by_authority, (gone,), both, leaf(DN, ROOT)) == "tls_client_auth.no_authority"


NAMES: dict[str, tuple[str, x509.GeneralName, str]] = {
    "cert_san_dns": ("dns", x509.DNSName("a.example"), "a.example"),
    "cert_san_uri": ("uri", x509.UniformResourceIdentifier("https://a.example/id"), "https://a.example/id"),
    "cert_san_ip": ("ip", x509.IPAddress(ip_address("192.0.2.1")), "192.0.2.1"),
    "cert_san_email": ("email", x509.RFC822Name("a@a.example"), "a@a.example"),
}


def test_every_kind_of_subject_is_matched() -> None:
    assert set(tls_client_auth.MATCHES) == set(SUBJECT_TYPES) == {CERT_SUBJECT_DN, *NAMES}


@pytest.mark.parametrize("registered", NAMES)
@pytest.mark.parametrize("shown", NAMES)
def test_rfc8705_2_1_2_a_san_matches_its_own_kind(registered: str, shown: str) -> None:
    kind, _, text = NAMES[registered]
    row = credential(registered, subject_san=canonical_san(kind, text))
    holder = leaf("CN=client", ROOT, san=[NAMES[shown][1]])
    if registered == shown:
        assert by_authority((row,), trusting(a=ROOT), holder).credential == row
    else:
        assert refusal_of(by_authority, (row,), trusting(a=ROOT), holder) == "tls_client_auth.subject"


@pytest.mark.parametrize("kind", SUBJECT_TYPES)
def test_a_subject_row_without_its_name_matches_nothing(kind: str) -> None:
    row = credential(kind)
    nameless = leaf(x509.Name([]), ROOT)
    with pytest.raises(Exception) as refusal:  # noqa: PT011  # refused in one way or another, never proven
        by_authority((row,), trusting(a=ROOT), nameless)
    assert isinstance(refusal.value, ClientAuthenticationFailed), refusal.value


@pytest.mark.parametrize(
    ("rules", "shown", "decided"),
    [
        (tls_client_auth.RULES, (b"x",), {"certificate": "failed"}),
        (self_signed_tls_client_auth.RULES, (b"x",), {"certificate": "failed"}),
        (
            tls_client_auth.RULES,
            (der(leaf(DN, ROOT)), b"x"),
            {"certificate": "passed", "presented": "failed", "verdict": "passed", "subject": "passed"},
        ),
        (
            tls_client_auth.RULES,
            (der(leaf(DN, ROOT)),),
            {
                **dict.fromkeys(("certificate", "presented", "verdict", "subject"), "passed"),
                "authority": "failed",
                **dict.fromkeys(("use", "validity", "extensions"), "passed"),
            },
        ),
    ],
)
def test_what_cannot_be_read_or_is_not_there_leaves_open_what_is_asked_of_it(
    rules: Any, shown: tuple[bytes, ...], decided: dict[str, str]
) -> None:
    row = dn()
    of = client_using("tls_client_auth", row)
    walk = CertificateWalk(evidence=evidence(of, (row,), SHOWN, certificates=shown, now_ms=NOW_MS))
    outcomes = {one.rule: one.result for one in judge(rules, walk)}
    assert outcomes == {rule.name: decided.get(rule.name, "undecided") for rule in rules}


def test_registered_names_are_read_once_and_a_bounded_number_of_them() -> None:
    assert tls_client_auth._registered_dn.cache_info().maxsize == 4_096


def test_the_mill_dates_its_certificates_around_now() -> None:
    """What the edges above rest on."""
    begins = certificate_from_pem(leaf("CN=one").pem).not_before_ms
    assert timedelta(days=1) <= datetime.now(UTC) - datetime.fromtimestamp(begins / 1000, UTC) < timedelta(days=2)
