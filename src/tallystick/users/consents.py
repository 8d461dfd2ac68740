"""Consents: given by a person to an application, looked up when the application asks again, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..errors import Conflict
from ..ids import new_record_id
from ..live import LiveRecords
from ..records import Json, Stale
from ..tenants.tenant import Tenant
from .claims import CLAIMS_BY_SCOPE
from .consent import Consent

ATTEMPTS = 5
USERINFO = "userinfo"
"""The path whose URL stands for what is about the person alone, where consents name an audience."""
OPENID_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")
"""Scopes with a meaning of their own, whichever API is asked for (OpenID Connect Core 5.4 and 11)."""

Wanted = Mapping[str, Sequence[str]]
"""Audience → scopes."""


def wanted_by(tenant: Tenant, audience: str | None, scope: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What a request needs consent for: audience → scopes. ``audience`` None asks for the person's own profile.

    The scopes of OpenID Connect belong to the tenant's userinfo URL, by whichever host the request came.
    """
    userinfo = tenant.canonical.url(USERINFO)
    is_own = audience in (None, userinfo)
    own = tuple(one for one in scope if is_own or one in OPENID_SCOPES)
    wanted = {userinfo: own} if own or audience is None else {}
    if not is_own and audience is not None:
        wanted[audience] = tuple(one for one in scope if one not in OPENID_SCOPES)
    return wanted


def scopes_of_claims(claims: Json) -> tuple[str, ...]:
    """The scopes that stand for single claims which a request names (OpenID Connect Core 5.5).

    Who asks for the address by name asks for no less than who asks for the scope.
    """
    named = {name for place in claims.values() if isinstance(place, dict) for name in place}
    return tuple(scope for scope, names in CLAIMS_BY_SCOPE.items() if not named.isdisjoint(names))


def covers(granted: Wanted, wanted: Wanted) -> bool:
    """Whether everything wanted was granted; an API asked for without scopes must have been granted too."""
    return all(audience in granted and set(scope) <= set(granted[audience]) for audience, scope in wanted.items())


class Consents:
    """Reads and writes consents."""

    def __init__(self, live: LiveRecords) -> None:
        self._live = live

    async def granted(self, tenant: Tenant, user_id: str, client_id: str) -> dict[str, frozenset[str]]:
        """What the person granted this application: audience → scopes."""
        where = {"user_id": user_id, "client_id": client_id}
        found = await self._live.find(Consent, tenant.tenant_id, where=where)
        return {consent.audience: frozenset(consent.scope) for consent in found}

    async def of_person(self, tenant: Tenant, user_id: str) -> list[Consent]:
        """Everything the person granted, in the order in which it was."""
        return await self._live.find(Consent, tenant.tenant_id, where={"user_id": user_id})

    async def grant(self, tenant: Tenant, user_id: str, client_id: str, wanted: Wanted, now_ms: int) -> None:
        """Add to what the person granted this application. Raises Stale when others change the same without a pause."""
        where = {"user_id": user_id, "client_id": client_id}
        for _ in range(ATTEMPTS):
            before = {one.audience: one for one in await self._live.find(Consent, tenant.tenant_id, where=where)}
            saves = [
                _with(before.get(audience), tenant, user_id, client_id, audience, scope, now_ms)
                for audience, scope in wanted.items()
                if not (audience in before and set(scope) <= set(before[audience].scope))
            ]
            if not saves:
                return
            try:
                await self._live.write(saves=saves)
            except (Stale, Conflict):
                continue
            return
        raise Stale(f"a consent changed {ATTEMPTS} times while it was given")

    async def withdraw(self, tenant: Tenant, user_id: str, client_id: str) -> int:
        """Take back everything the person granted this application; how many consents there were.

        Tokens it got before are withdrawn by whoever calls (`tokens.families`).
        """
        return await self._live.erase_where(Consent, tenant.tenant_id, {"user_id": user_id, "client_id": client_id})


def _with(
    before: Consent | None,
    tenant: Tenant,
    user_id: str,
    client_id: str,
    audience: str,
    scope: Sequence[str],
    now_ms: int,
) -> Consent:
    if before is not None:
        return replace(before, scope=list(dict.fromkeys((*before.scope, *scope))), updated_at_ms=now_ms)
    return Consent(
        tenant_id=tenant.tenant_id,
        id=new_record_id(),
        user_id=user_id,
        client_id=client_id,
        audience=audience,
        scope=list(dict.fromkeys(scope)),
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )
