"""`/userinfo` as the API that a token is for (OpenID Connect Core 5.3)."""

from __future__ import annotations

from ..apis.resource_servers import ResourceServer
from ..profiles import Profile
from ..tenants.tenant import Tenant

USERINFO_PATH = "userinfo"


def userinfo_api(tenant: Tenant, profile: Profile) -> ResourceServer:
    """What stands in for an API where a token is for /userinfo alone: it lives a day, and is signed as the profile has
    it, since FAPI 2 Security Profile 5.4.1 speaks of every JWT."""
    return ResourceServer(
        tenant_id=tenant.tenant_id,
        id="",
        identifier=tenant.url(USERINFO_PATH),
        metadata={"signing_alg": profile.default_signing_alg},
        created_at_ms=0,
        updated_at_ms=0,
    )
