"""The standard claims of a person (OpenID Connect Core 5.1), with their JSON types, and which scope asks for which."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..records import Json
from .user import User

CLAIMS_BY_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
"""OpenID Connect Core 5.4."""
ADDRESS_MEMBERS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
"""OpenID Connect Core 5.1.1."""


def _kept(name: str) -> Callable[[User], object]:
    return lambda user: user.metadata.get(name)


def _address(user: User) -> Json | None:
    address = user.metadata.get("address") or {}
    return {name: address[name] for name in ADDRESS_MEMBERS if name in address} or None


def _phone_verified(user: User) -> bool | None:
    return bool(user.metadata.get("phone_verified", False)) if "phone_number" in user.metadata else None


_READ: Mapping[str, Callable[[User], object]] = {
    **{name: _kept(name) for names in CLAIMS_BY_SCOPE.values() for name in names},
    "preferred_username": lambda user: user.metadata.get("preferred_username") or user.username,
    "email": lambda user: user.email,
    "email_verified": lambda user: user.email_verified,
    "phone_number_verified": _phone_verified,
    "address": _address,
    # A JSON number of seconds (5.1), where Auth0 answers a text.
    "updated_at": lambda user: user.updated_at_ms // 1000,
}
CLAIMS = tuple(_READ)
"""Every claim of a person that there is, ``sub`` aside."""


def claims_of(user: User) -> Json:
    """Every standard claim that has a value; ``sub`` is not among them, since it may be pairwise."""
    claims = {name: read(user) for name, read in _READ.items()}
    return {name: value for name, value in claims.items() if value is not None}
