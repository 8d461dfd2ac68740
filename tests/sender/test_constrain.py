"""The decision table of auth0.md 3.7, cell by cell."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.errors import OAuthError
from tallystick.sender.binding import Binding
from tallystick.sender.constrain import constrain
from tallystick.sender.mtls import binding_of
from tallystick.sender.shown import Shown

THE_OTHER = {"mtls": "dpop", "dpop": "mtls"}
MECHANISM = pytest.mark.parametrize("mechanism", THE_OTHER)
"""What the proof is by that is sent; the table is the same for both."""
POLICIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "allowed": {"mechanism": "its", "required": False},
    "required": {"mechanism": "its", "required": True},
    "another mechanism allowed": {"mechanism": "the other", "required": False},
    "another mechanism required": {"mechanism": "the other", "required": True},
    "required of public clients": {"mechanism": "its", "required": True, "required_for": "public_clients"},
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


def proof_by(mechanism: str) -> Binding:
    return Binding(mechanism=mechanism, value="thumbprint")


def policy_for(mechanism: str, policy: str) -> dict[str, Any] | None:
    """The API's field, in words of the mechanism that is sent."""
    found = POLICIES[policy]
    if found is None:
        return None
    return {**found, "mechanism": mechanism if found["mechanism"] == "its" else THE_OTHER[mechanism]}


@MECHANISM
@pytest.mark.parametrize(("client_requires", "sent", "policy", "expected"), ROWS)
def test_every_cell(client_requires: bool, sent: bool, policy: str, expected: str, mechanism: str) -> None:
    proof = proof_by(mechanism)

    def decide() -> Binding | None:
        shown = (proof,) if sent else ()
        policy_of_api = policy_for(mechanism, policy)
        return constrain(shown, policy_of_api, client_requires=client_requires, is_confidential=True)

    if expected == "refuse":
        with pytest.raises(OAuthError, match="sender-constrained"):
            decide()
    else:
        assert decide() == (proof if expected == "bound" else None)


OF_A_PROFILE = {
    # (mechanisms that the profile takes, proof sent): per policy
    (frozenset({"its"}), False): ("refuse",) * 6,
    (frozenset({"its"}), True): ("bound", "bound", "bound", "refuse", "refuse", "bound"),
    (frozenset({"its", "the other"}), True): ("bound", "bound", "bound", "refuse", "refuse", "bound"),
    # By another mechanism, or where level and floor have none in common: nothing, whatever is shown.
    (frozenset({"the other"}), True): ("refuse",) * 6,
    (frozenset(), True): ("refuse",) * 6,
}
PROFILE_ROWS = [
    (*asked, policy, expected)
    for asked, row in OF_A_PROFILE.items()
    for policy, expected in zip(POLICIES, row, strict=True)
]


@MECHANISM
@pytest.mark.parametrize("client_requires", [False, True])
@pytest.mark.parametrize(("demanded", "sent", "policy", "expected"), PROFILE_ROWS)
def test_a_profile_binds_whatever_the_api_says(
    demanded: frozenset[str], sent: bool, policy: str, expected: str, client_requires: bool, mechanism: str
) -> None:
    proof, spelled = proof_by(mechanism), {"its": mechanism, "the other": THE_OTHER[mechanism]}

    def decide(*, is_userinfo_only: bool = False) -> Binding | None:
        return constrain(
            (proof,) if sent else (),
            policy_for(mechanism, policy),
            client_requires=client_requires,
            is_confidential=True,
            is_userinfo_only=is_userinfo_only,
            demanded=frozenset(spelled[one] for one in demanded),
        )

    for is_userinfo_only in {False, POLICIES[policy] is None}:
        if expected == "refuse":
            with pytest.raises(OAuthError, match="sender-constrained") as refusal:
                decide(is_userinfo_only=is_userinfo_only)
            assert (refusal.value.code, refusal.value.check) == ("invalid_request", "sender.profile")
        else:
            assert decide(is_userinfo_only=is_userinfo_only) == proof


@MECHANISM
def test_a_token_for_userinfo_alone_is_bound_whenever_it_can_be(mechanism: str) -> None:
    proof = proof_by(mechanism)
    for client_requires in (False, True):
        asked: dict[str, Any] = {"client_requires": client_requires, "is_confidential": True, "is_userinfo_only": True}
        assert constrain((proof,), None, **asked) == proof
    with pytest.raises(OAuthError, match="sender-constrained"):
        constrain((), None, **asked)
    assert constrain((), None, **{**asked, "client_requires": False}) is None


@MECHANISM
def test_what_is_required_of_public_clients_is_required_of_them(mechanism: str) -> None:
    policy = policy_for(mechanism, "required of public clients")
    with pytest.raises(OAuthError, match="sender-constrained"):
        constrain((), policy, client_requires=False, is_confidential=False)


@pytest.mark.parametrize("confirmation", [{}, {"jkt": "x"}, {"x5t#S256": None}, {"x5t#S256": ""}, {"x5t#S256": 5}])
def test_a_confirmation_that_is_not_understood_is_not_proven(confirmation: dict[str, Any]) -> None:
    assert not Shown(certificate=binding_of((b"certificate",))).proves(confirmation)
