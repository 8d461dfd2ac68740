"""The key ring: what one worker signs, verifies and decrypts with, in memory while the tenant's revision stands still.

Opening a seal and reading an RSA key costs tens of milliseconds, so it happens once per key and off the event loop. A
revision that rises for another reason reads the rows anew and keeps every key it has opened.
"""

from __future__ import annotations

import msgspec

from ..jose import jwe
from ..jose.encryption_algorithms import algs_of
from ..jose.jwe import UnverifiedJwe
from ..jose.private_keys import AnyPrivateKey
from ..jose.refusals import JwtRefused
from ..jose.shown import start_of
from ..jose.signer import Signer
from ..records import FORGOTTEN, Records, RevisionCache, Revisions
from ..sealing import Sealer
from .key import CURRENT, ENCRYPTION, NEXT, PREVIOUS, SIGNING, SigningKey
from .make import ALGS, SIGNING_ALGS
from .opened import OpenedKeys
from .published import PublishedKey, header_alg, publish

_STATES = (CURRENT, NEXT, PREVIOUS)
DECRYPTIONS_MAX = 4
"""Keys that are tried for a JWE that names none: the current one and the newest before it. A stranger may send them,
and each try costs what two signatures cost."""


class NoSigningKey(Exception):
    """The tenant has no current key for the algorithm; the deployment is not set up as it should be."""


class _TenantKeys(msgspec.Struct, frozen=True, eq=False):
    """The unrevoked keys of one tenant at one revision."""

    current: dict[str, SigningKey]
    """Those that sign, by algorithm."""
    published: tuple[PublishedKey, ...]
    verifying: dict[str, PublishedKey]
    """By kid."""
    decrypting: tuple[SigningKey, ...]
    """Current first, then the newest."""


class KeyRing:
    """Signers, public keys, and what decrypts, per tenant."""

    def __init__(self, records: Records, revisions: Revisions, sealer: Sealer) -> None:
        self._records = records
        self._tenants: RevisionCache[_TenantKeys] = RevisionCache(revisions)
        # Made once per kid, whatever the revision: tenant → kid → object. Only kids that are in use stay.
        self._published: dict[str, dict[str, PublishedKey]] = {}
        self._signers: OpenedKeys[Signer] = OpenedKeys(sealer, _signer)
        self._decrypting: OpenedKeys[AnyPrivateKey] = OpenedKeys(sealer, lambda _, private_key: private_key)

    async def signer(self, tenant_id: str, alg: str) -> Signer:
        """The signer of the current key for ``alg``, a canonical name; raises :class:`NoSigningKey`."""
        keys = await self._keys(tenant_id)
        key = keys.current.get(alg)
        if key is None:
            raise NoSigningKey(f"tenant {tenant_id} has no current {alg} key")
        signer = self._signers.remembered(key)
        return signer if signer is not None else await self._signers.open(key)

    async def decrypt(self, tenant_id: str, encrypted: UnverifiedJwe) -> bytes:
        """The content of a JWE that was encrypted to the tenant; raises :class:`JwtRefused` with ``jwe.…``.

        Its ``kid`` chooses one of the keys for encryption, and no other is tried; without one its ``alg`` does. On the
        event loop, as signing is (decision 0012): half a millisecond for RSA with 2048 bits.
        """
        keys = [key for key in (await self._keys(tenant_id)).decrypting if encrypted.alg in algs_of(key.alg)]
        if not keys:
            raise JwtRefused("The token's algorithm is not acceptable.", check="jwe.alg", alg=encrypted.alg)
        if encrypted.kid is not None:
            keys = [key for key in keys if key.kid == encrypted.kid]
        if not keys:
            raise JwtRefused("The token cannot be decrypted.", check="jwe.kid", kid=start_of(encrypted.kid or ""))
        refusal = None
        for key in keys[:DECRYPTIONS_MAX]:
            try:
                return jwe.decrypt(encrypted, await self._decrypting.open(key), encrypted.alg)
            except JwtRefused as refused:
                refusal = refused
        assert refusal is not None  # noqa: S101 - there was a key, and it did not decrypt
        raise refusal

    async def public_keys(self, tenant_id: str) -> tuple[PublishedKey, ...]:
        """Every key to publish: what signs, per algorithm the current one, the next, and the previous ones until
        revoked; then what others encrypt to."""
        return (await self._keys(tenant_id)).published

    async def verification_key(self, tenant_id: str, kid: str | None) -> PublishedKey | None:
        """The published key of this kid, to verify a token of our own; None for unknown and for revoked keys."""
        return (await self._keys(tenant_id)).verifying.get(kid) if kid is not None else None

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
        signing, decrypting = ([row for row in live if row.use == use] for use in (SIGNING, ENCRYPTION))
        known = self._published.get(tenant_id, {})
        shown = [*signing, *(row for row in decrypting if row.state == CURRENT)]
        published = {row.kid: known.get(row.kid) or publish(row) for row in shown}
        self._published[tenant_id] = published
        current = {row.alg: row for row in signing if row.state == CURRENT}
        self._signers.keep(tenant_id, current.values())
        self._decrypting.keep(tenant_id, decrypting)
        verifying = {row.kid: published[row.kid] for row in signing}
        return _TenantKeys(current, tuple(published.values()), verifying, tuple(decrypting))


def _signer(key: SigningKey, private_key: AnyPrivateKey) -> Signer:
    return Signer(key.kid, key.alg, private_key, header_alg=header_alg(key.alg))


def _order(key: SigningKey) -> tuple[int, int, int]:
    """RS256 first, because some receivers take the first key; within an algorithm, current, next, newest previous."""
    alg = ALGS.index(key.alg) if key.alg in ALGS else len(ALGS)
    return alg, _STATES.index(key.state), -key.created_at_ms
