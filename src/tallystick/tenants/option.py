"""Options: what a tenant decides beside its settings, one document each."""

from __future__ import annotations

import msgspec

from ..records import Json, Record

CONNECTION = "connection"
"""The database connection: Auth0's ``options``, ``display_name`` and ``metadata`` (auth0.md 4.9)."""
BRANDING = "branding"
BRUTE_FORCE_PROTECTION = "brute-force-protection"
SUSPICIOUS_IP_THROTTLING = "suspicious-ip-throttling"
BREACHED_PASSWORD_DETECTION = "breached-password-detection"  # noqa: S105  # a name
GUARDIAN_FACTORS = "guardian-factors"
GUARDIAN_POLICIES = "guardian-policies"


class TenantOption(Record, frozen=True, kw_only=True):
    """One document; what was never set has none, and the defaults of its owner hold."""

    name: str
    value: Json = msgspec.field(default_factory=dict)
    updated_at_ms: int
