"""attacks.md 16: machine secrets are random, hashed whole by a fast keyed hash, and compared in constant time."""

from __future__ import annotations

import re

import pytest

from tallystick.clients.secrets import SecretHasher, check_chosen_secret, generate_secret

HASHER = SecretHasher(b"k" * 32)


def test_generated_secrets_are_long_and_never_alike() -> None:
    made = {generate_secret() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{64}", secret) for secret in made)
    for secret in made:
        check_chosen_secret(secret)


@pytest.mark.parametrize("prefix", ["a" * 72, "a" * 1_000])
def test_nothing_of_a_long_secret_is_cut_off(prefix: str) -> None:
    assert HASHER.hash(prefix + "1") != HASHER.hash(prefix + "2")


def test_the_hash_depends_on_the_key() -> None:
    secret = generate_secret()
    assert HASHER.hash(secret) == SecretHasher(b"k" * 32).hash(secret) != SecretHasher(b"K" * 32).hash(secret)
    assert HASHER.matches(secret, HASHER.hash(secret))
    assert not HASHER.matches(secret, HASHER.hash(secret + " "))


def test_anything_a_form_can_carry_can_be_hashed() -> None:
    assert HASHER.hash("\ud800é\x00") != HASHER.hash("")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretHasher(b"short")
