"""Challenges, as RFC 9110 11.6.1 lets APIs write them."""

from __future__ import annotations

import pytest

from tallystick.sdk.challenges import challenges_in, step_up_of


def read(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(found.scheme, dict(found.parameters)) for found in challenges_in({"www-authenticate": text})]


@pytest.mark.parametrize(
    ("text", "challenges"),
    [
        ("", []),
        ("Bearer", [("bearer", {})]),
        ('DPoP error="use_dpop_nonce"', [("dpop", {"error": "use_dpop_nonce"})]),
        ("DPoP error=use_dpop_nonce", [("dpop", {"error": "use_dpop_nonce"})]),
        ('dpop ERROR = "x" , algs="ES256 PS256"', [("dpop", {"error": "x", "algs": "ES256 PS256"})]),
        (
            'Bearer realm="a, DPoP error=\\"no\\"", DPoP algs="ES256", error="x"',
            [("bearer", {"realm": 'a, DPoP error="no"'}), ("dpop", {"algs": "ES256", "error": "x"})],
        ),
        ("Bearer, DPoP error=x", [("bearer", {}), ("dpop", {"error": "x"})]),
        ("Negotiate abc==, Bearer error=x", [("negotiate", {}), ("bearer", {"error": "x"})]),
        ('Bearer error="first", error="second"', [("bearer", {"error": "first"})]),
        ('Bearer error="open', [("bearer", {})]),
        ('"', []),
    ],
)
def test_challenges_are_read(text: str, challenges: list[tuple[str, dict[str, str]]]) -> None:
    assert read(text) == challenges


def test_rfc9470_4_what_the_api_wants_of_the_person_goes_into_the_next_request() -> None:
    refused = 'Bearer error="insufficient_user_authentication", acr_values="a b", max_age="5", scope="x"'
    assert step_up_of({"www-authenticate": refused}) == {"acr_values": "a b", "max_age": "5"}
    assert step_up_of({"www-authenticate": 'Bearer error="invalid_token", max_age="5"'}) == {}
    assert step_up_of({}) == {}


def test_a_long_header_takes_no_long_time() -> None:
    for text in ("a" * 60_000, "a=" * 30_000, 'a="' + "\\" * 60_000, "," * 60_000, " " * 60_000, "a " * 30_000):
        read(text)


@pytest.mark.parametrize("max_age", ["abc", "-1", "1e3", "", "9" * 5000], ids=len)
def test_what_means_nothing_is_not_asked_for(max_age: str) -> None:
    challenge = f'DPoP error="insufficient_user_authentication", acr_values="", max_age="{max_age}"'
    assert step_up_of({"www-authenticate": challenge}) == {}
