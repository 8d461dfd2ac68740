"""What refusals tell the log, and in which numbers; what of a client's keys is told, and why each was not tried."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.clientauth.assertion import CLAIM_RULES
from tallystick.clientauth.presented import presented
from tallystick.clientauth.private_key_jwt import verify
from tallystick.clientauth.registered_keys import about_key_set, candidates_of, why_not
from tallystick.clients.credential import Credential
from tallystick.clients.directory import RegisteredClient, registered
from tallystick.clients.key_set import KeySet
from tallystick.clients.loaded_key import LoadedKey
from tallystick.errors import OAuthError
from tallystick.jose.jwt import parse
from tallystick.jose.keys import public_key_of
from tallystick.jose.shown import start_of
from tests.certificate_mill import leaf
from tests.clientauth.evidence import (
    CLIENT_ID,
    NOW_MS,
    NOW_S,
    TENANT,
    TOKEN_URLS,
    assertion,
    client,
    client_using,
    credential,
    evidence,
    key_credential,
    registered_certificate,
    secret_credential,
)
from tests.clientauth.test_private_key_jwt import KEY, proof_of, shown_as
from tests.forge import LEFT_OUT, Key

HOUR_S = 3_600


def refusal_of(shown: str, *rows: Credential) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        proof_of(shown, *rows)
    return refusal.value


@pytest.mark.parametrize(
    ("claims", "check", "evidence"),
    [
        ({"exp": NOW_S - HOUR_S - 0.5, "iat": NOW_S - HOUR_S - 60}, "exp_past", {"seconds_past": HOUR_S}),
        ({"iat": NOW_S + HOUR_S + 0.5, "exp": NOW_S + HOUR_S + 60}, "iat_future", {"seconds_ahead": HOUR_S}),
        ({"nbf": NOW_S + HOUR_S + 0.5, "exp": NOW_S + 60}, "nbf_future", {"seconds_ahead": HOUR_S}),
        ({"exp": NOW_S + HOUR_S + 0.5}, "exp_far", {"life_s": HOUR_S, "life_s_max": 300}),
        ({"exp": NOW_S + HOUR_S + 10, "iat": LEFT_OUT}, "exp_far", {"life_s": HOUR_S, "life_s_max": 300}),
        # From another age.
        ({"exp": 10}, "exp_past", {"seconds_past": NOW_S - 10}),
        ({"iat": 3 * NOW_S, "exp": 3 * NOW_S + 60}, "iat_future", {"seconds_ahead": 2 * NOW_S}),
        ({"nbf": 3 * NOW_S}, "nbf_future", {"seconds_ahead": 2 * NOW_S}),
        ({"iat": 10, "exp": NOW_S + 60}, "exp_far", {"life_s": NOW_S + 50, "life_s_max": 300}),
        ({"iat": 0, "exp": NOW_S + 60}, "exp_far", {"life_s": NOW_S + 60, "life_s_max": 300}),
    ],
)
def test_by_how_many_whole_seconds_a_date_is_missed(
    claims: dict[str, Any], check: str, evidence: dict[str, Any]
) -> None:
    found = refusal_of(assertion(KEY, **claims))
    assert found.check == f"private_key_jwt.{check}"
    told = {name: found.evidence[name] for name in evidence}
    assert (told, {type(number) for number in told.values()}) == (evidence, {int})


def test_a_date_that_has_begun_is_no_trouble() -> None:
    for nbf in (NOW_S - HOUR_S, NOW_S, NOW_S + 9):
        assert proof_of(assertion(KEY, nbf=nbf)).credential is not None


def test_what_the_rules_say_of_themselves() -> None:
    assert [rule.demands for rule in CLAIM_RULES if rule.name == "life"] == ["it lives for 300 s at most"]


RSA = Key("RS256")
OURS = [TENANT.issuer, *TOKEN_URLS]
FAPI2_ALGS = ["ES256", "Ed25519", "PS256"]


@pytest.mark.parametrize(
    ("shown", "level", "check", "evidence"),
    [
        (
            assertion(KEY, {"typ": "at+jwt"}),
            None,
            "typ",
            {"typ": "at+jwt", "expected": ["client-authentication+jwt", "jwt"]},
        ),
        (assertion(RSA), "fapi2_sp_pkj_mtls", "alg", {"alg": "RS256", "expected": FAPI2_ALGS}),
        (assertion(KEY, iss="other"), None, "iss", {"expected": CLIENT_ID}),
        (assertion(KEY, sub="other"), None, "sub", {"expected": CLIENT_ID}),
        (assertion(KEY, aud="https://other.example/"), None, "aud", {"expected": OURS}),
        (assertion(KEY, aud="https://other.example/"), "fapi2_sp_pkj_mtls", "aud", {"expected": [TENANT.issuer]}),
    ],
)
def test_what_was_shown_and_what_was_expected(
    shown: str, level: str | None, check: str, evidence: dict[str, Any]
) -> None:
    with pytest.raises(OAuthError) as refusal:
        proof_of(shown, compliance_level=level)
    of_profile = {"profile": level or "none"} if check in ("alg", "aud") else {}
    assert (refusal.value.check, refusal.value.evidence) == (f"private_key_jwt.{check}", {**evidence, **of_profile})


@pytest.mark.parametrize("kid", [None, "one", "x" * 64])
def test_the_key_that_was_looked_for_and_those_that_are_there(kid: str | None) -> None:
    row = key_credential(KEY, kid="two")
    shown = assertion(Key("Ed25519", kid))
    found = refusal_of(shown, row)
    told = {"credential_id": row.id, "kid": "two", "alg": "ES256", "reason": "alg"}
    assert found.check == "private_key_jwt.key"
    seen = None if kid is None else start_of(kid)
    assert found.evidence == {"alg": "Ed25519", "kid": seen, "registered": [told]}
    nobody = client(metadata={"client_authentication_methods": {"private_key_jwt": {"credentials": []}}})
    with pytest.raises(OAuthError) as refusal:
        verify(evidence(nobody, (), shown_as(shown)))
    assert (refusal.value.check, refusal.value.evidence) == (
        "private_key_jwt.key",
        {"alg": "Ed25519", "kid": seen, "registered": []},
    )


def test_each_refusal_of_what_is_presented_in_its_own_words() -> None:
    for headers, code, said in (
        ((b"Basic eDp5", b"Basic eDp5"), "invalid_request", "Malformed client authentication."),
        ((b"Bearer x",), "invalid_client", "Client authentication failed."),
    ):
        with pytest.raises(OAuthError) as refusal:
            presented(headers, {})
        assert (refusal.value.code, refusal.value.description) == (code, said)


# Keys


def jwt_of(key: Key = KEY) -> Any:
    return parse(assertion(key))


def _set_key(key: Key, id: str, **fields: Any) -> LoadedKey:
    """A key that is no row: of the client itself, or of its address."""
    row = replace(key_credential(key), **{"id": id, **fields})
    return LoadedKey(credential=row, public_key=public_key_of(key.private.public_key()), algorithm=key.alg)


def reasons(of: RegisteredClient, key: Key = KEY) -> dict[str | None, str | None]:
    return {told["credential_id"]: told["reason"] for told in why_not(of, jwt_of(key), NOW_MS)}


def test_every_reason() -> None:
    rows = {
        "": key_credential(KEY),
        "alg": key_credential(Key("Ed25519")),
        "kid": key_credential(Key("ES256"), kid="another one"),
        "withdrawn": key_credential(Key("ES256"), withdrawn_at_ms=NOW_MS, not_before_ms=NOW_MS + 1),
        "not_yet_valid": key_credential(Key("ES256"), not_before_ms=NOW_MS + 1),
        "expired": key_credential(Key("ES256"), expires_at_ms=NOW_MS),
        "expired since": key_credential(Key("ES256"), not_before_ms=NOW_MS - 9, expires_at_ms=NOW_MS - 1),
        "expired at once": key_credential(Key("ES256"), not_before_ms=NOW_MS, expires_at_ms=NOW_MS),
    }
    others = (secret_credential("s"), registered_certificate(leaf("CN=one")), credential("cert_subject_dn"))
    of = registered(client_using("private_key_jwt", *rows.values()), [*rows.values(), *others])
    jwt = parse(assertion(KEY, {"kid": "the one"}))
    told = {one["credential_id"]: one["reason"] for one in why_not(of, jwt_of(), NOW_MS)}
    assert told == {
        row.id: {"kid": ""}.get(reason, reason.partition(" ")[0] if reason.startswith("expired") else reason)
        for reason, row in rows.items()
    }
    assert {one["reason"] for one in why_not(of, jwt, NOW_MS)} == {"alg", "kid"}


def test_of_two_ways_to_use_a_key_of_a_set_the_one_that_fits_is_told() -> None:
    """An RSA key serves several algorithms, each a key of its own here; the others are told for themselves."""
    rsa, other = Key("PS256"), Key("ES256")
    keys = [
        _set_key(rsa, "jwk_m", kid="m"),
        _set_key(other, "jwk_a", kid="a"),
        _set_key(Key("ES256"), "jwk_z", kid="z"),
    ]
    twin = replace(keys[0].credential, id="jwk_" + "m".lower())  # an id is one by its letters
    keys.insert(0, replace(keys[0], credential=twin, algorithm="RS256"))
    of = replace(registered(client(), []), keys=tuple(keys))
    assert reasons(of, rsa) == {"jwk_m": "", "jwk_a": "alg", "jwk_z": "alg"}
    assert reasons(replace(of, keys=tuple(reversed(keys))), rsa) == {"jwk_m": "", "jwk_a": "alg", "jwk_z": "alg"}
    assert reasons(of, other) == {"jwk_m": "alg", "jwk_a": "", "jwk_z": ""}
    told = why_not(of, jwt_of(rsa), NOW_MS)
    assert {one["kid"] for one in told} == {"m", "a", "z"}


def test_ten_keys_are_told_and_ten_are_tried() -> None:
    rows = [key_credential(Key("ES256")) for _ in range(11)]
    of = registered(client_using("private_key_jwt", *rows), rows)
    assert [one["credential_id"] for one in why_not(of, jwt_of(), NOW_MS)] == [row.id for row in rows[:10]]
    assert [key.credential for key in candidates_of(of.keys, jwt_of(), NOW_MS)] == rows[:10]
    of_set = replace(registered(client(), []), keys=of.keys)
    assert len(why_not(of_set, jwt_of(), NOW_MS)) == 10


def test_of_an_address_that_nobody_asked_yet_the_address_is_told() -> None:
    of = registered(client_using("private_key_jwt"), [])
    assert about_key_set(of) is None
    by_address = replace(of, key_set_urls={of.client.authentication_method: "https://rp.example/keys"})
    assert about_key_set(by_address) == {"url": "https://rp.example/keys"}


def test_of_an_address_that_was_asked_what_it_answered_is_told() -> None:
    url, refused = "https://rp.example/keys", [{"kid": str(number), "check": "key.use"} for number in range(11)]
    answered = KeySet(tenant_id="t1", url=url, refused=refused, fetched_at_ms=NOW_MS, purge_at_ms=0)
    failed = KeySet(tenant_id="t1", url=url, last_error="time: It took longer.", purge_at_ms=0)
    for record, told in (
        (answered, {"fetched_at": "2027-01-15T08:00:00.000Z", "last_error": None, "refused": refused[:10]}),
        (failed, {"fetched_at": None, "last_error": "time: It took longer.", "refused": []}),
    ):
        of = replace(registered(client(), []), key_set=record)
        by_address = replace(of, key_set_urls={of.client.authentication_method: url})
        assert about_key_set(by_address) == {"url": url, **told}
