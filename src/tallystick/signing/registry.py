"""The one writer of the server's keys: every door that rotates or revokes goes through here."""

from __future__ import annotations

from ..records import Decision, Writer
from ..sealing import Sealer
from ..tenants.registry import Log
from ..tenants.tenant import Tenant
from .key import SigningKey, kind_of
from .make import make_key, states_of
from .rotation import check_alg, found, revoke, rotate


class SigningKeys:
    """Rotates and revokes the keys of tenants."""

    def __init__(self, writer: Writer, sealer: Sealer) -> None:
        self._writer = writer
        self._sealer = sealer

    async def every(self, tenant_id: str) -> list[SigningKey]:
        """All keys of the tenant in the order they were made, revoked ones too."""
        return await self._writer.records.find(SigningKey, tenant_id)

    async def get(self, tenant_id: str, kid: str) -> SigningKey:
        """One key, revoked or not. Raises NotFound."""
        return found(await self.every(tenant_id), kid)

    async def rotate(self, tenant: Tenant, alg: object, now_ms: int, log: Log) -> SigningKey:
        """Rotate the keys of one algorithm; answers the new one. Raises InvalidField for an unknown algorithm."""
        # Made before deciding: a decision may run several times, and a key costs up to a second.
        name = check_alg(alg)
        fresh = await make_key(self._sealer, tenant, name, states_of(name)[-1], now_ms)

        async def decide() -> Decision[SigningKey]:
            decision = rotate(await self.every(tenant.tenant_id), fresh, now_ms)
            event = log(
                f"Rotate the application {kind_of(fresh)} key", alg=fresh.alg, **{f"{fresh.state}_kid": fresh.kid}
            )
            return Decision(decision.result, saves=decision.saves, events=(event,))

        return await self._writer.carry_out(tenant.tenant_id, decide)

    async def revoke(self, tenant: Tenant, kid: str, now_ms: int, log: Log) -> SigningKey:
        """Take a previous key out of the key set; answers it. Raises NotFound, or InvalidField for a key in use."""

        async def decide() -> Decision[SigningKey]:
            decision = revoke(await self.every(tenant.tenant_id), kid, now_ms)
            event = log(f"Revoke an application {kind_of(decision.result)} key", alg=decision.result.alg, kid=kid)
            return Decision(decision.result, saves=decision.saves, events=(event,))

        return await self._writer.carry_out(tenant.tenant_id, decide)
