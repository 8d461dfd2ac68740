"""``client_secret_*`` by itself: one live secret must match, whole (attacks.md 15, 16, 18)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.clientauth.client_secret import SECRET_CHARS_MAX, verify
from tallystick.clientauth.method import ClientAuthenticationFailed
from tallystick.clientauth.presented import PresentedSecret
from tallystick.clients.credential import Credential
from tests.clientauth.evidence import CLIENT_ID, HASHER, NOW_MS, client, evidence, secret_credential


def check_of(secret: str, *credentials: Credential, now_ms: int = NOW_MS) -> str:
    """The failing check, or which credential it was."""
    shown = PresentedSecret(client_id=CLIENT_ID, secret=secret, method="client_secret_post")
    try:
        proof = verify(evidence(client(), credentials, shown, now_ms=now_ms))
    except ClientAuthenticationFailed as refusal:
        return refusal.check
    assert proof.credential is not None
    assert proof.one_time is None
    return proof.credential.id


def test_every_secret_works_and_the_log_learns_which() -> None:
    registered = [secret_credential(f"secret-{number}") for number in range(3)]
    for number, each in enumerate(registered):
        assert check_of(f"secret-{number}", *registered) == each.id


@pytest.mark.parametrize("shown", ["", "secret", "secret-1 ", "SECRET-1", "secret-11", "secret-"])
def test_b16_another_secret_is_refused(shown: str) -> None:
    assert check_of(shown, secret_credential("secret-1")) == "client_secret.match"


def test_b18_a_client_without_secrets_takes_none() -> None:
    assert check_of("") == "client_secret.match"
    assert check_of("anything") == "client_secret.match"


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_b16_every_digit_of_the_kept_hash_counts(at: int) -> None:
    kept = HASHER.hash("secret-1")
    other = kept[:at] + ("0" if kept[at] != "0" else "1") + kept[at + 1 :]
    for secret_hash in (other, kept[:at], kept.upper() if kept.upper() != kept else ""):
        row = replace(secret_credential("secret-1"), secret_hash=secret_hash)
        assert check_of("secret-1", row) == "client_secret.match"


def test_a_secret_lives_from_its_first_to_its_last_millisecond() -> None:
    one = secret_credential("s", not_before_ms=NOW_MS, expires_at_ms=NOW_MS + 10)
    assert check_of("s", one, now_ms=NOW_MS - 1) == "client_secret.life"
    assert check_of("s", one, now_ms=NOW_MS) == one.id
    assert check_of("s", one, now_ms=NOW_MS + 9) == one.id
    assert check_of("s", one, now_ms=NOW_MS + 10) == "client_secret.life"
    assert check_of("s", secret_credential("s", withdrawn_at_ms=1)) == "client_secret.life"


def test_b16_more_characters_than_any_secret_has_are_not_hashed() -> None:
    long = "x" * SECRET_CHARS_MAX
    assert check_of(long, secret_credential(long)).startswith("cred_")
    assert check_of(long + "x", secret_credential(long + "x")) == "client_secret.size"


def test_b15_every_registered_secret_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def counted(shown: bytes, registered: bytes) -> bool:
        compared.append(registered)
        return shown == registered

    monkeypatch.setattr("tallystick.clientauth.client_secret.compare_digest", counted)
    registered = [secret_credential(f"secret-{number}") for number in range(4)]
    for shown in ("secret-0", "secret-3", "none of them"):
        compared.clear()
        check_of(shown, *registered)
        assert len(compared) == 4


def test_b16_the_longest_secret_that_is_hashed() -> None:
    assert check_of("x" * 1_024, one := secret_credential("x" * 1_024)) == one.id
    assert check_of("x" * 1_025, secret_credential("x" * 1_025)) == "client_secret.size"
