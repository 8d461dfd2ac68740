"""Sealing: only the same master key, purpose and place open what was sealed, and only whole."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.sealing import SealBroken, Sealer, derive

MASTER_KEY = bytes(range(32))
SEALER = Sealer(MASTER_KEY, "signing-key")


@given(secret=st.binary(max_size=300), tenant=st.text(max_size=20), kid=st.text(max_size=20))
def test_what_is_sealed_opens_in_its_place(secret: bytes, tenant: str, kid: str) -> None:
    assert SEALER.open(SEALER.seal(secret, tenant, kid), tenant, kid) == secret


def test_a_seal_shows_nothing_and_never_repeats() -> None:
    secret = b"the private half of a tally stick"
    first, second = SEALER.seal(secret, "t", "k"), SEALER.seal(secret, "t", "k")
    assert secret not in first
    assert first != second


def test_every_changed_byte_breaks_the_seal() -> None:
    sealed = SEALER.seal(b"secret", "t", "k")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            SEALER.open(bytes(changed), "t", "k")


def test_a_truncated_seal_is_refused_at_every_length() -> None:
    sealed = SEALER.seal(b"secret", "t", "k")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            SEALER.open(sealed[:length], "t", "k")
    with pytest.raises(SealBroken):
        SEALER.open(sealed + b"\0", "t", "k")


@pytest.mark.parametrize(
    "place", [("t2", "k"), ("t", "k2"), ("tk", ""), ("", "tk"), ("t",), ("t", "k", ""), ("k", "t"), ()]
)
def test_a_seal_moved_to_another_place_does_not_open(place: tuple[str, ...]) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(SEALER.seal(b"secret", "t", "k"), *place)


def test_another_purpose_or_master_key_does_not_open() -> None:
    sealed = SEALER.seal(b"secret", "t", "k")
    for other in (Sealer(MASTER_KEY, "totp-seed"), Sealer(bytes(32), "signing-key")):
        with pytest.raises(SealBroken):
            other.open(sealed, "t", "k")


def test_derived_keys_differ_by_purpose_and_are_stable() -> None:
    assert derive(MASTER_KEY, "client secrets") != derive(MASTER_KEY, "seal/signing-key")
    assert len(derive(MASTER_KEY, "client secrets")) == 32
    # RFC 5869 written out with hmac: what a future release must still derive, else nothing opens any more.
    assert derive(MASTER_KEY, "client secrets") == _hkdf(MASTER_KEY, b"tallystick\x00client secrets")


@pytest.mark.parametrize("master_key", [b"", bytes(16), bytes(31), bytes(33), bytes(64)])
def test_a_master_key_of_another_length_is_refused(master_key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(master_key, "signing-key")


def test_a_sealer_does_not_show_its_key() -> None:
    assert MASTER_KEY.hex() not in repr(SEALER)
    assert repr(SEALER) == "Sealer('signing-key')"


def _hkdf(key: bytes, info: bytes) -> bytes:
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")
