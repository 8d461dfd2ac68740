"""Which binding a token gets, and whether it must have one: the decision table of auth0.md 3.7, as data. Pure.

Auth0's table knows what an API allows and what a client demands. A profile's demand is a row of its own: it binds
whatever the API says, by a mechanism of the profile's (FAPI 1 Advanced 5.2.2-5, FAPI 2 Security Profile 5.3.2.1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..errors import OAuthError
from .binding import Binding

ISSUE_UNBOUND, ISSUE_BOUND, REFUSE = "unbound", "bound", "refuse"
NONE, ALLOWED, REQUIRED = "none", "allowed", "required"
USERINFO = "userinfo"
"""The policy of a token that is for no API."""
NOBODY, CLIENT, PROFILE = "nobody", "client", "profile"
"""Who demands a bound token, beside the API."""
_TOLD = {NOBODY: "API"}
"""Who does where nobody else does, for the log."""

DECISIONS = {
    # who demands │ usable proof sent │ None      │ Allowed          │ Required     │ userinfo only
    (NOBODY, False): {NONE: ISSUE_UNBOUND, ALLOWED: ISSUE_UNBOUND, REQUIRED: REFUSE, USERINFO: ISSUE_UNBOUND},
    (NOBODY, True): {NONE: ISSUE_UNBOUND, ALLOWED: ISSUE_BOUND, REQUIRED: ISSUE_BOUND, USERINFO: ISSUE_BOUND},
    (CLIENT, False): {NONE: REFUSE, ALLOWED: REFUSE, REQUIRED: REFUSE, USERINFO: REFUSE},
    (CLIENT, True): {NONE: REFUSE, ALLOWED: ISSUE_BOUND, REQUIRED: ISSUE_BOUND, USERINFO: ISSUE_BOUND},
    (PROFILE, False): {NONE: REFUSE, ALLOWED: REFUSE, REQUIRED: REFUSE, USERINFO: REFUSE},
    (PROFILE, True): {NONE: ISSUE_BOUND, ALLOWED: ISSUE_BOUND, REQUIRED: ISSUE_BOUND, USERINFO: ISSUE_BOUND},
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
    demanded: Collection[str] | None = None,
) -> Binding | None:
    """The binding for the token, or None for an unbound one; raises OAuthError where a proof must be and is not.

    A proof by another mechanism than the API's, or than one of the profile's (``demanded``; None leaves it to client
    and API), counts as none. ``is_userinfo_only``: the token is for no API at all.
    """
    mechanism = proof_of_possession["mechanism"] if proof_of_possession is not None else None
    usable = next(
        (
            binding
            for binding in shown
            if mechanism in (None, binding.mechanism) and (demanded is None or binding.mechanism in demanded)
        ),
        None,
    )
    policy = USERINFO if is_userinfo_only else policy_of(proof_of_possession, is_confidential=is_confidential)
    demanded_by = PROFILE if demanded is not None else CLIENT if client_requires else NOBODY
    decision = DECISIONS[demanded_by, usable is not None][policy]
    if decision == ISSUE_UNBOUND:
        return None
    if decision == ISSUE_BOUND:
        return usable
    raise OAuthError(
        "invalid_request",
        "A sender-constrained token is required, and this request cannot get one.",
        check="sender.profile" if demanded is not None else "sender.constrain",
        policy=policy,
        mechanism=mechanism,
        demanded_by=_TOLD.get(demanded_by, demanded_by),
        **({"demanded": sorted(demanded)} if demanded is not None else {}),
        usable_proof=usable is not None,
    )
