"""What an API refuses, in two voices: ``code`` and dull words for the caller, ``check`` and evidence for the log.

ApiRefused                   answered with :attr:`ApiRefused.status`
├── TokenMissing             no token was shown (RFC 6750 3.1: no error code)
├── TokenRefused             the token is not one for this API, or is shown without its proof
├── ScopeMissing             the token does not say that its holder may
├── AuthenticationWanted     the person has to sign in anew, or better (RFC 9470 3)
└── NotDecided               whether the token holds could not be found out; nobody gets in meanwhile
FetchFailed                  what should be fetched did not come; becomes NotDecided where nothing is kept
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

STATUS = {
    "": 401,
    "invalid_request": 400,
    "invalid_token": 401,
    "invalid_dpop_proof": 401,
    "use_dpop_nonce": 401,
    "insufficient_user_authentication": 401,
    "insufficient_scope": 403,
    "temporarily_unavailable": 503,
}
"""Error code → HTTP status (RFC 6750 3.1, RFC 9449 7.1 and 9, RFC 9470 3); the last one is ours."""


class ApiRefused(Exception):
    """A request that the API does not serve."""

    def __init__(
        self,
        code: str,
        description: str,
        *,
        check: str,
        parameters: Mapping[str, str] | None = None,
        nonce: str | None = None,
        **evidence: Any,
    ) -> None:
        super().__init__(description)
        self.code = code
        self.status = STATUS[code]
        self.description = description
        self.check = check
        self.parameters = parameters or {}
        """What the challenge says beside the error."""
        self.nonce = nonce
        """The nonce that the next DPoP proof needs."""
        self.evidence = evidence


class TokenMissing(ApiRefused):
    """The request shows no token."""

    def __init__(self) -> None:
        super().__init__("", "A token is needed.", check="token.missing")


class TokenRefused(ApiRefused):
    """RFC 6750 3.1 ``invalid_token``."""

    def __init__(self, check: str, **evidence: Any) -> None:
        super().__init__("invalid_token", "The token is not valid here.", check=check, **evidence)


class ScopeMissing(ApiRefused):
    """RFC 6750 3.1 ``insufficient_scope``; the challenge names what is needed."""

    def __init__(self, wanted: Collection[str], held: Collection[str]) -> None:
        super().__init__(
            "insufficient_scope",
            "The token does not allow this.",
            check="scope",
            parameters={"scope": " ".join(wanted)},
            wanted=sorted(wanted),
            held=sorted(held),
        )


class AuthenticationWanted(ApiRefused):
    """RFC 9470 3 ``insufficient_user_authentication``; the challenge says what to ask ``/authorize`` for."""

    def __init__(self, check: str, acr_values: Collection[str], max_age_s: int | None, **evidence: Any) -> None:
        parameters = {"acr_values": " ".join(acr_values)} if acr_values else {}
        if max_age_s is not None:
            parameters["max_age"] = str(max_age_s)
        description = "A more recent or a stronger sign-in is needed."
        super().__init__(
            "insufficient_user_authentication", description, check=check, parameters=parameters, **evidence
        )


class NotDecided(ApiRefused):
    """503: keys, introspection, a status list or the store of used proofs did not answer."""

    def __init__(self, check: str, **evidence: Any) -> None:
        super().__init__("temporarily_unavailable", "This cannot be checked now.", check=check, **evidence)


class FetchFailed(Exception):
    """What should be fetched did not come; the text says why, and nothing of what was sent."""
