"""What a challenge is written as (RFC 9110 11.6.1, 5.6.4; RFC 9449 7.1)."""

from __future__ import annotations

from tallystick.sender.challenge import challenge
from tallystick.sender.possession import BEARER, DPOP_SCHEME


def test_what_is_quoted_stays_inside_its_quotes() -> None:
    assert challenge(BEARER, {"scope": 'a"b\\c\r\nX: \u00e9'}) == 'Bearer scope="a\\"b\\\\c??X: ?"'


def test_dpop_says_which_algorithms_it_takes() -> None:
    said = challenge(DPOP_SCHEME, {"error": "invalid_token"}, frozenset({"ES256"}))
    assert said == 'DPoP error="invalid_token", algs="ES256"'
    assert challenge(DPOP_SCHEME, {"error": ""}, frozenset({"ES256"})) == 'DPoP algs="ES256"'
    assert challenge(BEARER, {"error": "", "realm": "r"}) == 'Bearer realm="r"'
    assert challenge(BEARER, {}) == "Bearer"
