"""Examples of bodies about how people sign in, and of what they have. See `openapi_examples`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, Any] = {
    "UpdateConnection": {
        "options": {"disable_signup": True, "password_complexity_options": {"min_length": 12}},
        "display_name": "Staff",
    },
    "UpdateConnectionClients": [{"client_id": "wqnR0vWJ3xkBfSwEiv6UkMVo4ALqTg5d", "status": True}],
    "UpdateBruteForceProtection": {"max_attempts": 5, "allowlist": ["192.0.2.0/24"]},
    "UpdateSuspiciousIpThrottling": {"stage": {"pre-login": {"max_attempts": 50, "rate": 60000}}},
    "UpdateBreachedPasswordDetection": {"enabled": True, "shields": ["block"]},
    "UpdateBranding": {"colors": {"primary": "#0a5c46"}, "logo_url": "https://www.example.com/logo.svg"},
    "SetFactor": {"enabled": False},
    "SetPolicies": ["all-applications"],
    "RevokeSession": {},
    "RevokeAccess": {"preserve_refresh_tokens": False},
    "RevokeRefreshTokens": {"user_id": "auth0|507f1f77bcf86cd799439020"},
    "ImportUsers": {
        "users": '[{"email": "jane@example.com", "password_hash": "$2b$10$…"}]',
        "connection_id": "con_AbCdEfGhIjKlMnOp",
        "upsert": "false",
    },
    "SendVerificationEmail": {"user_id": "auth0|507f1f77bcf86cd799439020"},
    "CreatePasswordTicket": {"user_id": "auth0|507f1f77bcf86cd799439020", "ttl_sec": 3600},
    "CreateVerificationTicket": {"user_id": "auth0|507f1f77bcf86cd799439020"},
}
"""Name of a body's schema → an example of it."""
