"""What a proof claims (RFC 9449 4.2, 4.3 (8) to (12)): each claim missing, of another type, beside the mark, on it."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.sender.proof_claims import AGE_MS_MAX, JTI_CHARS_MAX, SKEW_MS
from tallystick.sender.refusals import NonceWanted
from tests.forge import LEFT_OUT
from tests.sender.proving import NONCES, NOW_MS, NOW_S, OTHER_URL, REALM, TOKEN, URL, ath_of, proof, refuses, takes

NO_TEXT: tuple[Any, ...] = (7, None, True, ["x"], {"x": 1}, "", "a\nb")
NO_DATE: tuple[Any, ...] = ("1700000000", None, True, [NOW_S], 1e300, 10**16)
NONCED: dict[str, Any] = {"nonces": NONCES, "realm": REALM}
MINUTE_MS = 60_000


def test_jti() -> None:
    refuses("dpop.jti", proof(jti=LEFT_OUT))
    for wrong in (*NO_TEXT, "x" * (JTI_CHARS_MAX + 1)):
        refuses("jwt.claim.jti", proof(jti=wrong))
    assert takes(proof(jti="x" * JTI_CHARS_MAX)).jti == "x" * JTI_CHARS_MAX


def test_htm() -> None:
    for wrong in ("GET", "post", "POST ", "POSTS", LEFT_OUT):
        refuses("dpop.htm", proof(htm=wrong))
    for wrong in (*NO_TEXT, "P" * 33):
        refuses("jwt.claim.htm", proof(htm=wrong))
    takes(proof(htm="GET"), method="GET")


def test_htu() -> None:
    for wrong in ("https://as.example/oauth/par", "https://evil.example/oauth/token", "x", LEFT_OUT):
        found = refuses("dpop.htu", proof(htu=wrong))
        assert found.evidence["expected"] == [URL, OTHER_URL]
    for wrong in (*NO_TEXT, "https://as.example/" + "x" * 2_048):
        refuses("jwt.claim.htu", proof(htu=wrong))
    # The last check of the URL is exact: what is like it, is another one.
    for wrong in (URL + "/", URL[:-1], URL.upper(), URL.replace("https", "http"), "as.example/oauth/token"):
        refuses("dpop.htu", proof(htu=wrong))


def test_htu_under_each_name_of_the_url() -> None:
    for url in (URL, OTHER_URL, URL + "?a=1", URL + "#x", "HTTPS://AS.Example:443/oauth/%74oken"):
        takes(proof(htu=url))


def test_iat() -> None:
    refuses("dpop.iat", proof(iat=LEFT_OUT))
    for wrong in NO_DATE:
        refuses("jwt.claim.iat", proof(iat=wrong))
    # conformance.md: an hour off is refused, 10 s behind and 8 s ahead are not.
    for check, off_s in (("dpop.iat_past", -3_600), ("dpop.iat_future", 3_600)):
        refuses(check, proof(iat=NOW_S + off_s))
    for off_s in (-10, 8):
        assert takes(proof(iat=NOW_S + off_s)).issued_at_ms == NOW_MS + off_s * 1000


def test_iat_at_the_edges() -> None:
    takes(proof(), now_ms=NOW_MS + AGE_MS_MAX)
    found = refuses("dpop.iat_past", proof(), now_ms=NOW_MS + AGE_MS_MAX + 1)
    assert found.evidence == {"seconds_past": 60}
    takes(proof(), now_ms=NOW_MS - SKEW_MS)
    found = refuses("dpop.iat_future", proof(), now_ms=NOW_MS - SKEW_MS - 1)
    assert found.evidence == {"seconds_ahead": 10}


def test_dates_that_nobody_asked_for() -> None:
    """check-dpop-proof-nbf-exp: accepted, and what they say holds."""
    takes(proof(nbf=NOW_S - 1, exp=NOW_S + 300))
    refuses("dpop.exp", proof(exp=NOW_S - 3_600))
    refuses("dpop.nbf", proof(nbf=NOW_S + 3_600))
    for name in ("exp", "nbf"):
        for wrong in NO_DATE:
            refuses(f"jwt.claim.{name}", proof(**{name: wrong}))


def test_those_dates_at_the_edges() -> None:
    exp_s = (NOW_MS - SKEW_MS) // 1000
    found = refuses("dpop.exp", proof(exp=exp_s))
    assert found.evidence == {"seconds_past": 10}
    takes(proof(exp=exp_s + 1))
    nbf_s = (NOW_MS + SKEW_MS) // 1000
    takes(proof(nbf=nbf_s))
    assert refuses("dpop.nbf", proof(nbf=nbf_s + 1)).evidence == {"seconds_ahead": 11}


def test_ath() -> None:
    refuses("dpop.ath", proof(), access_token=TOKEN)
    assert refuses("dpop.ath", proof(ath=ath_of("another")), access_token=TOKEN).evidence == {"is_missing": False}
    for wrong in (ath_of(TOKEN) + "=", ath_of(TOKEN)[:-1], ath_of(TOKEN).swapcase(), TOKEN, "é"):
        refuses("dpop.ath", proof(ath=wrong), access_token=TOKEN)
    for wrong in (*NO_TEXT, "x" * 65):
        refuses("jwt.claim.ath", proof(ath=wrong), access_token=TOKEN)
    takes(proof(ath=ath_of(TOKEN)), access_token=TOKEN)


def test_ath_is_nothing_where_no_token_is_shown() -> None:
    takes(proof(ath="whatever"))


def test_nonce() -> None:
    """RFC 9449 8: who needs one is told it, and whoever shows another than ours is too."""
    found = refuses("dpop.nonce_missing", proof(), **NONCED, needs_nonce=True)
    assert isinstance(found, NonceWanted)
    assert found.nonce == NONCES.current(REALM, NOW_MS)
    takes(proof(nonce=found.nonce), **NONCED, needs_nonce=True)
    takes(proof(), **NONCED)
    for needed in (True, False):
        for wrong in ("x", found.nonce[:-1], found.nonce + "A", NONCES.current("another", NOW_MS)):
            again = refuses("dpop.nonce", proof(nonce=wrong), **NONCED, needs_nonce=needed)
            assert isinstance(again, NonceWanted)
            assert again.nonce == found.nonce
    for wrong in (*NO_TEXT, "x" * 2_049):
        refuses("jwt.claim.nonce", proof(nonce=wrong), **NONCED)


def test_a_nonce_that_is_not_handed_out_any_more_is_told_the_next() -> None:
    old = NONCES.current(REALM, NOW_MS - MINUTE_MS)
    assert takes(proof(nonce=old), **NONCED).next_nonce == NONCES.current(REALM, NOW_MS)
    assert takes(proof(nonce=NONCES.current(REALM, NOW_MS)), **NONCED).next_nonce is None
    assert takes(proof(), **NONCED).next_nonce is None


def test_a_nonce_where_nobody_hands_any_out() -> None:
    takes(proof(nonce="whoever's"))
    takes(proof(), needs_nonce=True)


def test_only_a_proof_that_is_good_otherwise_hears_of_a_nonce() -> None:
    refuses("dpop.ath", proof(), **NONCED, needs_nonce=True, access_token=TOKEN)
    refuses("dpop.iat_past", proof(iat=0), **NONCED, needs_nonce=True)


def test_what_else_it_says_counts_for_nothing() -> None:
    takes(proof(header={"kid": "k", "extra": {"a": [1]}}, extra="x", iss="somebody", aud="https://elsewhere.example"))


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
def test_d30_each_of_the_four_is_there(name: str) -> None:
    without: dict[str, Any] = {name: LEFT_OUT}
    refuses(f"dpop.{name}", proof(**without))
