"""Parts of Auth0's Management API that this server does not have, and what is said to those who ask for them.

Tools that export a whole tenant skip a resource when it answers 403 with the scope text, and stop at anything else
(auth0.md 7.4). So a path that Auth0 has and we do not is answered like a missing scope. A row leaves this table when
its resource arrives; paths that nobody has stay 404.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .problems import Problem, insufficient_scope

_VERBS = {"GET": "read", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}

NOT_OFFERED = {
    "actions": "actions",
    "attack-protection/bot-detection": "attack_protection",
    "attack-protection/captcha": "attack_protection",
    "attack-protection/phone-provider-protection": "attack_protection",
    "branding/phone": "branding",
    "branding/templates": "branding",
    "branding/themes": "branding",
    "connection-profiles": "connection_profiles",
    "connections-directory-provisionings": "directory_provisionings",
    "connections/*/directory-provisioning": "directory_provisionings",
    "connections/*/keys": "connections_keys",
    "connections/*/scim-configuration": "scim_config",
    "connections/*/status": "connections",
    "connections/*/users": "users",
    "email-templates": "email_templates",
    "emails": "email_provider",
    "event-streams": "event_streams",
    "flows": "flows",
    "forms": "forms",
    "groups": "groups",
    "guardian/enrollments": "guardian_enrollments",
    "guardian/factors/*": "guardian_factors",
    "hooks": "hooks",
    "jobs/users-exports": "users",
    "keys/custom-signing": "custom_signing_keys",
    "keys/encryption": "encryption_keys",
    "log-streams": "log_streams",
    "network-acls": "network_acls",
    "organizations": "organizations",
    "prompts": "prompts",
    "rate-limit-policies": "rate_limit_policies",
    "risk-assessments": "attack_protection",
    "rules": "rules",
    "rules-configs": "rules_configs",
    "self-service-profiles": "self_service_profiles",
    "supplemental-signals": "attack_protection",
    "token-exchange-profiles": "token_exchange_profiles",
    "user-attribute-profiles": "user_attribute_profiles",
    "users/*/identities": "users",
    "users/*/organizations": "organizations",
}
"""How the path begins, ``*`` for one segment of any text → the resource's name in scopes."""

_ONE_CONNECTION = (
    "There is one connection, Username-Password-Authentication: it is always there, and there can be no other"
)
REFUSED: Mapping[tuple[str, str], tuple[int, str, str]] = {
    ("POST", "connections"): (403, _ONE_CONNECTION, "operation_not_supported"),
    ("DELETE", "connections/*"): (403, _ONE_CONNECTION, "operation_not_supported"),
    ("DELETE", "connections/*/users"): (403, "Delete people at /users", "operation_not_supported"),
    # Tools look whether the tenant has a theme, and go on at this status.
    ("GET", "branding/themes/default"): (404, "There is no theme; colours are in /branding", "inexistent_theme"),
}
"""Method and whole path → status, text and code of what is refused for another reason than that it is missing."""


def not_offered(method: str, raw_path: bytes) -> Problem | None:
    """The answer for a path of these tables, or None."""
    segments = raw_path.partition(b"?")[0].decode("latin-1").split("/")[3:]
    for (refused, path), (status, text, code) in REFUSED.items():
        if method == refused and _begins(segments, path) and len(segments) == path.count("/") + 1:
            return Problem(status, text, code, check="operation.supported")
    noun = next((noun for path, noun in NOT_OFFERED.items() if _begins(segments, path)), None)
    if noun is None or method not in _VERBS:
        return None
    return insufficient_scope((f"{_VERBS[method]}:{noun}",))


def _begins(segments: Sequence[str], path: str) -> bool:
    parts = path.split("/")
    return len(segments) >= len(parts) and all(
        part in ("*", segment) for part, segment in zip(parts, segments, strict=False)
    )
