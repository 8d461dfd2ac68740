"""Which binding a token gets, and whether it must have one: the decision table of auth0.md 3.7, as data. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import OAuthError
from .binding import Binding

ISSUE_UNBOUND, ISSUE_BOUND, REFUSE = "unbound", "bound", "refuse"
NONE, ALLOWED, REQUIRED = "none", "allowed", "required"
USERINFO = "userinfo"
"""The policy of a token that is for no API."""

DECISIONS = {
    # client requires │ proof sent │ None            │ Allowed         │ Required     │ userinfo only
    (False, False): {NONE: ISSUE_UNBOUND, ALLOWED: ISSUE_UNBOUND, REQUIRED: REFUSE, USERINFO: ISSUE_UNBOUND},
    (False, True): {NONE: ISSUE_UNBOUND, ALLOWED: ISSUE_BOUND, REQUIRED: ISSUE_BOUND, USERINFO: ISSUE_BOUND},
    (True, False): {NONE: REFUSE, ALLOWED: REFUSE, REQUIRED: REFUSE, USERINFO: REFUSE},
    (True, True): {NONE: REFUSE, ALLOWED: ISSUE_BOUND, REQUIRED: ISSUE_BOUND, USERINFO: ISSUE_BOUND},
}


def policy_of(proof_of_possession: Mapping[str, Any] | None, *, is_confidential: bool) -> str:
    """The resource server's policy for this client."""
    if proof_of_possession is None:
        return NONE
    if not proof_of_possession["required"]:
        return ALLOWED
    only_public = proof_of_possession.get("required_for", "all_clients") == "public_clients"
    return ALLOWED if only_public and is_confidential else REQUIRED


def constrain(
    shown: Sequence[Binding],
    proof_of_possession: Mapping[str, Any] | None,
    *,
    client_requires: bool,
    is_confidential: bool,
    is_userinfo_only: bool = False,
) -> Binding | None:
    """The binding for the token, or None for an unbound one; raises OAuthError where a proof must be and is not.

    A proof by another mechanism than the API's counts as none. ``is_userinfo_only``: the token is for no API at all.
    """
    mechanism = proof_of_possession["mechanism"] if proof_of_possession is not None else None
    usable = next((binding for binding in shown if mechanism in (None, binding.mechanism)), None)
    policy = USERINFO if is_userinfo_only else policy_of(proof_of_possession, is_confidential=is_confidential)
    decision = DECISIONS[client_requires, usable is not None][policy]
    if decision == REFUSE:
        raise OAuthError(
            "invalid_request",
            "A sender-constrained token is required, and this request cannot get one.",
            check="sender.constrain",
            policy=policy,
            mechanism=mechanism,
            client_requires=client_requires,
            proof_sent=usable is not None,
        )
    return usable if decision == ISSUE_BOUND else None
