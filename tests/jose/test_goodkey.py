"""Keys that nobody should register, each just beside one that is fine."""

from __future__ import annotations

from math import isqrt
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tallystick.jose import goodkey
from tallystick.jose.algorithms import ALGORITHMS
from tallystick.jose.goodkey import BadKey, check_fit, check_key
from tallystick.jose.keys import PublicKey, public_key_of
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tests.vectors import vectors

WEAK = {name: int(n, 16) for name, n in vectors("weak_rsa_moduli").items()}
P = goodkey._P


def rsa_key(n: int, e: int = 65537) -> PublicKey:
    return public_key_of(rsa.RSAPublicNumbers(e, n).public_key())


def refusal(key: PublicKey, alg: str | None = None) -> str:
    with pytest.raises(BadKey) as refused:
        check_key(key, alg)
    assert refused.value.description
    return refused.value.check


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_new_key_is_good(alg: str) -> None:
    check_key(public_key_for(generate_private_key(alg)), alg)


@pytest.mark.parametrize("bits", [1024, 1536, 2047])
def test_rsa_too_small(bits: int) -> None:
    assert refusal(public_key_of(rsa.generate_private_key(65537, bits).public_key())) == "key.rsa_size"


def test_rsa_too_large() -> None:
    assert refusal(rsa_key((1 << 8192) + 1)) == "key.rsa_size"
    check = refusal(rsa_key((1 << 8191) + 1))  # of a size that is accepted, but no modulus
    assert check != "key.rsa_size"


@pytest.mark.parametrize("e", [3, 17, 65539, (1 << 32) + 1])
def test_rsa_exponent(e: int) -> None:
    n = generate_private_key("RS256").public_key().public_numbers().n  # type: ignore[union-attr]  # RSA, as asked
    assert refusal(rsa_key(n, e)) == "key.rsa_exponent"
    check_key(rsa_key(n))


@pytest.mark.parametrize("weakness", WEAK)
def test_rsa_moduli_that_can_be_factored(weakness: str) -> None:
    expected = {"square": "key.rsa_square"}.get(weakness, f"key.rsa_{weakness}")
    assert refusal(rsa_key(WEAK[weakness])) == expected


def test_rsa_roca_is_found_by_its_fingerprint_alone() -> None:
    # CVE-2017-15361. The fingerprint asks 125 primes; an honest modulus fails it at once.
    assert goodkey._is_roca(WEAK["roca"])
    assert not goodkey._is_roca(WEAK["close_primes"])


def test_rsa_close_primes_are_found_within_a_hundred_rounds_and_no_more() -> None:
    # CVE-2022-26320. (a - b)(a + b): the rounds needed are a - √n, about b² / 2a.
    a = 3**645  # some odd number of 1023 bits
    near, far = a * a - (1 << 512) ** 2, a * a - (1 << 517) ** 2
    assert goodkey._factors_are_close(near)
    assert not goodkey._factors_are_close(far)


def test_ed25519_points_of_small_order() -> None:
    # The torsion points of edwards25519, as found in many lists; with either sign.
    order_8 = ["26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"]
    order_8 += ["c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"]
    ys = [0, 1, P - 1, *(int.from_bytes(bytes.fromhex(y), "little") for y in order_8)]
    for y in ys:
        for sign in (0, 1 << 255):
            key = public_key_of(Ed25519PublicKey.from_public_bytes((y | sign).to_bytes(32, "little")))
            assert refusal(key) == "key.okp_small_order"


@pytest.mark.parametrize("y", [P, P + 1, 2**255 - 1])
def test_ed25519_encodings_that_are_not_canonical(y: int) -> None:
    key = public_key_of(Ed25519PublicKey.from_public_bytes(y.to_bytes(32, "little")))
    assert refusal(key) == "key.okp_encoding"


def test_ed25519_off_the_curve() -> None:
    # y = 2 has no x on edwards25519.
    assert refusal(public_key_of(Ed25519PublicKey.from_public_bytes((2).to_bytes(32, "little")))) == "key.okp_point"


FITS = [
    ("RS256", {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("ES256", {"ES256"}),
    ("ES384", {"ES384"}),
    ("ES512", {"ES512"}),
    ("Ed25519", {"Ed25519", "EdDSA"}),
]


@pytest.mark.parametrize(("made_for", "fitting"), FITS)
def test_alg_fits_the_key(made_for: str, fitting: set[str]) -> None:
    key = public_key_for(generate_private_key(made_for))
    for alg in [*ALGORITHMS, "EdDSA"]:
        if alg in fitting:
            check_key(key, alg)
        else:
            assert refusal(key, alg) == "key.alg"


@pytest.mark.parametrize("alg", ["", "none", "HS256", "es256", "ES256K", "RSA1_5", "Ed448"])
def test_alg_that_does_not_exist(alg: str) -> None:
    with pytest.raises(BadKey) as refused:
        check_fit(public_key_of(ec.generate_private_key(ec.SECP256R1()).public_key()), alg)
    assert refused.value.check == "key.alg_unknown"


def test_evidence_is_about_the_key_and_never_the_key() -> None:
    with pytest.raises(BadKey) as refused:
        check_key(rsa_key((1 << 1023) + 1))
    evidence: dict[str, Any] = refused.value.evidence
    assert evidence == {"bits": 1024}


def test_looking_for_close_primes_costs_hardly_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a DPoP proof is any stranger's: a root in every fourth round cost milliseconds at 8192 bits."""
    roots: list[int] = []

    def counted(number: int) -> int:
        roots.append(number)
        return isqrt(number)

    monkeypatch.setattr(goodkey, "isqrt", counted)
    for seed in range(8):
        assert not goodkey._factors_are_close(Random(seed).getrandbits(8192) | 1 << 8191 | 1)
    assert len(roots) < 8 * 5


@pytest.mark.parametrize("rounds", [1, 2, goodkey.FERMAT_ROUNDS, goodkey.FERMAT_ROUNDS + 1])
def test_close_primes_are_found_up_to_the_last_round(rounds: int) -> None:
    """n = (a - b)(a + b), where a is so many steps above the root of n."""
    a = 1 << 1024
    b = isqrt(2 * a * (rounds - 1)) + 1
    n = a * a - b * b
    assert a - isqrt(n) == rounds
    assert goodkey._factors_are_close(n) is (rounds <= goodkey.FERMAT_ROUNDS)


def test_whatever_is_a_square_passes_for_one() -> None:
    assert all(goodkey._is_square(number * number) for number in range(10_000))
    assert not any(goodkey._is_square(number * number + 2) for number in range(1_000))
