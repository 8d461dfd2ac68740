"""Parts of Auth0's Management API that this server does not have, and what is said to those who ask for them.

Tools that export a whole tenant skip a resource when it answers 403 with the scope text, and stop at anything else
(auth0.md 7.4). So a path that Auth0 has and we do not is answered like a missing scope. A row leaves this table when
its resource arrives; paths that nobody has stay 404.
"""

from __future__ import annotations

from .problems import Problem, insufficient_scope

_VERBS = {"GET": "read", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}

NOT_OFFERED = {
    "actions": "actions",
    "attack-protection": "attack_protection",
    "branding": "branding",
    "connection-profiles": "connection_profiles",
    "connections": "connections",
    "connections-directory-provisionings": "directory_provisionings",
    "device-credentials": "device_credentials",
    "email-templates": "email_templates",
    "emails": "email_provider",
    "event-streams": "event_streams",
    "flows": "flows",
    "forms": "forms",
    "grants": "grants",
    "groups": "groups",
    "guardian": "guardian_factors",
    "hooks": "hooks",
    "jobs": "users",
    "keys/custom-signing": "custom_signing_keys",
    "keys/encryption": "encryption_keys",
    "log-streams": "log_streams",
    "network-acls": "network_acls",
    "organizations": "organizations",
    "prompts": "prompts",
    "rate-limit-policies": "rate_limit_policies",
    "refresh-tokens": "refresh_tokens",
    "risk-assessments": "attack_protection",
    "roles": "roles",
    "rules": "rules",
    "rules-configs": "rules_configs",
    "self-service-profiles": "self_service_profiles",
    "sessions": "sessions",
    "supplemental-signals": "attack_protection",
    "tickets": "user_tickets",
    "token-exchange-profiles": "token_exchange_profiles",
    "user-attribute-profiles": "user_attribute_profiles",
    "user-blocks": "users",
    "users": "users",
    "users-by-email": "users",
}
"""First segments of the path → the resource's name in scopes."""


def not_offered(method: str, raw_path: bytes) -> Problem | None:
    """The answer for a path of this table, or None."""
    segments = raw_path.partition(b"?")[0].decode("latin-1").split("/")[3:5]
    noun = NOT_OFFERED.get("/".join(segments)) or NOT_OFFERED.get(segments[0] if segments else "")
    if noun is None or method not in _VERBS:
        return None
    return insufficient_scope((f"{_VERBS[method]}:{noun}",))
