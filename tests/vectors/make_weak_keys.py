"""Makes weak_rsa_moduli.json: moduli of keys nobody should have. Run it to make them anew.

    python -m tests.vectors.make_weak_keys

No private half is kept. The ROCA modulus follows the structure that Nemec et al. (CCS 2017) found:
primes k·M + (65537^a mod M), M the product of the first 126 primes for 2048-bit keys.
"""

from __future__ import annotations

import json
import secrets
from math import prod
from pathlib import Path

PATH = Path(__file__).with_name("weak_rsa_moduli.json")
SMALL_PRIMES = [n for n in range(2, 702) if all(n % d for d in range(2, n))]


def is_prime(n: int) -> bool:
    """Miller and Rabin, 24 rounds."""
    if any(n % p == 0 for p in SMALL_PRIMES):
        return n in SMALL_PRIMES
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(24):
        x = pow(secrets.randbelow(n - 3) + 2, odd, n)
        if x in (1, n - 1):
            continue
        if not any((x := x * x % n) == n - 1 for _ in range(twos - 1)):
            return False
    return True


def next_prime(n: int) -> int:
    """The first prime from n on."""
    n |= 1
    while not is_prime(n):
        n += 2
    return n


def random_prime(bits: int) -> int:
    """A prime whose two highest bits are set."""
    return next_prime(secrets.randbits(bits) | 3 << (bits - 2))


def roca_prime(bits: int) -> int:
    """A prime as the faulty library makes them."""
    m = prod(SMALL_PRIMES)
    while True:
        k = (secrets.randbits(bits) | 3 << (bits - 2)) // m
        candidate = k * m + pow(65537, secrets.randbelow(m), m)
        if candidate.bit_length() == bits and is_prime(candidate):
            return candidate


def main() -> None:
    """Write the file."""
    close = random_prime(1024)
    square = random_prime(1024)
    moduli = {
        "roca": roca_prime(1024) * roca_prime(1024),
        "close_primes": close * next_prime(close + 2),
        "square": square * square,
        "small_factor": 5701 * random_prime(2048 - 12),
    }
    PATH.write_text(json.dumps({name: hex(n) for name, n in moduli.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
