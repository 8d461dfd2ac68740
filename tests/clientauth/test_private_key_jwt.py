"""``private_key_jwt`` by itself, check by check, at the exact edges (RFC 7523 3, rfc7523bis; attacks.md 1 to 10)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.clientauth.method import Proof
from tallystick.clientauth.presented import JWT_BEARER, Presented, presented
from tallystick.clientauth.private_key_jwt import verify
from tallystick.clients.credential import Credential
from tallystick.errors import OAuthError
from tallystick.jose import base64url
from tests.clientauth.evidence import (
    CLIENT_ID,
    NOW_MS,
    NOW_S,
    TENANT,
    TOKEN_URLS,
    assertion,
    client_using,
    evidence,
    key_credential,
)
from tests.forge import LEFT_OUT, Key

KEY = Key("ES256")
REGISTERED = key_credential(KEY)
NO_LEVEL: dict[str, Any] = {}
FAPI2: dict[str, Any] = {"compliance_level": "fapi2_sp_pkj_mtls"}


def shown_as(shown: str) -> Presented:
    return presented((), {"client_assertion_type": JWT_BEARER, "client_assertion": shown})


def proof_of(shown: str, *credentials: Credential, now_ms: int = NOW_MS, **metadata: Any) -> Proof:
    rows = credentials or (REGISTERED,)
    return verify(
        evidence(
            client_using("private_key_jwt", *rows, **metadata),
            rows,
            presented([], {"client_assertion_type": JWT_BEARER, "client_assertion": shown}),
            now_ms=now_ms,
        )
    )


def check_of(shown: str, *credentials: Credential, now_ms: int = NOW_MS, **metadata: Any) -> str:
    """The failing check, or nothing."""
    try:
        proof_of(shown, *credentials, now_ms=now_ms, **metadata)
    except OAuthError as refusal:
        return refusal.check
    return ""


def test_a_good_one_is_proven_by_its_key_and_gives_its_jti_to_spend() -> None:
    proof = proof_of(assertion(KEY, jti="one"))
    assert proof.credential == REGISTERED
    assert proof.one_time is not None
    assert (proof.one_time.tenant_id, proof.one_time.purpose) == (TENANT.tenant_id, "client_assertion")
    assert (proof.one_time.subject, proof.one_time.value) == (CLIENT_ID, "one")


@pytest.mark.parametrize(("alg", "level"), [("RS256", FAPI2), ("ES384", FAPI2), ("ES512", FAPI2)])
def test_a6_the_profile_names_the_algorithms(alg: str, level: dict[str, Any]) -> None:
    key = Key(alg)
    row = key_credential(key)
    assert check_of(assertion(key), row) == ""
    assert check_of(assertion(key), row, **level) == "private_key_jwt.alg"


def test_a6_the_key_is_used_for_its_registered_algorithm_alone() -> None:
    key = Key("PS256")
    row = key_credential(key)
    assert check_of(assertion(key), row) == ""
    for alg in ("RS256", "PS384", "PS512"):
        assert check_of(assertion(Key(alg, private=key.private)), row) == "private_key_jwt.key"


def test_a7_kid_picks_among_the_clients_own_keys() -> None:
    other = Key("ES256")
    rows = key_credential(KEY, kid="one"), key_credential(other, kid="two")
    assert proof_of(assertion(KEY, {"kid": "one"}), *rows).credential == rows[0]
    assert proof_of(assertion(other, {"kid": "two"}), *rows).credential == rows[1]
    assert check_of(assertion(KEY, {"kid": "two"}), *rows) == "jwt.signature"
    for kid in ("three", "ONE", "one ", "on", rows[0].id):
        assert check_of(assertion(KEY, {"kid": kid}), *rows) == "private_key_jwt.key"
    # Without a kid every key of that algorithm is tried.
    for key, row in zip((KEY, other), rows, strict=True):
        assert proof_of(assertion(key), *rows).credential == row
    assert check_of(assertion(Key("ES256")), *rows) == "jwt.signature"


def test_a_key_lives_from_its_first_to_its_last_millisecond() -> None:
    row = key_credential(KEY, not_before_ms=NOW_MS, expires_at_ms=NOW_MS + 10)
    shown = assertion(KEY)
    assert check_of(shown, row, now_ms=NOW_MS - 1) == "private_key_jwt.key"
    assert check_of(shown, row, now_ms=NOW_MS) == ""
    assert check_of(shown, row, now_ms=NOW_MS + 9) == ""
    assert check_of(shown, row, now_ms=NOW_MS + 10) == "private_key_jwt.key"
    assert check_of(shown, key_credential(KEY, withdrawn_at_ms=1)) == "private_key_jwt.key"


def test_a_key_that_is_registered_but_not_referenced_proves_nothing() -> None:
    other = Key("ES256")
    rows = REGISTERED, key_credential(other)
    shown = shown_as(assertion(other))
    with pytest.raises(OAuthError) as refusal:
        verify(evidence(client_using("private_key_jwt", REGISTERED), rows, shown))
    assert refusal.value.check == "jwt.signature"


@pytest.mark.parametrize("claim", ["iss", "sub"])
@pytest.mark.parametrize("value", [LEFT_OUT, "other", CLIENT_ID.upper(), CLIENT_ID + "x", CLIENT_ID[:-1]])
def test_a10_iss_and_sub_are_both_the_client(claim: str, value: Any) -> None:
    assert check_of(assertion(KEY, **{claim: value})) == f"private_key_jwt.{claim}"


OURS = (TENANT.issuer, *TOKEN_URLS)
NOT_OURS = [
    TENANT.issuer[:-1],
    TENANT.issuer + "/",
    TENANT.issuer.upper(),
    TENANT.url("oauth/token") + "/",
    TENANT.url("oauth/par"),
    TENANT.mtls_issuer,
    "https://as.example",
    "https://as.example.evil/",
    [],
    [TENANT.issuer, "https://other.example/"],
    ["https://other.example/", TENANT.issuer],
    LEFT_OUT,
]


@pytest.mark.parametrize("audience", [*OURS, list(OURS), [TENANT.issuer]])
def test_a1_ours_and_only_ours(audience: Any) -> None:
    assert check_of(assertion(KEY, aud=audience)) == ""
    # rfc7523bis, FAPI 2: the issuer as one string.
    expected = "" if audience == TENANT.issuer else "private_key_jwt.aud"
    assert check_of(assertion(KEY, aud=audience), **FAPI2) == expected


@pytest.mark.parametrize("audience", NOT_OURS)
def test_a1_somebody_elses(audience: Any) -> None:
    for level in NO_LEVEL, FAPI2:
        assert check_of(assertion(KEY, aud=audience), **level) == "private_key_jwt.aud"


LIFE = {
    "exp missing": ({"exp": LEFT_OUT}, "private_key_jwt.exp_missing"),
    "past within the skew": ({"exp": NOW_S - 9, "iat": NOW_S - 60}, ""),
    "past at the edge": ({"exp": NOW_S - 10, "iat": NOW_S - 60}, "private_key_jwt.exp_past"),
    "iat at the edge of the skew": ({"iat": NOW_S + 10, "exp": NOW_S + 60}, ""),
    "iat beyond it": ({"iat": NOW_S + 10.001, "exp": NOW_S + 60}, "private_key_jwt.iat_future"),
    "nbf at the edge of the skew": ({"nbf": NOW_S + 10}, ""),
    "nbf beyond it": ({"nbf": NOW_S + 10.001}, "private_key_jwt.nbf_future"),
    "five minutes": ({"iat": NOW_S, "exp": NOW_S + 300}, ""),
    "more than five minutes": ({"iat": NOW_S, "exp": NOW_S + 300.001}, "private_key_jwt.exp_far"),
    "five minutes from an old iat": ({"iat": NOW_S - 290, "exp": NOW_S + 11}, "private_key_jwt.exp_far"),
    "without iat, five minutes and the skew": ({"iat": LEFT_OUT, "exp": NOW_S + 310}, ""),
    "without iat, more": ({"iat": LEFT_OUT, "exp": NOW_S + 310.001}, "private_key_jwt.exp_far"),
    "exp in milliseconds": ({"exp": NOW_MS + 60_000}, "private_key_jwt.exp_far"),
    "exp zero": ({"exp": 0}, "private_key_jwt.exp_past"),
    "exp negative": ({"exp": -1}, "private_key_jwt.exp_past"),
}


@pytest.mark.parametrize(("claims", "check"), LIFE.values(), ids=LIFE)
def test_a5_life(claims: dict[str, Any], check: str) -> None:
    assert check_of(assertion(KEY, **claims)) == check


@pytest.mark.parametrize("exp", [NOW_S + 60, NOW_S + 59.5])
def test_a2_the_jti_is_remembered_for_as_long_as_the_assertion_passes(exp: float) -> None:
    shown = assertion(KEY, exp=exp)
    one_time = proof_of(shown).one_time
    assert one_time is not None
    assert check_of(shown, now_ms=one_time.expires_at_ms - 1) == ""
    assert check_of(shown, now_ms=one_time.expires_at_ms) == "private_key_jwt.exp_past"


@pytest.mark.parametrize(
    ("jti", "check"),
    [
        (LEFT_OUT, "private_key_jwt.jti_missing"),
        (None, "jwt.claim.jti"),
        ("", "jwt.claim.jti"),
        (7, "jwt.claim.jti"),
        ("x" * 65, "jwt.claim.jti"),
        ("x" * 64, ""),
    ],
)
def test_a2_jti_is_there_and_short(jti: Any, check: str) -> None:
    assert check_of(assertion(KEY, jti=jti)) == check


@pytest.mark.parametrize(
    ("typ", "check"),
    [
        (LEFT_OUT, ""),
        ("JWT", ""),
        ("client-authentication+jwt", ""),
        ("application/client-authentication+jwt", ""),
        ("at+jwt", "private_key_jwt.typ"),
        ("dpop+jwt", "private_key_jwt.typ"),
        ("oauth-authz-req+jwt", "private_key_jwt.typ"),
        ("", "private_key_jwt.typ"),
    ],
)
def test_f45_typ(typ: Any, check: str) -> None:
    assert check_of(assertion(KEY, {"typ": typ})) == check


def test_a12_two_kilobytes_and_no_more() -> None:
    sizes = {len(shown): shown for shown in (assertion(KEY, padding="x" * count) for count in range(1200, 1340))}
    fits, too_large = max(size for size in sizes if size <= 2048), min(size for size in sizes if size > 2048)
    assert too_large - fits <= 2  # base64 makes no length of three over a multiple of four
    assert check_of(sizes[fits]) == ""
    assert check_of(sizes[too_large]) == "jwt.size"


def claimed(shown: str) -> str:
    return presented([], {"client_assertion_type": JWT_BEARER, "client_assertion": shown}).client_id


@pytest.mark.parametrize(
    "junk", ["    ", "\n\n\n\n", "++++", "////", "!!!!", "====", "\u00e9\u00e9\u00e9\u00e9", "\0\0\0\0"]
)
def test_a8_a_signature_has_one_spelling(junk: str) -> None:
    signing_input, _, signature = assertion(KEY).rpartition(".")
    for at in (0, 40, len(signature)):
        assert check_of(f"{signing_input}.{signature[:at]}{junk}{signature[at:]}") == "jwt.base64"


def test_a8_rfc7518_3_4_both_integers_have_their_whole_length() -> None:
    """A number that happens to begin with a zero byte must not be taken without it."""
    while True:
        signing_input, _, signature = assertion(KEY).rpartition(".")
        raw = base64url.decode(signature)
        if raw[32] == 0:
            break
    assert check_of(f"{signing_input}.{signature}") == ""
    for other in (raw[:32] + raw[33:], raw[:32] + b"\0" + raw[32:], raw + b"\0"):
        assert check_of(f"{signing_input}.{base64url.encode(other)}") == "jwt.signature"


def test_whom_it_claims_to_be_from_is_read_strictly() -> None:
    for sub, check in (
        ("x" * 65, "jwt.claim.sub"),
        (5, "jwt.claim.sub"),
        ("", "jwt.claim.sub"),
        (None, "jwt.claim.sub"),
    ):
        assert check_of(assertion(KEY, sub=sub)) == check
    assert check_of("x" * 2049) == "jwt.size"
