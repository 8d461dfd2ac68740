"""What a tenant's settings and APIs allow beyond what they need. Each row says why it may be wrong, not that it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .finding import ADVICE, OK, Finding, Patient

TOKEN_LIFE_S_MAX = 86_400
CREDENTIALS_MANY = 50

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
    yield from found or [Finding("tenant", OK, "no setting of the tenant or its APIs weakens it")]
