"""Assurance: how surely a person proved who they are, and the names that requests have for it (`acr`, `amr`).

An application asks by ``acr_values``, in order of preference, or by the ``claims`` parameter (OpenID Connect Core
3.1.2.1 and 5.5.1.1). A session says by ``amr`` how the person did prove it (RFC 8176). What is asked for voluntarily
and is not known here, or cannot be had, refuses nobody: the token just does not claim it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum
from typing import Any

PASSWORD = "pwd"  # noqa: S105  # a word of RFC 8176
ONE_TIME_CODE = "otp"
HARDWARE_KEY, SOFTWARE_KEY = "hwk", "swk"
"""A passkey that stays in one device, and one that its owner's devices share (WebAuthn's *backup eligible*)."""
USER_PRESENCE = "user"
MULTIPLE_FACTORS = "mfa"
PASSKEY_WORDS = frozenset({HARDWARE_KEY, SOFTWARE_KEY})


class Assurance(IntEnum):
    """How much was proven; a higher one is good for whatever asks for a lower one."""

    NONE = 0
    SIGNED_IN = 1
    TWO_FACTORS = 2
    PASSKEY = 3
    """A key that no look-alike site can make use of."""


BRONZE = "urn:mace:incommon:iap:bronze"
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
PHISHING_RESISTANT = "phr"
ACR_LEVELS = {
    BRONZE: Assurance.SIGNED_IN,
    MULTI_FACTOR: Assurance.TWO_FACTORS,
    PHISHING_RESISTANT: Assurance.PASSKEY,
}
"""What each name asks for: InCommon's, PAPE's, and the one of OpenID Connect Extended Authentication Profile 1.0. Other
names that a tenant lists in ``acr_values_supported`` ask for a sign-in."""


def assurance_of(amr: Collection[str]) -> Assurance:
    """What somebody proved who signed in this way; an empty ``amr`` proves nothing."""
    if PASSKEY_WORDS.intersection(amr) and MULTIPLE_FACTORS in amr:
        return Assurance.PASSKEY
    if MULTIPLE_FACTORS in amr:
        return Assurance.TWO_FACTORS
    return Assurance.SIGNED_IN if amr else Assurance.NONE


def satisfied_acr(requested: Sequence[str], amr: Collection[str], tenant_values: Collection[str] = ()) -> str | None:
    """The first of the requested names that ``amr`` is good for: the token's ``acr``; None when there is none."""
    proven, levels = assurance_of(amr), _levels(requested, tenant_values)
    return next((name for name, level in levels.items() if proven >= level > Assurance.NONE), None)


def needs(requested: Sequence[str], amr: Collection[str], tenant_values: Collection[str] = ()) -> Assurance:
    """What a person must still reach for one of the requested names to hold; ``NONE`` when nothing is left to do.

    The easiest of them decides: an application that would be content with less does not make people do more. Names that
    neither we nor the tenant know ask for nothing.
    """
    levels = _levels(requested, tenant_values)
    if not levels or satisfied_acr(requested, amr, tenant_values) is not None:
        return Assurance.NONE
    return min(levels.values())


def requested_acrs(acr_values: str, claims: Mapping[str, Any]) -> list[str]:
    """What a request asks for: by its ``claims`` parameter, else by ``acr_values`` (OpenID Connect Core 5.5.1.1)."""
    members = claims.get("id_token")
    acr = members.get("acr") if isinstance(members, Mapping) else None
    if isinstance(acr, Mapping):
        values = acr.get("values")
        asked = [acr.get("value"), *(values if isinstance(values, list) else [])]
        names = [name for name in asked if isinstance(name, str)]
        if names:
            return list(dict.fromkeys(names))
    return list(dict.fromkeys(acr_values.split()))


def strengthened(amr: Sequence[str], more: Sequence[str]) -> list[str]:
    """``amr`` after another factor: each word once, and ``mfa`` as soon as they are of two kinds (RFC 8176 2)."""
    words = [word for word in dict.fromkeys((*amr, *more)) if word != MULTIPLE_FACTORS]
    kinds = {_KINDS[word] for word in words if word in _KINDS}
    is_multiple = len(kinds) > 1 or MULTIPLE_FACTORS in (*amr, *more)
    return [*words, MULTIPLE_FACTORS] if is_multiple else words


_KINDS = {PASSWORD: "knowledge", ONE_TIME_CODE: "possession", HARDWARE_KEY: "possession", SOFTWARE_KEY: "possession"}


def _levels(requested: Sequence[str], tenant_values: Collection[str]) -> dict[str, Assurance]:
    known = {**dict.fromkeys(tenant_values, Assurance.SIGNED_IN), **ACR_LEVELS}
    return {name: known[name] for name in requested if name in known}
