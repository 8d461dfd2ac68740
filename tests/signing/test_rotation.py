"""Rotation: previous ← current ← next, for one algorithm at a time; only what is previous can be revoked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.apis.resource_server_fields import TOKEN_LIFETIME_S_MAX
from tallystick.errors import InvalidField, NotFound
from tallystick.signing.key import CURRENT, NEXT, PREVIOUS, SigningKey
from tallystick.signing.rotation import RETIRE_AFTER_MS, check_alg, revoke, rotate

NOW_MS = 1_800_000_000_000


def key(kid: str, state: str, alg: str = "RS256", **times: int) -> SigningKey:
    return SigningKey(
        tenant_id="t", kid=kid, alg=alg, state=state, private_key_sealed=b"", certificate="", created_at_ms=1, **times
    )


KEYS = [
    key("current", CURRENT, current_since_ms=5),
    key("next", NEXT),
    key("es-current", CURRENT, "ES256"),
    key("es-next", NEXT, "ES256"),
]


def after(keys: list[SigningKey], fresh: SigningKey, now_ms: int = NOW_MS) -> dict[str, SigningKey]:
    decision = rotate(keys, fresh, now_ms)
    assert decision.result == fresh
    saves = [save for save in decision.saves if isinstance(save, SigningKey)]
    return {each.kid: each for each in [*keys, *saves]}


def test_each_key_moves_up_by_one() -> None:
    moved = after(KEYS, key("fresh", NEXT))
    assert moved["current"] == replace(KEYS[0], state=PREVIOUS, current_until_ms=NOW_MS)
    assert moved["next"] == replace(KEYS[1], state=CURRENT, current_since_ms=NOW_MS)
    assert moved["fresh"].state == NEXT


def test_other_algorithms_stay_as_they_are() -> None:
    moved = after(KEYS, key("fresh", NEXT))
    assert (moved["es-current"], moved["es-next"]) == (KEYS[2], KEYS[3])


def test_after_every_rotation_there_is_one_current_and_one_next_key() -> None:
    keys = {key.kid: key for key in KEYS}
    for turn in range(5):
        keys = after(list(keys.values()), key(f"fresh{turn}", NEXT), NOW_MS + turn)
        states = [each.state for each in keys.values() if each.alg == "RS256"]
        assert (states.count(CURRENT), states.count(NEXT), states.count(PREVIOUS)) == (1, 1, turn + 1)


def test_two_quick_rotations_keep_the_older_previous_key_for_tokens_still_alive() -> None:
    once = after(KEYS, key("a", NEXT))
    twice = after(list(once.values()), key("b", NEXT), NOW_MS + 1000)
    assert twice["current"].state == PREVIOUS
    assert twice["current"].revoked_at_ms is None


@pytest.mark.parametrize(("age_ms", "ends"), [(RETIRE_AFTER_MS, False), (RETIRE_AFTER_MS + 1, True)])
def test_a_previous_key_that_outlived_every_token_ends_with_the_next_rotation(age_ms: int, ends: bool) -> None:
    old = key("old", PREVIOUS, current_until_ms=NOW_MS - age_ms)
    moved = after([*KEYS, old], key("fresh", NEXT))
    assert moved["old"].revoked_at_ms == (NOW_MS if ends else None)


def test_no_token_lives_longer_than_a_key_is_kept() -> None:
    assert RETIRE_AFTER_MS > TOKEN_LIFETIME_S_MAX * 1000


def test_without_a_next_key_the_current_one_stays() -> None:
    moved = after([KEYS[0]], key("fresh", NEXT))
    assert moved["current"].state == CURRENT


def test_a_previous_key_is_revoked_and_stays_known() -> None:
    previous = key("old", PREVIOUS)
    decision = revoke([*KEYS, previous], "old", NOW_MS)
    assert decision.result == replace(previous, revoked_at_ms=NOW_MS)
    assert decision.saves == (decision.result,)


def test_revoking_twice_keeps_the_first_time() -> None:
    decision = revoke([key("old", PREVIOUS, revoked_at_ms=7)], "old", NOW_MS)
    assert decision.result.revoked_at_ms == 7
    assert not decision.saves


@pytest.mark.parametrize("kid", ["current", "next", "es-current", "es-next"])
def test_a_key_in_use_cannot_be_revoked(kid: str) -> None:
    with pytest.raises(InvalidField, match="cannot be revoked"):
        revoke(KEYS, kid, NOW_MS)


@pytest.mark.parametrize("kid", ["", "Current", "curren", "current "])
def test_an_unknown_kid_is_not_found(kid: str) -> None:
    with pytest.raises(NotFound):
        revoke(KEYS, kid, NOW_MS)


def test_algorithms_are_named_exactly_and_eddsa_is_ed25519() -> None:
    assert check_alg("EdDSA") == check_alg("Ed25519") == "Ed25519"
    for alg in ("HS256", "none", "rs256", "RS512", "", None, 256, ["RS256"]):
        with pytest.raises(InvalidField):
            check_alg(alg)
