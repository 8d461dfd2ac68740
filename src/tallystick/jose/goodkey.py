"""Is this key acceptable? Every rule with its authority. Pure; asked wherever a key enters, and of nothing else.

`jose.keys` has already made sure that it is one well-formed public key on a curve we use. Here: could a stranger
compute its private half, or has nobody one at all? Whether the key is already in use elsewhere is the registry's
question.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..errors import Refused
from .algorithms import ALGORITHMS, RSA_BITS_MAX, RSA_BITS_MIN, canonical_alg
from .encryption_algorithms import KEY_ALGS
from .keys import PublicKey

FERMAT_ROUNDS = 100
"""CA/Browser Forum Baseline Requirements 6.1.1.3: Fermat's method with 100 rounds, as a good implementation should."""
SMALL_PRIME_MAX = 5_750
"""The first 750 odd primes end just below: NIST SP 800-89 5.3.3 asks for no factor below 752, Baseline Requirements
6.1.6 repeat it; more cost nothing."""


class BadKey(Refused):
    """The key is not acceptable; ``check`` is ``key.…``, the description says why in plain words."""


def check_key(key: PublicKey, alg: str | None = None) -> None:
    """Raise :class:`BadKey` unless the key is good, and fits ``alg`` when that is given (any spelling of a header)."""
    _CHECKS[key.kty](key)
    if alg is not None:
        check_fit(key, alg)


def check_fit(key: PublicKey, alg: str) -> None:
    """Raise :class:`BadKey` unless ``alg`` exists here and is for keys of this type and curve."""
    name = alg if alg in KEY_ALGS else canonical_alg(alg)
    if name is None:
        known = ", ".join((*ALGORITHMS, *KEY_ALGS))
        raise BadKey(f"alg must be one of {known}.", check="key.alg_unknown")
    entry = KEY_ALGS[name] if name in KEY_ALGS else ALGORITHMS[name]
    if not entry.fits(key.kty, key.crv, key.bits):
        kind = key.crv or key.kty
        raise BadKey(f"{name} is not for {kind} keys.", check="key.alg", alg=name, kty=key.kty, crv=key.crv)


def _check_rsa(key: PublicKey) -> None:
    assert isinstance(key.key, RSAPublicKey)  # noqa: S101 - what kty says, told to the type checker
    numbers = key.key.public_numbers()
    n, e = numbers.n, numbers.e
    # NIST SP 800-131A: 2048 bits at least. Above 8192 each verification costs milliseconds (attacks.md 12).
    if not RSA_BITS_MIN <= key.bits <= RSA_BITS_MAX:
        reason = f"An RSA key must have {RSA_BITS_MIN} to {RSA_BITS_MAX} bits; this one has {key.bits}."
        raise BadKey(reason, check="key.rsa_size", bits=key.bits)
    # Baseline Requirements 6.1.6 recommend it, everything makes it; 3 has let signatures be forged (CVE-2006-4339).
    if e != 65537:
        raise BadKey("The public exponent of an RSA key must be 65537.", check="key.rsa_exponent")
    # NIST SP 800-89 5.3.3: odd, and without small factors. gcd with the product asks all primes at once.
    if n % 2 == 0 or gcd(n, _SMALL_PRIMES_PRODUCT) != 1:
        raise BadKey("The modulus of this RSA key has a small factor.", check="key.rsa_small_factor")
    # SP 800-89 5.3.3: and not the power of a prime. A square is the case that a program could produce.
    if isqrt(n) ** 2 == n:
        raise BadKey("The modulus of this RSA key is a square.", check="key.rsa_square")
    if _is_roca(n):
        reason = "This RSA key was made by a faulty chip or library (ROCA, CVE-2017-15361). Make a new one elsewhere."
        raise BadKey(reason, check="key.rsa_roca")
    if _factors_are_close(n):
        reason = "The primes of this RSA key are too close to each other (CVE-2022-26320). Make a new one."
        raise BadKey(reason, check="key.rsa_close_primes")


def _check_ec(key: PublicKey) -> None:
    # NIST SP 800-56A 5.6.2.3.3, partial validation: coordinates in range and on the curve, not the point at infinity.
    # `cryptography` has refused all else when it made the object; the cofactor is 1, so that is full validation.
    assert isinstance(key.key, EllipticCurvePublicKey)  # noqa: S101 - what kty says, told to the type checker
    numbers = key.key.public_numbers()
    if numbers.x == 0 and numbers.y == 0:
        raise BadKey("The key is not a point on its curve.", check="key.ec_point")


