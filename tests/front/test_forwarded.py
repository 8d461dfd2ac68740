"""The forms in which proxies hand on certificates: each reads what its proxy writes, and nothing else."""

from __future__ import annotations

import time
from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tallystick.front.forwarded.shown import Malformed, Shown
from tallystick.front.forwarded.spelling import CERTIFICATES_MAX
from tallystick.front.forwarded.table import AUTH0_BYTES_MAX, CHAIN_BYTES_MAX, FORMS, LEAF_BYTES_MAX
from tallystick.front.headers import accepted_name
from tallystick.front.proxy_values import FORMS as FORM_NAMES
from tallystick.front.proxy_values import NO_FORM, VERDICT_FORMS
from tests.certificate_mill import Holder, authority, leaf
from tests.forwarded import LEAF_ALONE, SPELLED, escaped, name_of, pem, value_of

ROOT = authority("root")
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'me, "you"; = + \\')])


def der(holder: Holder) -> bytes:
    return holder.certificate.public_bytes(Encoding.DER)


OWN, ISSUER, OTHER = der(leaf(NAME, ROOT)), der(ROOT), der(leaf("other"))


def read(form: str, *lines: bytes) -> Shown:
    """What these header lines say."""
    return FORMS[form].shown({name_of(line).lower(): value_of(line) for line in lines})


def refusal(form: str, *lines: bytes) -> str:
    with pytest.raises(Malformed) as refused:
        read(form, *lines)
    return refused.value.check


def test_table_has_every_form_and_its_headers_never_reach_the_application() -> None:
    assert (NO_FORM, *FORMS) == FORM_NAMES
    assert set(SPELLED) == set(FORMS)
    assert all(accepted_name(name) is None for form in FORMS.values() for name in form.names)


@pytest.mark.parametrize("form", FORMS)
def test_what_the_proxy_writes_is_read(form: str) -> None:
    lines = SPELLED[form]((OWN, ISSUER))
    shown = read(form, *lines)
    assert shown.certificates == ((OWN,) if form in LEAF_ALONE else (OWN, ISSUER))
    assert shown.ca_verdict is (False if form in VERDICT_FORMS else None)
    assert read(form, *SPELLED[form]((OWN,))).certificates == (OWN,)


@pytest.mark.parametrize("form", FORMS)
def test_no_certificate_is_no_certificate(form: str) -> None:
    """Several proxies write an empty value when the client showed none."""
    assert read(form).certificates == ()
    assert read(form, *(name_of(line) + b": " for line in SPELLED[form]((OWN,)))).certificates == ()


SUCCESS = "SUCCESS"
VERDICTS = {SUCCESS: True, "FAILED": False, "FAILED:certificate has expired": False, "FAILED:": False, "": None}


@pytest.mark.parametrize("form", VERDICT_FORMS)
@pytest.mark.parametrize("said", VERDICTS)
def test_verdicts(form: str, said: str) -> None:
    assert read(form, *SPELLED[form]((OWN,), said)).ca_verdict is VERDICTS[said]


@pytest.mark.parametrize("form", VERDICT_FORMS)
@pytest.mark.parametrize("said", ["success", "SUCCESS ", "SUCCESS:", "FAILEDX", "OK", "1", "true", "SUCCESS,FAILED"])
def test_verdict_is_one_of_its_words(form: str, said: str) -> None:
    assert refusal(form, *SPELLED[form]((OWN,), said)) == "verdict"


def test_nginx_none_means_no_certificate() -> None:
    assert read("nginx", b"X-SSL-Client-Verify: NONE").certificates == ()
    assert refusal("nginx", *SPELLED["nginx"]((OWN,), "NONE")) == "verdict_none"
    assert refusal("auth0", *SPELLED["auth0"]((OWN,), "NONE")) == "verdict"


@pytest.mark.parametrize("form", VERDICT_FORMS)
def test_verdict_without_a_certificate_says_nothing(form: str) -> None:
    assert read(form, SPELLED[form]((OWN,), SUCCESS)[1]) == Shown(())


B64 = b64encode(OWN)
ESCAPED = escaped(pem(OWN))
GARBAGE_DER = b64encode(b"\x30\x03\x02\x01\x05")
ARMOUR = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
STRAY = b64encode(OWN + b"\x00")


