"""Where each limit lies, in numbers and not by its name; what refusals tell; and the last comparison of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.errors import OAuthError
from tallystick.sender import constrain as room
from tallystick.sender.algorithms import dpop_alg_names
from tallystick.sender.binding import Binding, token_type_of
from tallystick.sender.constrain import constrain
from tallystick.sender.nonces import Nonces
from tallystick.sender.possession import BEARER, DPOP_SCHEME, Possession, check
from tallystick.sender.proof import RULES, walk_of
from tallystick.sender.target_uri import normalised
from tests.forge import LEFT_OUT
from tests.sender.proving import (
    KEY,
    NONCES,
    NOW_S,
    OTHER_URL,
    REALM,
    RSA,
    TOKEN,
    URL,
    ath_of,
    expected,
    proof,
    refuses,
    shown,
    takes,
    thumbprint,
)

HOUR_S = 3_600
TWO_ALGS = frozenset({"PS256", "Ed25519"})
START_MS = 1_700_000_040_000
"""A full minute."""


def fresh(text: str) -> str:
    """The same text in another object, as everything from outside is."""
    return "".join(list(text))


@pytest.mark.parametrize(
    ("claim", "good", "wrong"),
    [
        ("jti", "x" * 256, "x" * 257),
        ("htu", "https://as.example/" + "x" * 2_029, "https://as.example/" + "x" * 2_030),
        ("htm", "M" * 32, "M" * 33),
    ],
)
def test_how_long_a_claim_may_be(claim: str, good: str, wrong: str) -> None:
    request: dict[str, dict[str, Any]] = {"htu": {"urls": (good,)}, "htm": {"method": good}}
    wanted = request.get(claim, {})
    said: dict[str, Any] = {claim: good}
    takes(proof(**said), **wanted)
    said[claim] = wrong
    refuses(f"jwt.claim.{claim}", proof(**said), **wanted)


def test_how_long_what_is_compared_may_be() -> None:
    """Neither is any of ours; beyond that length nobody looks."""
    for claim, chars_max, wanted in (
        ("ath", 64, {"access_token": TOKEN}),
        ("nonce", 2_048, {"nonces": NONCES, "realm": REALM}),
    ):
        said: dict[str, Any] = {claim: "x" * chars_max}
        refuses(f"dpop.{claim}", proof(**said), **wanted)
        said[claim] += "x"
        refuses(f"jwt.claim.{claim}", proof(**said), **wanted)


def test_how_long_a_proof_may_be() -> None:
    found: dict[int, str] = {}
    for kid in ("x", "xx", "xxx"):
        empty = len(proof(header={"kid": kid}, x=""))
        for size in range((8_192 - empty) * 3 // 4 - 4, (8_192 - empty) * 3 // 4 + 4):
            text = proof(header={"kid": kid}, x="x" * size)
            found[len(text)] = text
    takes(found[8_192])
    refuses("jwt.size", found[8_193])


def test_how_old_a_proof_may_be() -> None:
    takes(proof(iat=NOW_S - 60))
    refuses("dpop.iat_past", proof(iat=NOW_S - 60.001))
    takes(proof(iat=NOW_S + 10))
    refuses("dpop.iat_future", proof(iat=NOW_S + 10.001))


def test_how_long_a_nonce_is_handed_out_and_taken() -> None:
    nonces = Nonces(bytes(32))
    nonce = nonces.current("tenant", START_MS)
    for after_ms, is_current, is_fresh in (
        (59_999, True, True),
        (60_000, False, True),
        (6 * 60_000 - 1, False, True),
        (6 * 60_000, False, False),
    ):
        assert nonces.is_current(nonce, "tenant", START_MS + after_ms) is is_current
        assert nonces.is_fresh(nonce, "tenant", START_MS + after_ms) is is_fresh


def test_a_longer_key_of_nonces_is_welcome() -> None:
    for length in (32, 33, 64):
        Nonces(bytes(length))
    with pytest.raises(ValueError, match="needs 32 bytes"):
        Nonces(bytes(31))


@pytest.mark.parametrize(
    ("refused_for", "claims", "evidence"),
    [
        ("dpop.iat_future", {"iat": NOW_S + HOUR_S + 0.5}, {"seconds_ahead": HOUR_S}),
        ("dpop.iat_past", {"iat": NOW_S - HOUR_S - 0.5}, {"seconds_past": HOUR_S}),
        ("dpop.exp", {"exp": NOW_S - HOUR_S - 0.5}, {"seconds_past": HOUR_S}),
        ("dpop.nbf", {"nbf": NOW_S + HOUR_S + 0.5}, {"seconds_ahead": HOUR_S}),
        # From another age.
        ("dpop.iat_future", {"iat": 3 * NOW_S}, {"seconds_ahead": 2 * NOW_S}),
        ("dpop.iat_past", {"iat": 10}, {"seconds_past": NOW_S - 10}),
        ("dpop.exp", {"exp": 10}, {"seconds_past": NOW_S - 10}),
        ("dpop.nbf", {"nbf": 3 * NOW_S}, {"seconds_ahead": 2 * NOW_S}),
    ],
)
def test_by_how_many_whole_seconds_a_date_is_missed(
    refused_for: str, claims: dict[str, Any], evidence: dict[str, Any]
) -> None:
    assert refuses(refused_for, proof(**claims)).evidence == evidence


def test_what_is_missing() -> None:
    assert refuses("dpop.jwk", proof(header={"jwk": LEFT_OUT})).evidence == {"is_missing": True}
    assert refuses("dpop.jwk", proof(header={"jwk": "x"})).evidence == {"is_missing": False}
    assert refuses("dpop.ath", proof(), access_token=TOKEN).evidence == {"is_missing": True}
    assert refuses("dpop.ath", proof(ath="x"), access_token=TOKEN).evidence == {"is_missing": False}
    assert refuses("dpop.once", proof(), proof()).evidence == {"count": 2}


@pytest.mark.parametrize(
    ("refused_for", "text", "wanted", "evidence"),
    [
        ("dpop.typ", proof(header={"typ": "at+jwt"}), {}, {"typ": "at+jwt", "expected": "dpop+jwt"}),
        ("dpop.typ", proof(header={"typ": LEFT_OUT}), {}, {"typ": "", "expected": "dpop+jwt"}),
        ("dpop.alg", proof(), {"algs": TWO_ALGS}, {"alg": "ES256", "expected": ["Ed25519", "PS256"]}),
        ("dpop.jwk_alg", proof(header={"jwk": shown(RSA)}), {}, {"alg": "ES256", "kty": "RSA", "crv": None}),
        ("dpop.htm", proof(htm="GET"), {}, {"htm": "GET", "expected": "POST"}),
        ("dpop.htm", proof(htm=LEFT_OUT), {}, {"htm": "", "expected": "POST"}),
        ("dpop.htu", proof(htu="https://a.example/"), {}, {"htu": "https://a.example/", "expected": [URL, OTHER_URL]}),
        ("dpop.htu", proof(htu=LEFT_OUT), {}, {"htu": "", "expected": [URL, OTHER_URL]}),
        ("jwt.claim.jti", proof(jti=7), {}, {"reason": "is not a string of printable characters"}),
    ],
)
def test_what_was_shown_and_what_was_expected(
    refused_for: str, text: str, wanted: dict[str, Any], evidence: dict[str, Any]
) -> None:
    assert refuses(refused_for, text, **wanted).evidence == evidence


def test_a_url_that_has_no_one_spelling_is_the_target_of_no_proof() -> None:
    """Also of none that names no URL at all."""
    for htu in (LEFT_OUT, "https://u@as.example/", URL):
        refuses("dpop.htu", proof(htu=htu), urls=("https://u@as.example/",))


def test_what_is_expected_keeps_its_token_to_itself() -> None:
    assert repr(expected(access_token=TOKEN, urls=(URL,))) == f"Expected(method='POST', urls={(URL,)!r})"


def _refusal(confirmation: object, scheme: str, **shown: Any) -> dict[str, Any]:
    with pytest.raises(OAuthError) as refusal:
        check(confirmation, TOKEN, Possession(scheme=scheme, expected=expected(), **shown))
    return dict(refusal.value.evidence)


def test_what_binds_a_token_that_is_refused() -> None:
    assert _refusal(None, "x" * 40) == {"bound_by": "unbound", "scheme": "x" * 16}
    assert _refusal(dict.fromkeys("fedcba", "x"), BEARER) == {"bound_by": ["a", "b", "c", "d"]}
    assert _refusal({"x5t#S256": "x"}, BEARER) == {"has_certificate": False}
    found = _refusal({"jkt": "x"}, DPOP_SCHEME, proof_headers=(proof(ath=ath_of(TOKEN)).encode(),))
    assert found == {"jkt": thumbprint(KEY)}
    assert _refusal({"x5t#S256": "x"}, DPOP_SCHEME, peer_certificates=(b"der",)) == {"has_certificate": True}


def test_whether_a_proof_was_there_that_counted() -> None:
    shown = [Binding(mechanism="dpop", value="k")]
    for sent, policy, counted in (([], "dpop", False), (shown, "mtls", False), (shown, None, True)):
        api = {"mechanism": policy, "required": True} if policy else None
        with pytest.raises(OAuthError) as refusal:
            constrain(sent, api, client_requires=True, is_confidential=True)
        assert refusal.value.evidence == {
            "policy": "required" if policy else "none",
            "mechanism": policy,
            "demanded_by": "client",
            "usable_proof": counted,
        }


@pytest.mark.parametrize(
    ("client_requires", "demanded", "told"),
    [
        (False, None, {"demanded_by": "API"}),
        (True, None, {"demanded_by": "client"}),
        (True, ["mtls", "dpop"], {"demanded_by": "profile", "demanded": ["dpop", "mtls"]}),
    ],
)
def test_the_log_hears_who_demands_a_bound_token(
    client_requires: bool, demanded: list[str] | None, told: dict[str, Any]
) -> None:
    api = {"mechanism": "dpop", "required": True}
    with pytest.raises(OAuthError) as refusal:
        constrain((), api, client_requires=client_requires, is_confidential=True, demanded=demanded)
    evidence = refusal.value.evidence
    assert {name: evidence[name] for name in ("demanded_by", "demanded") if name in evidence} == told


def _decided(word: str, monkeypatch: pytest.MonkeyPatch) -> Binding | None:
    monkeypatch.setitem(room.DECISIONS, (room.NOBODY, True), {room.NONE: word})
    return constrain([Binding(mechanism="dpop", value="k")], None, client_requires=False, is_confidential=True)


def test_the_table_is_believed_by_the_word_and_what_it_does_not_say_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _decided(fresh("unbound"), monkeypatch) is None
    assert _decided(fresh("bound"), monkeypatch) == Binding(mechanism="dpop", value="k")
    for word in (fresh("refuse"), "", "a", "boun", "bound ", "v", "z", "unbounded"):
        with pytest.raises(OAuthError):
            _decided(word, monkeypatch)


def test_only_a_key_makes_a_token_one_of_dpop() -> None:
    assert token_type_of(Binding(mechanism=fresh("dpop"), value="k")) == "DPoP"
    for other in ("a", "mtls", "z"):
        assert token_type_of(Binding(mechanism=other, value="k")) == "Bearer"


def test_the_names_of_algorithms() -> None:
    assert set(dpop_alg_names()) == {
        *("PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
    }
    assert dpop_alg_names(frozenset({"ES256"})) == ["ES256"]


def test_what_the_rules_say_of_themselves() -> None:
    assert [rule.demands for rule in RULES if rule.name == "iat"] == ["it was made within the last 60 s"]


def test_a_walk_that_went_nowhere_knows_nothing() -> None:
    walk = walk_of(proof(), expected())
    assert (walk.jti, walk.issued_at_ms, walk.next_nonce, walk.key) == ("", 0, None, None)


def test_spellings_of_urls_are_remembered_and_bounded() -> None:
    assert normalised.cache_info().maxsize == 512
