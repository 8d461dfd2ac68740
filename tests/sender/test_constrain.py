"""The decision table of auth0.md 3.7, cell by cell."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.errors import OAuthError
from tallystick.sender.binding import Binding
from tallystick.sender.constrain import constrain
from tallystick.sender.mtls import proves

CERTIFICATE = Binding(mechanism="mtls", value="thumbprint")
POLICIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "allowed": {"mechanism": "mtls", "required": False},
    "required": {"mechanism": "mtls", "required": True},
    "another mechanism allowed": {"mechanism": "dpop", "required": False},
    "another mechanism required": {"mechanism": "dpop", "required": True},
    "required of public clients": {"mechanism": "mtls", "required": True, "required_for": "public_clients"},
}
CELLS = {
    # (client requires, proof sent): per policy
    (False, False): ("unbound", "unbound", "refuse", "unbound", "refuse", "unbound"),
    (False, True): ("unbound", "bound", "bound", "unbound", "refuse", "bound"),
    (True, False): ("refuse", "refuse", "refuse", "refuse", "refuse", "refuse"),
    (True, True): ("refuse", "bound", "bound", "refuse", "refuse", "bound"),
}
ROWS = [
    (*asked, policy, expected) for asked, row in CELLS.items() for policy, expected in zip(POLICIES, row, strict=True)
]


@pytest.mark.parametrize(("client_requires", "sent", "policy", "expected"), ROWS)
def test_every_cell(client_requires: bool, sent: bool, policy: str, expected: str) -> None:
    def decide() -> Binding | None:
        shown = (CERTIFICATE,) if sent else ()
        return constrain(shown, POLICIES[policy], client_requires=client_requires, is_confidential=True)

    if expected == "refuse":
        with pytest.raises(OAuthError, match="sender-constrained"):
            decide()
    else:
        assert decide() == (CERTIFICATE if expected == "bound" else None)


OF_A_PROFILE = {
    # (mechanisms that the profile takes, proof sent): per policy
    (frozenset({"mtls"}), False): ("refuse",) * 6,
    (frozenset({"mtls"}), True): ("bound", "bound", "bound", "refuse", "refuse", "bound"),
    (frozenset({"mtls", "dpop"}), True): ("bound", "bound", "bound", "refuse", "refuse", "bound"),
    # Until DPoP is there, and where level and floor have no mechanism in common: nothing, whatever is shown.
    (frozenset({"dpop"}), True): ("refuse",) * 6,
    (frozenset(), True): ("refuse",) * 6,
}
PROFILE_ROWS = [
    (*asked, policy, expected)
    for asked, row in OF_A_PROFILE.items()
    for policy, expected in zip(POLICIES, row, strict=True)
]


@pytest.mark.parametrize("client_requires", [False, True])
@pytest.mark.parametrize(("demanded", "sent", "policy", "expected"), PROFILE_ROWS)
def test_a_profile_binds_whatever_the_api_says(
    demanded: frozenset[str], sent: bool, policy: str, expected: str, client_requires: bool
) -> None:
    def decide(*, is_userinfo_only: bool = False) -> Binding | None:
        return constrain(
            (CERTIFICATE,) if sent else (),
            POLICIES[policy],
            client_requires=client_requires,
            is_confidential=True,
            is_userinfo_only=is_userinfo_only,
            demanded=demanded,
        )

    for is_userinfo_only in {False, POLICIES[policy] is None}:
        if expected == "refuse":
            with pytest.raises(OAuthError, match="sender-constrained") as refusal:
                decide(is_userinfo_only=is_userinfo_only)
            assert (refusal.value.code, refusal.value.check) == ("invalid_request", "sender.profile")
        else:
            assert decide(is_userinfo_only=is_userinfo_only) == CERTIFICATE


def test_what_is_required_of_public_clients_is_required_of_them() -> None:
    with pytest.raises(OAuthError, match="sender-constrained"):
        constrain((), POLICIES["required of public clients"], client_requires=False, is_confidential=False)


@pytest.mark.parametrize("confirmation", [{}, {"jkt": "x"}, {"x5t#S256": None}, {"x5t#S256": ""}, {"x5t#S256": 5}])
def test_a_confirmation_that_is_not_understood_is_not_proven(confirmation: dict[str, Any]) -> None:
    assert not proves(confirmation, (b"certificate",))
