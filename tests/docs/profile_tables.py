"""Tables of `docs/profiles.md`: what each profile demands in words, and which level is which profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import fields

from tallystick.profiles import ALL_ALGS, ALL_METHODS, ALL_RESPONSE_TYPES, FLOORS, PROFILES, PROOF_ALGS, Profile

from .markdown import code, table

COLUMNS = {
    "none": "`none`",
    "fapi1_advanced": "FAPI 1 Advanced",
    "fapi2_security": "FAPI 2 Security",
    "fapi2_message_signing": "FAPI 2 Message Signing",
}
"""Floor → what people call it."""


def _all_or(some: frozenset[str], every: frozenset[str]) -> str:
    return "all" if some == every else _names(some)


def _names(some: Iterable[str]) -> str:
    return code(*sorted(some)) or "none"


def _demanded(value: bool) -> str:
    return "demanded" if value else "-"


def _seconds(life_ms: int) -> str:
    return f"{life_ms // 1000} s"


def _types(profile: Profile) -> str:
    named = code(*sorted(filter(None, profile.request_object_types)))
    return f"{named} or none" if None in profile.request_object_types else named


ROWS: dict[str, tuple[str, Callable[[Profile], str]]] = {
    "authentication_methods": (
        "The application proves itself by",
        lambda profile: _all_or(profile.authentication_methods, ALL_METHODS),
    ),
    "assertion_algs": ("Its assertions are signed with", lambda profile: _all_or(profile.assertion_algs, ALL_ALGS)),
    "assertion_audience_issuer_only": (
        "`aud` of its assertions",
        lambda profile: (
            "the issuer, as one string"
            if profile.assertion_audience_issuer_only
            else "the issuer or a token endpoint URL"
        ),
    ),
    "requires_pushed_request": ("Requests are pushed", lambda profile: _demanded(profile.requires_pushed_request)),
    "requires_signed_request": ("Requests are signed", lambda profile: _demanded(profile.requires_signed_request)),
    "request_object_algs": (
        "Signed requests are signed with",
        lambda profile: _all_or(profile.request_object_algs, ALL_ALGS),
    ),
    "request_object_types": ("`typ` of signed requests", _types),
    "request_object_life_ms_max": (
        "`exp` and `nbf` of signed requests",
        lambda profile: (
            "free"
            if profile.request_object_life_ms_max is None
            else f"demanded, within {_seconds(profile.request_object_life_ms_max)}"
        ),
    ),
    "requires_request_object_parties": (
        "`iss` and `aud` of signed requests",
        lambda profile: "demanded" if profile.requires_request_object_parties else "free to be left out",
    ),
    "requires_pkce": (
        "PKCE",
        lambda profile: "always" if profile.requires_pkce else "for public applications",
    ),
    "requires_redirect_uri": (
        "`redirect_uri` in the request",
        lambda profile: "always" if profile.requires_redirect_uri else "where several are registered",
    ),
    "requires_https_callbacks": (
        "Callbacks",
        lambda profile: "https alone" if profile.requires_https_callbacks else "as registered",
    ),
    "response_types": ("`response_type`", lambda profile: _all_or(profile.response_types, ALL_RESPONSE_TYPES)),
    "signed_response_types": (
        "Answers that must be signed (JARM)",
        lambda profile: _names(profile.signed_response_types) if profile.signed_response_types else "-",
    ),
    "requires_issuer": (
        "`iss` in plain answers",
        lambda profile: "always" if profile.requires_issuer else "as the tenant says",
    ),
    "has_state_hash": (
        "`s_hash` in ID tokens from the browser",
        lambda profile: "yes" if profile.has_state_hash else "-",
    ),
    "signing_algs": ("ID tokens and signed answers are signed with", lambda profile: _names(profile.signing_algs)),
    "default_signing_alg": ("and unless the application chose", lambda profile: code(profile.default_signing_alg)),
    "sender_constraint": (
        "Every token is bound by",
        lambda profile: "-" if profile.sender_constraint is None else " or ".join(sorted(profile.sender_constraint)),
    ),
    "proof_algs": ("DPoP proofs are signed with", lambda profile: _all_or(profile.proof_algs, PROOF_ALGS)),
    "code_life_ms": ("A code lives", lambda profile: _seconds(profile.code_life_ms)),
    "refresh_overlap_ms_min": (
        "A replaced refresh token works on for",
        lambda profile: "as the application says" if not profile.refresh_overlap_ms_min else _at_least(profile),
    ),
}
"""Field → the rule in words, and what a profile says of it."""


def _at_least(profile: Profile) -> str:
    return f"{_seconds(profile.refresh_overlap_ms_min)} at least"


def profiles() -> str:
    """The rules, field by field."""
    forgotten = {field.name for field in fields(Profile)} - {"name", *ROWS}
    if forgotten:
        raise AssertionError(f"no words for {sorted(forgotten)}: {__name__}.ROWS")
    rows = ((words, *(said(FLOORS[name]) for name in COLUMNS)) for words, said in ROWS.values())
    return table(" | ".join(("rule", *COLUMNS.values())), rows)


def levels() -> str:
    """Which level is which profile."""
    rows = (
        (code(level.name), COLUMNS[_base(level)], _methods(level), " or ".join(level.sender_constraint or ()) or "-")
        for level in PROFILES.values()
    )
    return table("`compliance_level` | profile | proves itself by | tokens bound by", rows)


def _methods(level: Profile) -> str:
    return _all_or(level.authentication_methods, ALL_METHODS)


def _base(level: Profile) -> str:
    """The floor that a level is a form of: alike in all but how the application proves itself and binds."""
    apart = {"name", "authentication_methods", "sender_constraint"}
    alike = [field.name for field in fields(Profile) if field.name not in apart]
    return next(
        name for name, floor in FLOORS.items() if all(getattr(level, one) == getattr(floor, one) for one in alike)
    )
