"""The key ring: what one worker signs and verifies with, kept in memory while the tenant's revision stands still.

Opening a seal and reading an RSA key costs tens of milliseconds, so it happens once per key and off the event loop. A
revision that rises for another reason reads the rows anew and keeps every signer it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from ..jose.private_keys import private_key_from_der
from ..jose.signer import Signer
from ..records import FORGOTTEN, Records, RevisionCache, Revisions
from ..sealing import Sealer
from .key import CURRENT, NEXT, PREVIOUS, SigningKey
from .make import SIGNING_ALGS
from .published import PublishedKey, header_alg, publish

_STATES = (CURRENT, NEXT, PREVIOUS)


class NoSigningKey(Exception):
    """The tenant has no current key for the algorithm; the deployment is not set up as it should be."""


class _TenantKeys(msgspec.Struct, frozen=True, eq=False):
    """The unrevoked keys of one tenant at one revision."""

    current: dict[str, SigningKey]
    """By algorithm."""
    published: tuple[PublishedKey, ...]
    by_kid: dict[str, PublishedKey]


class KeyRing:
    """Signers and public keys per tenant."""

    def __init__(self, records: Records, revisions: Revisions, sealer: Sealer) -> None:
        self._records = records
        self._sealer = sealer
        self._tenants: RevisionCache[_TenantKeys] = RevisionCache(revisions)
        # Made once per kid, whatever the revision: tenant → kid → object. Only kids that are in use stay.
        self._signers: dict[str, dict[str, Signer]] = {}
        self._published: dict[str, dict[str, PublishedKey]] = {}
        self._opening = asyncio.Lock()

    async def signer(self, tenant_id: str, alg: str) -> Signer:
        """The signer of the current key for ``alg``, a canonical name; raises :class:`NoSigningKey`."""
        keys = await self._keys(tenant_id)
        key = keys.current.get(alg)
        if key is None:
            raise NoSigningKey(f"tenant {tenant_id} has no current {alg} key")
        signer = self._signers.get(tenant_id, {}).get(key.kid)
        return signer if signer is not None else await self._open(key)

    async def public_keys(self, tenant_id: str) -> tuple[PublishedKey, ...]:
        """Every key to publish: per algorithm the current one, the next, and the previous ones until revoked."""
        return (await self._keys(tenant_id)).published

    async def verification_key(self, tenant_id: str, kid: str | None) -> PublishedKey | None:
        """The published key of this kid, to verify a token of our own; None for unknown and for revoked keys."""
        return (await self._keys(tenant_id)).by_kid.get(kid) if kid is not None else None

    async def warm(self, tenant_id: str) -> None:
        """Open every current key ahead of the first request; raises as :meth:`signer` and `sealing` do."""
        for alg in SIGNING_ALGS:
            await self.signer(tenant_id, alg)

    async def _keys(self, tenant_id: str) -> _TenantKeys:
        found = self._tenants.remembered(tenant_id, "")
        if found is not FORGOTTEN:
            return found
        return await self._tenants.get(tenant_id, "", lambda: self._load(tenant_id))

    async def _load(self, tenant_id: str) -> _TenantKeys:
        rows = await self._records.find(SigningKey, tenant_id, where={"revoked_at_ms": None})
        live = sorted(rows, key=_order)
        known = self._published.get(tenant_id, {})
        published = tuple(known.get(row.kid) or publish(row) for row in live)
        by_kid = {key.kid: key for key in published}
        self._published[tenant_id] = by_kid
        self._forget_signers(tenant_id, live)
        return _TenantKeys({row.alg: row for row in live if row.state == CURRENT}, published, by_kid)

    def _forget_signers(self, tenant_id: str, live: Sequence[SigningKey]) -> None:
        signing = {row.kid for row in live if row.state == CURRENT}
        signers = self._signers.get(tenant_id, {})
        self._signers[tenant_id] = {kid: signer for kid, signer in signers.items() if kid in signing}

    async def _open(self, key: SigningKey) -> Signer:
        async with self._opening:
            signers = self._signers.setdefault(key.tenant_id, {})
            # Others may have waited for the same key.
            if key.kid not in signers:
                signer = await asyncio.to_thread(self._unseal, key)
                self._signers.setdefault(key.tenant_id, {})[key.kid] = signer
                return signer
            return signers[key.kid]

    def _unseal(self, key: SigningKey) -> Signer:
        private_key = private_key_from_der(self._sealer.open(key.private_key_sealed, key.tenant_id, key.kid))
        return Signer(key.kid, key.alg, private_key, header_alg=header_alg(key.alg))


def _order(key: SigningKey) -> tuple[int, int, int]:
    """RS256 first, because some receivers take the first key; within an algorithm, current, next, newest previous."""
    alg = SIGNING_ALGS.index(key.alg) if key.alg in SIGNING_ALGS else len(SIGNING_ALGS)
    return alg, _STATES.index(key.state), -key.created_at_ms
