"""Which of a client's registered keys may have signed an assertion, and why the others cannot have. Pure."""

from __future__ import annotations

from ..clients.credential import PUBLIC_KEY, Credential
from ..clients.directory import LoadedKey, RegisteredClient
from ..jose.jwt import UnverifiedJwt

TOLD_MAX = 10
"""Keys that a refusal speaks of: as many as a client has by default. The log is not the place for a thousand."""


def unfit_because(key: LoadedKey, jwt: UnverifiedJwt, now_ms: int) -> str | None:
    """Why this key is not tried; None when it is."""
    credential = key.credential
    if key.algorithm != jwt.alg:
        return "alg"
    if jwt.kid is not None and credential.kid != jwt.kid:
        return "kid"
    return None if credential.is_live(now_ms) else _end_of(credential, now_ms)


def why_not(registered: RegisteredClient, jwt: UnverifiedJwt, now_ms: int) -> list[dict[str, str | None]]:
    """Every key of the client with the reason that rules it out; ``reason`` is empty for one that is tried."""
    by_id = {key.credential.id: key for key in registered.keys}
    told = []
    for credential in registered.credentials:
        if credential.credential_type != PUBLIC_KEY:
            continue
        key = by_id.get(credential.id)
        reason = "not_referenced" if key is None else unfit_because(key, jwt, now_ms) or ""
        told.append({"credential_id": credential.id, "kid": credential.kid, "alg": credential.alg, "reason": reason})
    return told[:TOLD_MAX]


def _end_of(credential: Credential, now_ms: int) -> str:
    if credential.withdrawn_at_ms is not None:
        return "withdrawn"
    is_early = credential.not_before_ms is not None and now_ms < credential.not_before_ms
    return "not_yet_valid" if is_early else "expired"