MALFORMED: dict[str, tuple[str, str, list[bytes]]] = {
    "rfc9440 bare base64": ("rfc9440", "sf_binary", [b"Client-Cert: " + B64]),
    "rfc9440 one colon": ("rfc9440", "sf_binary", [b"Client-Cert: :" + B64]),
    "rfc9440 string": ("rfc9440", "sf_binary", [b'Client-Cert: "' + B64 + b'"']),
    "rfc9440 parameter": ("rfc9440", "sf_binary", [b"Client-Cert: :" + B64 + b":;a=1"]),
    "rfc9440 list": ("rfc9440", "sf_binary", [b"Client-Cert: :" + B64 + b":, :" + B64 + b":"]),
    "rfc9440 blank inside": ("rfc9440", "sf_binary", [b"Client-Cert: :" + B64[:8] + b" " + B64[8:] + b":"]),
    "rfc9440 base64url": ("rfc9440", "sf_binary", [b"Client-Cert: :" + B64[:8] + b"-_" + B64[10:] + b":"]),
    "rfc9440 early padding": ("rfc9440", "base64", [b"Client-Cert: :" + B64[:8] + b"==" + B64[10:] + b":"]),
    "rfc9440 one character": ("rfc9440", "base64", [b"Client-Cert: :A:"]),
    "rfc9440 stray bits": ("rfc9440", "base64", [b"Client-Cert: :QR==:"]),
    "rfc9440 pem": ("rfc9440", "sf_binary", [b"Client-Cert: " + ESCAPED]),
    "rfc9440 no certificate in it": ("rfc9440", "certificate", [b"Client-Cert: :" + GARBAGE_DER + b":"]),
    "rfc9440 a byte behind it": ("rfc9440", "certificate", [b"Client-Cert: :" + STRAY + b":"]),
    "rfc9440 half of it": ("rfc9440", "certificate", [b"Client-Cert: :" + b64encode(OWN[:100]) + b":"]),
    "rfc9440 chain alone": ("rfc9440", "chain_alone", [b"Client-Cert-Chain: :" + B64 + b":"]),
    "rfc9440 chain, empty leaf": ("rfc9440", "chain_alone", [b"Client-Cert: ::", b"Client-Cert-Chain: :" + B64 + b":"]),
    "rfc9440 chain with a hole": (
        "rfc9440",
        "sf_binary",
        [b"Client-Cert: :" + B64 + b":", b"Client-Cert-Chain: :" + B64 + b":,,:" + B64 + b":"],
    ),
    "rfc9440 chain that ends in a comma": (
        "rfc9440",
        "sf_binary",
        [b"Client-Cert: :" + B64 + b":", b"Client-Cert-Chain: :" + B64 + b":,"],
    ),
    "rfc9440 chain by blanks": (
        "rfc9440",
        "sf_binary",
        [b"Client-Cert: :" + B64 + b":", b"Client-Cert-Chain: :" + B64 + b": :" + B64 + b":"],
    ),
    "rfc9440 chain of many": (
        "rfc9440",
        "count",
        [b"Client-Cert: :" + B64 + b":", b"Client-Cert-Chain: " + b",".join([b":" + B64 + b":"] * CERTIFICATES_MAX)],
    ),
    "auth0 not escaped": ("auth0", "pem", [b"client-certificate: " + pem(OWN).replace("\n", " ").encode()]),
    "auth0 blanks as plus": ("auth0", "pem", [b"client-certificate: " + ESCAPED.replace(b"%20", b"+")]),
    "auth0 broken escape": ("auth0", "percent", [b"client-certificate: " + ESCAPED + b"%0"]),
    "auth0 half an escape": ("auth0", "percent", [b"client-certificate: " + ESCAPED.replace(b"%0A", b"%A", 1)]),
    "auth0 half of it": ("auth0", "pem", [b"client-certificate: " + ESCAPED[: ESCAPED.index(b"%0A") + 3]]),
    "auth0 two": ("auth0", "count", [b"client-certificate: " + ESCAPED + ESCAPED]),
    "auth0 text before": ("auth0", "pem", [b"client-certificate: subject%0A" + ESCAPED]),
    "auth0 text behind": ("auth0", "pem", [b"client-certificate: " + ESCAPED + b"x"]),
    "auth0 another armour": (
        "auth0",
        "pem",
        [b"client-certificate: " + ESCAPED.replace(b"CERTIFICATE", b"TRUSTED%20CERTIFICATE")],
    ),
    "auth0 no certificate in it": (
        "auth0",
        "certificate",
        [
            b"client-certificate: "
            + escaped(f"-----BEGIN CERTIFICATE-----\n{GARBAGE_DER.decode()}\n-----END CERTIFICATE-----\n")
        ],
    ),
    "auth0 too long": ("auth0", "size", [b"client-certificate: " + b"a" * (AUTH0_BYTES_MAX + 1)]),
    "nginx two": ("nginx", "count", [b"X-SSL-Client-Cert: " + ESCAPED + ESCAPED]),
    "nginx folded pem": ("nginx", "pem", [b"X-SSL-Client-Cert: " + pem(OWN).replace("\n", "\t").encode()]),
    "nginx too long": ("nginx", "size", [b"X-SSL-Client-Cert: " + b"a" * (LEAF_BYTES_MAX + 1)]),
    "envoy two elements": (
        "envoy",
        "elements",
        [b'x-forwarded-client-cert: Cert="' + ESCAPED + b'",Cert="' + ESCAPED + b'"'],
    ),
    "envoy appended to a stranger's": ("envoy", "elements", [b'x-forwarded-client-cert: By=a,Cert="' + ESCAPED + b'"']),
    "envoy two certificates": (
        "envoy",
        "key_twice",
        [b'x-forwarded-client-cert: Cert="' + ESCAPED + b'";cert="' + ESCAPED + b'"'],
    ),
    "envoy no certificate told": ("envoy", "certificate_missing", [b'x-forwarded-client-cert: Hash=00;Subject=""']),
    "envoy empty certificate": ("envoy", "pem", [b'x-forwarded-client-cert: Cert=""']),
    "envoy open quote": ("envoy", "grammar", [b'x-forwarded-client-cert: Cert="' + ESCAPED]),
    "envoy quote in the middle": ("envoy", "grammar", [b'x-forwarded-client-cert: By=a"b;Cert="' + ESCAPED + b'"']),
    "envoy text behind a quote": ("envoy", "grammar", [b'x-forwarded-client-cert: Cert="' + ESCAPED + b'"x']),
    "envoy empty pair": ("envoy", "grammar", [b'x-forwarded-client-cert: Cert="' + ESCAPED + b'";']),
    "envoy blank before a key": ("envoy", "grammar", [b'x-forwarded-client-cert: By=a; Cert="' + ESCAPED + b'"']),
    "envoy no key": ("envoy", "grammar", [b"x-forwarded-client-cert: " + ESCAPED]),
    "envoy hash of another": (
        "envoy",
        "hash_of_another",
        [b'x-forwarded-client-cert: Hash=00;Cert="' + ESCAPED + b'"'],
    ),
    "envoy chain of another": (
        "envoy",
        "chain_of_another",
        [b'x-forwarded-client-cert: Cert="' + ESCAPED + b'";Chain="' + escaped(pem(OTHER)) + b'"'],
    ),
    "envoy two in Cert": ("envoy", "count", [b'x-forwarded-client-cert: Cert="' + ESCAPED * 2 + b'"']),
    "envoy escaped quote ends nothing": (
        "envoy",
        "grammar",
        [b'x-forwarded-client-cert: Subject="a\\";Cert="' + ESCAPED + b'"'],
    ),
    "traefik empty member": ("traefik", "certificate", [b"X-Forwarded-Tls-Client-Cert: " + B64 + b","]),
    "traefik blank": ("traefik", "base64", [b"X-Forwarded-Tls-Client-Cert: " + B64 + b", " + B64]),
    "traefik armoured": ("traefik", "base64", [b"X-Forwarded-Tls-Client-Cert: " + ESCAPED]),
    "traefik no padding": ("traefik", "base64", [b"X-Forwarded-Tls-Client-Cert: " + b64encode(OWN + b"a")[:-1]]),
    "traefik many": ("traefik", "count", [b"X-Forwarded-Tls-Client-Cert: " + b",".join([b"A"] * 12)]),
    "traefik too long": ("traefik", "size", [b"X-Forwarded-Tls-Client-Cert: " + b"A" * (CHAIN_BYTES_MAX + 1)]),
    "haproxy two in one": ("haproxy", "certificate", [b"X-SSL-Client-DER: " + b64encode(OWN + ISSUER)]),
    "haproxy chain alone": ("haproxy", "chain_alone", [b"X-SSL-Client-Chain-DER: " + B64]),
    "haproxy byte sequence": ("haproxy", "base64", [b"X-SSL-Client-DER: :" + B64 + b":"]),
    "haproxy chain cut off": (
        "haproxy",
        "certificate",
        [b"X-SSL-Client-DER: " + B64, b"X-SSL-Client-Chain-DER: " + b64encode(ISSUER[:-1])],
    ),
    "haproxy chain with a stray byte": (
        "haproxy",
        "certificate",
        [b"X-SSL-Client-DER: " + B64, b"X-SSL-Client-Chain-DER: " + b64encode(ISSUER + b"0")],
    ),
    "haproxy chain of many": (
        "haproxy",
        "count",
        [b"X-SSL-Client-DER: " + B64, b"X-SSL-Client-Chain-DER: " + b64encode(ISSUER * 12)],
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_not_of_the_form_is_refused_by_the_rule_it_breaks(case: str) -> None:
    form, check, lines = MALFORMED[case]
    assert refusal(form, *lines) == check


def test_blanks_in_a_chain_cost_what_they_are_long() -> None:
    """A proxy that sets the leaf alone passes a stranger's chain on, and everybody else in the loop waits for it."""
    chain = b":A:" + b" " * (CHAIN_BYTES_MAX - 100) + b":A:"
    began_s = time.process_time()
    assert refusal("rfc9440", b"Client-Cert: :" + B64 + b":", b"Client-Cert-Chain: " + chain) == "sf_binary"
    assert time.process_time() - began_s < 0.5


ODD_BUT_GOOD: dict[str, tuple[str, list[bytes], tuple[bytes, ...]]] = {
    "rfc9440 tight list": (
        "rfc9440",
        [b"Client-Cert: :" + B64 + b":", b"Client-Cert-Chain: :" + b64encode(ISSUER) + b":,:" + B64 + b":"],
        (OWN, ISSUER, OWN),
    ),
    "rfc9440 empty sequences": ("rfc9440", [b"Client-Cert: ::", b"Client-Cert-Chain: ::"], ()),
    "auth0 crlf": ("auth0", [b"client-certificate: " + ESCAPED.replace(b"%0A", b"%0d%0a")], (OWN,)),
    "auth0 without the last line end": ("auth0", [b"client-certificate: " + ESCAPED.removesuffix(b"%0A")], (OWN,)),
    "auth0 only what must be escaped": (
        "auth0",
        [b"client-certificate: " + pem(OWN).replace("\n", "%0A").replace(" ", "%20").encode()],
        (OWN,),
    ),
    "envoy chain alone": (
        "envoy",
        [b'x-forwarded-client-cert: By=spiffe://a;Chain="' + ESCAPED + escaped(pem(ISSUER)) + b'"'],
        (OWN, ISSUER),
    ),
    "envoy keys in any case, repeated names, quoted separators": (
        "envoy",
        [
            b"x-forwarded-client-cert: BY=a;by=b;HASH="
            + sha256(OWN).hexdigest().upper().encode()
            + b';URI=a;URI=b;DNS=c;DNS=d;Subject="CN=a\\",Cert=b;c";CERT="'
            + ESCAPED
            + b'"'
        ],
        (OWN,),
    ),
    "traefik escaped": ("traefik", [b"X-Forwarded-Tls-Client-Cert: " + escaped(B64.decode()) + b"," + B64], (OWN, OWN)),
    "haproxy chain with the leaf": (
        "haproxy",
        [b"X-SSL-Client-DER: " + B64, b"X-SSL-Client-Chain-DER: " + b64encode(OWN + ISSUER)],
        (OWN, ISSUER),
    ),
}


@pytest.mark.parametrize("case", ODD_BUT_GOOD)
def test_what_proxies_are_known_to_vary_is_read(case: str) -> None:
    form, lines, certificates = ODD_BUT_GOOD[case]
    assert read(form, *lines).certificates == certificates


@pytest.mark.parametrize("form", FORMS)
def test_nothing_but_a_refusal_comes_of_any_cut_or_changed_byte(form: str) -> None:
    """Anything else than the form is refused; no parser crashes, or makes another certificate of it."""
    line = SPELLED[form]((OWN,))[0]
    name, value = name_of(line), value_of(line)
    for position in range(0, len(value), 7):
        for changed in (value[:position], value[:position] + b"\xff" + value[position + 1 :], value[position:]):
            try:
                shown = read(form, name + b": " + changed)
            except Malformed:
                continue
            assert shown.certificates in ((), (OWN,)), position