def _check_okp(key: PublicKey) -> None:
    # RFC 8032 5.1.3 says how a point is decoded; 5.1.7 leaves small orders to the caller. With a point of small order
    # one signature holds for many messages, so nobody is proven by it.
    assert isinstance(key.key, Ed25519PublicKey)  # noqa: S101 - what kty says, told to the type checker
    encoded = int.from_bytes(key.key.public_bytes_raw(), "little")
    y = encoded & ((1 << 255) - 1)
    if y >= _P:
        raise BadKey("The key is not encoded canonically.", check="key.okp_encoding")
    if y in _SMALL_ORDER_Y:
        raise BadKey("The key is a point of small order.", check="key.okp_small_order")
    # x² = (y² - 1) / (d·y² + 1) must be a square (Euler's criterion).
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if pow(x_squared, (_P - 1) // 2, _P) != 1:
        raise BadKey("The key is not a point on its curve.", check="key.okp_point")


_CHECKS: dict[str, Callable[[PublicKey], None]] = {"RSA": _check_rsa, "EC": _check_ec, "OKP": _check_okp}


def _primes_below(limit: int) -> list[int]:
    sieve = bytearray([1]) * limit
    for number in range(2, isqrt(limit) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return [number for number in range(2, limit) if sieve[number]]


_SMALL_PRIMES_PRODUCT = prod(_primes_below(SMALL_PRIME_MAX))

# Nemec, Sys, Svenda, Klinec, Matyas: "The Return of Coppersmith's Attack" (CCS 2017), section 2: the faulty primes are
# k·M + (65537^a mod M), where M is the product of the first primes. So n mod p is a power of 65537 for each of these p.
# For keys of 1984 bits and more M reaches at least to 701. By chance an honest key shows all that once in 2^167 keys.
_ROCA_POWERS = {p: frozenset(pow(65537, power, p) for power in range(p)) for p in _primes_below(702) if p > 2}


def _is_roca(n: int) -> bool:
    return all(n % p in powers for p, powers in _ROCA_POWERS.items())


def _factors_are_close(n: int) -> bool:
    """Fermat's method: looks for a with a² - n a square, starting at √n."""
    a = isqrt(n) + 1
    b_squared = a * a - n
    for _ in range(FERMAT_ROUNDS):
        if _is_square(b_squared):
            return True
        b_squared += 2 * a + 1  # (a + 1)² - n
        a += 1
    return False


def _is_square(number: int) -> bool:
    """Squares leave few remainders; only then is the root worth its price, which at 4096 bits is a tenth of a
    millisecond."""
    if number & 15 not in _SQUARES_MOD_16 or number % _REMAINDERS_OF not in _SQUARE_REMAINDERS:
        return False
    return isqrt(number) ** 2 == number


_SQUARES_MOD_16 = frozenset({0, 1, 4, 9})
_REMAINDERS_OF = 63 * 65 * 11
"""Of its remainders squares have one in twenty."""
_SQUARE_REMAINDERS = frozenset(number * number % _REMAINDERS_OF for number in range(_REMAINDERS_OF))


_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


def _small_order_y() -> frozenset[int]:
    """The y of all eight points whose order divides 8: order 1 and 2 (y = ±1), 4 (y = 0) and 8.

    Doubling a point of order 8 gives y = 0, which on this curve (-x² + y² = 1 + d·x²·y²) means y² = -x²; together with
    the curve's equation: d·y⁴ + 2·y² - 1 = 0, so y² = (-1 ± √(1 + d)) / d.
    """
    root = _square_root((1 + _D) % _P)
    found = {1, _P - 1, 0}
    for sign in (root, -root):
        y_squared = (sign - 1) * pow(_D, -1, _P) % _P
        if pow(y_squared, (_P - 1) // 2, _P) == 1:
            y = _square_root(y_squared)
            found |= {y, _P - y}
    return frozenset(found)


def _square_root(value: int) -> int:
    """A root modulo 2^255 - 19, which is 5 modulo 8 (RFC 8032 5.1.3)."""
    root = pow(value, (_P + 3) // 8, _P)
    if root * root % _P != value:
        root = root * pow(2, (_P - 1) // 4, _P) % _P
    if root * root % _P != value:
        raise ValueError("not a square")
    return root


_SMALL_ORDER_Y = _small_order_y()
