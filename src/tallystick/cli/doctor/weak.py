"""What a tenant's settings and APIs allow beyond what they need. Each row says why it may be wrong, not that it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .finding import ADVICE, BAD, OK, Finding, Patient

TOKEN_LIFE_S_MAX = 86_400
CREDENTIALS_MANY = 50
NAMED_MAX = 5
NO_FLOOR, IDLE = "none", "idle"

Json = dict[str, Any]
SETTINGS: tuple[tuple[str, Callable[[Json], bool], str, str], ...] = (
    (
        "allow_key_sharing_between_clients",
        lambda settings: bool(settings.get("allow_key_sharing_between_clients")),
        "two applications may hold the same key, so neither proves which one it is",
        "give each its own key and switch it off",
    ),
    (
        "mtls",
        lambda settings: not (settings.get("mtls") or {}).get("enable_endpoint_aliases", True),
        "discovery hides the mTLS endpoint aliases, so clients do not find where certificates are asked for",
        "set mtls.enable_endpoint_aliases to true",
    ),
    (
        "credentials_per_client_max",
        lambda settings: int(settings.get("credentials_per_client_max") or 0) > CREDENTIALS_MANY,
        f"an application may hold more than {CREDENTIALS_MANY} live credentials, each of which opens the door",
        "lower credentials_per_client_max; a rotation needs two",
    ),
    (
        "default_audience",
        lambda settings: bool(settings.get("default_audience")),
        "a request that names no API gets a token for the default one",
        "clear default_audience and let clients say what they want",
    ),
    (
        "enable_dynamic_client_registration",
        lambda settings: bool((settings.get("flags") or {}).get("enable_dynamic_client_registration")),
        "anybody may register an application",
        "switch the flag enable_dynamic_client_registration off, unless you mean it",
    ),
)
"""Setting → when it weakens, why, and what to do."""
APIS: tuple[tuple[str, Callable[[Json], bool], str, str], ...] = (
    (
        "token_lifetime",
        lambda api: int(api.get("token_lifetime") or 0) > TOKEN_LIFE_S_MAX,
        "tokens live longer than a day, and cannot be called back",
        "shorten token_lifetime",
    ),
)
"""The same for members of an API."""


def examine(patient: Patient) -> Iterator[Finding]:
    """The tenant of the issuer that was named."""
    settings = patient.remote.manage("GET", "tenants", "settings")
    found = [
        Finding(f"tenant.{name}", ADVICE, text, advice) for name, holds, text, advice in SETTINGS if holds(settings)
    ]
    for api in patient.remote.list_all("resource-servers"):
        found += [
            Finding(f"api.{name}", ADVICE, f"{api['identifier']}: {text}", advice)
            for name, holds, text, advice in APIS
            if holds(api)
        ]
    if (floor := settings.get("compliance_level_floor", NO_FLOOR)) != NO_FLOOR:
        found += _below(floor, patient.remote.list_all("profile-gaps", query={"floor": floor}))
    yield from found or [Finding("tenant", OK, "no setting of the tenant or its APIs weakens it")]


def _below(floor: str, gaps: list[Json]) -> Iterator[Finding]:
    """Whom the floor refuses, and whom it does not count for."""
    refused = [gap["name"] for gap in gaps if any(problem["weight"] != IDLE for problem in gap["problems"])]
    if refused:
        more = f" and {len(refused) - NAMED_MAX} more" if len(refused) > NAMED_MAX else ""
        text = f"{len(refused)} applications do not meet the floor {floor}: {', '.join(refused[:NAMED_MAX])}{more}"
        yield Finding("tenant.compliance_level_floor", BAD, text, "tallystick clients gaps says what of each")
    exempt = [gap["name"] for gap in gaps if gap["exempt"] and gap.get("compliance_level", NO_FLOOR) == NO_FLOOR]
    if exempt:
        text = f"the floor {floor} does not count for {', '.join(exempt)}, which has no level of its own either"
        advice = "give it a key and a level, and let nobody else have its secret (docs/profiles.md)"
        yield Finding("tenant.exempt_from_floor", ADVICE, text, advice)
