"""Attacks on the envelope of JWEs: invalid curves, compression, counts, oracles, smuggled keys, readers that differ."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwe import JWERegistry, encrypt_compact
from joserfc.jwk import ECKey, OctKey

from tallystick.jose import jwe
from tallystick.jose.encryption_algorithms import REGISTRY
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.refusals import JwtRefused
from tests.forge import b64

RSA: Any
P256: Any
P384: Any
RSA, P256, P384 = (generate_private_key(alg) for alg in ("RS256", "ES256", "ES384"))
KEYS = {"RSA-OAEP-256": RSA, "ECDH-ES": P256, "ECDH-ES+A256KW": P256}
GOOD = {
    alg: jwe.encrypt(b"secret content", public_key_for(key), alg=alg, enc="A256GCM", kid="k")
    for alg, key in KEYS.items()
}
SIZE_BYTES_MAX = 8192


def refusal(text: str, alg: str = "ECDH-ES", key: Any = None) -> str:
    with pytest.raises(JwtRefused) as refused:
        jwe.decrypt(jwe.parse(text, size_bytes_max=SIZE_BYTES_MAX), key or KEYS[alg], alg)
    assert "secret content" not in repr((refused.value, refused.value.evidence))
    return refused.value.check


def with_header(alg: str = "ECDH-ES", /, **changes: Any) -> str:
    """A good JWE under another header; the check must come before the tag notices."""
    head, _, rest = GOOD[alg].partition(".")
    header = jwe.parse(GOOD[alg], size_bytes_max=SIZE_BYTES_MAX).header | changes
    text = json.dumps({name: value for name, value in header.items() if value is not ...})
    assert head != b64(text.encode())
    return f"{b64(text.encode())}.{rest}"


def with_part(number: int, part: str, alg: str = "ECDH-ES") -> str:
    parts = GOOD[alg].split(".")
    parts[number] = part
    return ".".join(parts)


@pytest.mark.parametrize("alg", KEYS)
def test_the_good_ones_are_good(alg: str) -> None:
    assert jwe.decrypt(jwe.parse(GOOD[alg], size_bytes_max=SIZE_BYTES_MAX), KEYS[alg], alg) == b"secret content"


@pytest.mark.parametrize(
    "alg",
    [
        "dir",
        "A256KW",
        "A256GCMKW",
        "RSA1_5",
        "PBES2-HS256+A128KW",
        "none",
        "",
        "ecdh-es",
        "ECDH-1PU",
        "RS256",
        None,
        7,
        ["ECDH-ES"],
    ],
)
def test_alg_that_does_not_exist_here(alg: object) -> None:
    assert refusal(with_header(alg=alg)) == "jwe.alg"


def test_alg_that_is_left_out() -> None:
    assert refusal(with_header(alg=...)) == "jwe.alg"


@pytest.mark.parametrize("enc", ["A256KW", "none", "", "a256gcm", "XC20P", "C20P", None, 7, ...])
def test_enc_that_does_not_exist_here(enc: object) -> None:
    assert refusal(with_header(enc=enc)) == "jwe.enc"


def test_a_pbes2_count_costs_nothing() -> None:
    # CVE-2022-36083 and its many sisters: the count is never even looked at.
    registry = JWERegistry(algorithms=["PBES2-HS256+A128KW", "A256GCM"])
    text = encrypt_compact(
        {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM"}, b"x", OctKey.import_key("a long password"), registry=registry
    )
    assert refusal(text) == "jwe.alg"
    assert refusal(with_header(alg="PBES2-HS256+A128KW", p2c=2**40, p2s="AAAA")) == "jwe.alg"


def test_a_zip_bomb_stays_shut() -> None:
    # CVE-2023-51774: 20 MB of zeros in 20 KB.
    registry = JWERegistry(algorithms=["ECDH-ES", "A256GCM", "DEF"])
    registry.max_ciphertext_length = 1 << 20
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF"}
    text = encrypt_compact(header, bytes(5_000_000), ECKey.import_key(P256), registry=registry)
    assert len(zlib.compress(bytes(5_000_000))) < SIZE_BYTES_MAX
    assert refusal(text) == "jwe.zip"


@pytest.mark.parametrize(
    ("name", "value"), [("crit", ["exp"]), ("crit", []), ("b64", False), ("zip", "DEF"), ("zip", None)]
)
def test_headers_that_change_the_meaning(name: str, value: object) -> None:
    assert refusal(with_header(**{name: value})) == f"jwe.{name}"


@pytest.mark.parametrize("name", ["kid", "typ", "cty", "apu", "apv"])
@pytest.mark.parametrize("value", [7, None, ["k"], "k" * 600])
def test_members_of_the_header_are_bounded_strings(name: str, value: object) -> None:
    assert refusal(with_header(**{name: value})) == f"jwe.{name}"


def _off_the_curve() -> dict[str, str]:
    jwk = dict(public_key_for(generate_private_key("ES256")).jwk)
    return jwk | {"y": b64(bytes(31) + b"\x05")}


@pytest.mark.parametrize(
    "epk",
    [
        ...,
        None,
        "P-256",
        {},
        _off_the_curve(),
        {**public_key_for(P256).jwk, "x": b64(bytes(32)), "y": b64(bytes(32))},
        {**public_key_for(P384).jwk},
        {**public_key_for(RSA).jwk},
        {**public_key_for(generate_private_key("Ed25519")).jwk},
        {**public_key_for(P256).jwk, "d": b64(bytes(32))},
        {**public_key_for(P256).jwk, "use": "sig"},
        {**public_key_for(P256).jwk, "crv": "secp256k1"},
        {**public_key_for(P256).jwk, "x": public_key_for(P256).jwk["x"] + "="},
        {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32))},
    ],
)
@pytest.mark.parametrize("alg", ["ECDH-ES", "ECDH-ES+A256KW"])
def test_epk_is_one_public_key_on_the_right_curve(epk: object, alg: str) -> None:
    # CVE-2017-16007: points on another curve tell the private key bit by bit.
    assert refusal(with_header(alg, epk=epk), alg) == "jwe.epk"
    if not isinstance(epk, dict) or epk.get("crv") != "P-384":
        with pytest.raises(JwtRefused):  # whichever key it is for
            jwe.parse(with_header(alg, epk=epk), size_bytes_max=SIZE_BYTES_MAX)


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_everything_that_fails_in_decryption_looks_the_same(alg: str, number: int) -> None:
    # RFC 7516 11.5: a broken encrypted key, a changed content, a changed tag.
    part = GOOD[alg].split(".")[number]
    if not part:
        return
    assert refusal(with_part(number, ("B" if part[0] == "A" else "A") + part[1:], alg), alg) == "jwe.decryption"


def test_an_encrypted_key_of_any_kind_costs_the_content_its_look(monkeypatch: pytest.MonkeyPatch) -> None:
    # No timing oracle worth the name: also after a broken padding a content is tried with a random key.
    tried: list[int] = []
    model = REGISTRY.get_enc("A256GCM")
    original = model.decrypt

    def decrypt(ciphertext: bytes, tag: bytes, cek: bytes, iv: bytes, aad: bytes) -> bytes:
        tried.append(len(cek))
        return original(ciphertext, tag, cek, iv, aad)

    monkeypatch.setattr(model, "decrypt", decrypt)
    broken = with_part(1, b64(b"\x01" * 256), "RSA-OAEP-256")
    short = jwe.parse(GOOD["RSA-OAEP-256"], size_bytes_max=SIZE_BYTES_MAX)
    assert short.kid == "k"
    wrong_size = _wrapped(b"too short")
    assert [refusal(text, "RSA-OAEP-256") for text in (broken, wrong_size)] == ["jwe.decryption"] * 2
    assert tried == [32, 32]


def _wrapped(cek: bytes) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return with_part(1, b64(RSA.public_key().encrypt(cek, oaep)), "RSA-OAEP-256")


@pytest.mark.parametrize("alg", KEYS)
def test_another_key_decrypts_nothing(alg: str) -> None:
    other = generate_private_key("RS256" if alg.startswith("RSA") else "ES256")
    assert refusal(GOOD[alg], alg, other) == "jwe.decryption"


def test_the_caller_chooses_the_algorithm() -> None:
    # RSA-OAEP where RSA-OAEP-256 is the key's: one key, one algorithm (RFC 8725 3.1).
    text = jwe.encrypt(b"x", public_key_for(RSA), alg="RSA-OAEP", enc="A256GCM", kid=None)
    assert refusal(text, "RSA-OAEP-256") == "jwe.alg"
    assert refusal(GOOD["ECDH-ES"], "RSA-OAEP-256") == "jwe.alg"


@pytest.mark.parametrize(("alg", "key"), [("ECDH-ES", RSA), ("RSA-OAEP-256", P256)])
def test_a_key_of_another_type_is_not_tried(alg: str, key: Any) -> None:
    assert refusal(GOOD[alg], alg, key) == "jwe.key"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_7_keys_in_the_header_are_not_read(name: str) -> None:
    registry = JWERegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)
    value: Any = {"jwk": public_key_for(P384).jwk, "x5c": ["AAAA"]}.get(name, "https://evil.example/jwks")
    text = encrypt_compact(
        {"alg": "ECDH-ES", "enc": "A256GCM", name: value}, b"x", ECKey.import_key(P256), registry=registry
    )
    assert jwe.decrypt(jwe.parse(text, size_bytes_max=SIZE_BYTES_MAX), P256, "ECDH-ES") == b"x"


def test_lengths_of_vector_and_tag() -> None:
    # A tag of one octet is guessed in 256 attempts.
    assert refusal(with_part(4, b64(b"1"))) == "jwe.length"
    assert refusal(with_part(4, b64(bytes(15)))) == "jwe.length"
    assert refusal(with_part(4, "")) == "jwe.length"
    assert refusal(with_part(2, b64(bytes(16)))) == "jwe.length"
    assert refusal(with_part(2, "")) == "jwe.length"


def test_rfc7516_5_2_an_agreed_key_is_not_sent_and_any_other_is() -> None:
    assert refusal(with_part(1, b64(bytes(40)))) == "jwe.encrypted_key"
    assert refusal(with_part(1, "", "ECDH-ES+A256KW"), "ECDH-ES+A256KW") == "jwe.encrypted_key"
    assert refusal(with_part(1, "", "RSA-OAEP-256"), "RSA-OAEP-256") == "jwe.encrypted_key"


@pytest.mark.parametrize("change", ["{}.", ".{}", "{}.AAAA", "{{}}", "e30.e30.", "{}.e30.e30"])
def test_8_other_serialisations(change: str) -> None:
    assert refusal(change.replace("{}", GOOD["ECDH-ES"])) in {"jwe.parts", "jwe.base64"}


def test_parts_are_canonical() -> None:
    head, rest = GOOD["ECDH-ES"].split(".", 1)
    for text in (f"{head}=.{rest}", f"{head}\n.{rest}", f" {head}.{rest}", f"{head}.{rest}=", f"{head}.é{rest}"):
        assert refusal(text) == "jwe.base64"


@pytest.mark.parametrize(
    ("header", "check"),
    [
        (b'{"alg":"ECDH-ES","alg":"dir","enc":"A256GCM"}', "jwe.duplicate_member"),
        (b'{"alg":"ECDH-ES","enc":"A256GCM","epk":{"kty":"EC","kty":"RSA"}}', "jwe.duplicate_member"),
        (b'{"alg":"ECDH-ES","enc":"A256GCM","x":' + b"[" * 40 + b"]" * 40 + b"}", "jwe.depth"),
        (b'{"alg":"ECDH-ES","enc":"A256GCM","x":' + b'{"x":' * 600 + b"1" + b"}" * 600 + b"}", "jwe.size"),
        (b'{"x":NaN}', "jwe.number"),
        (b"[]", "jwe.json"),
        (b"", "jwe.json"),
        (b"\xff", "jwe.json"),
    ],
)
def test_headers_that_readers_would_read_differently(header: bytes, check: str) -> None:
    assert refusal(f"{b64(header)}.{GOOD['ECDH-ES'].split('.', 1)[1]}") == check


def test_12_sizes_are_bounded_before_any_work() -> None:
    assert refusal("a" * (SIZE_BYTES_MAX + 1)) == "jwe.size"
    assert refusal(with_header(pad="x" * 5000)) == "jwe.size"


@given(st.text(alphabet="AQgw.-_eyJ", max_size=200))
def test_whatever_comes_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(JwtRefused):
        jwe.parse(text, size_bytes_max=100)


def test_nothing_of_the_content_is_in_a_repr() -> None:
    assert GOOD["ECDH-ES"][:20] not in repr(jwe.parse(GOOD["ECDH-ES"], size_bytes_max=SIZE_BYTES_MAX))
