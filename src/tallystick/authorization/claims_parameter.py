"""The ``claims`` parameter (OpenID Connect Core 5.5): which claims an application asks for by name. Pure."""

from __future__ import annotations

from typing import Any

from ..jose.strict_json import JsonRefused, decode_object
from ..records import Json

ID_TOKEN, USERINFO = "id_token", "userinfo"  # names of members
CLAIMS_MAX = 64
"""In both members together; there are some twenty standard claims."""
NAME_CHARS_MAX = 200
VALUES_MAX = 20


class ClaimsRefused(ValueError):
    """It is not what Core 5.5.1 describes; its text says why, for the log."""


def claims_of(text: str) -> Json:
    """``id_token`` and ``userinfo`` as they were sent, other members left out. Raises :class:`ClaimsRefused`."""
    try:
        members = decode_object(text.encode())
    except JsonRefused as refusal:
        raise ClaimsRefused(f"json {refusal.check}") from None
    claims = {name: members[name] for name in (ID_TOKEN, USERINFO) if members.get(name) is not None}
    if not all(isinstance(requested, dict) for requested in claims.values()):
        raise ClaimsRefused("a member is not an object")
    if sum(len(requested) for requested in claims.values()) > CLAIMS_MAX:
        raise ClaimsRefused("too many claims")
    for requested in claims.values():
        for name, wanted in requested.items():
            _check(name, wanted)
    return claims


def values_of(claims: Json, claim: str) -> tuple[str, ...]:
    """The values that the ID token's claim may have, as ``value`` or ``values`` name them; empty for any."""
    wanted = claims.get(ID_TOKEN, {}).get(claim) or {}
    values = wanted.get("values") or ([wanted["value"]] if "value" in wanted else [])
    return tuple(value for value in values if isinstance(value, str))


def is_essential(claims: Json, claim: str) -> bool:
    """Whether the ID token is worth nothing without the claim (Core 5.5.1)."""
    return bool((claims.get(ID_TOKEN, {}).get(claim) or {}).get("essential", False))


def _check(name: str, wanted: Any) -> None:
    if len(name) > NAME_CHARS_MAX:
        raise ClaimsRefused("a claim's name is too long")
    if wanted is None:
        return
    if not isinstance(wanted, dict):
        raise ClaimsRefused("a claim is neither null nor an object")
    if not isinstance(wanted.get("essential", False), bool):
        raise ClaimsRefused("essential is no boolean")
    values = wanted.get("values", [])
    if not isinstance(values, list) or len(values) > VALUES_MAX:
        raise ClaimsRefused("values is no short array")
