"""DPoP proofs at our own URLs: for which request one must be made, whether it needs a nonce, and that it is used once.

How a proof must be made is `sender.proof`'s; what is demanded of whom, `sender.constrain`'s.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from ..onetime import OneTimeStore
from ..sender.algorithms import DPOP_ALGS
from ..sender.mtls import binding_of
from ..sender.nonces import Nonces
from ..sender.proof import verified
from ..sender.proof_walk import Expected, VerifiedProof
from ..sender.refusals import ProofRefused
from ..sender.replay import one_time_of
from ..sender.shown import NOTHING, Shown
from ..tenants.settings import requires_proof_nonces
from ..tenants.tenant import Tenant


class Carrier(Protocol):
    """The HTTP request that carries a proof: `web.request`."""

    @property
    def tenant(self) -> Tenant:
        """Whose URL it is for, as its host shows that."""
        ...

    @property
    def method(self) -> str:
        """GET, POST, …"""
        ...

    @property
    def raw_path(self) -> str:
        """The path as it was sent, escapes and all."""
        ...

    @property
    def hostname(self) -> str:
        """The ``Host`` that was asked; one that leads to the tenant."""
        ...

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The client's certificate chain, DER, leaf first."""
        ...

    def header_values(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        ...


class Proofs(msgspec.Struct, frozen=True, kw_only=True):
    """Judges and spends the proofs of this deployment's requests."""

    nonces: Nonces
    one_time: OneTimeStore

    def shown(
        self, carrier: Carrier, now_ms: int, *, algs: frozenset[str] = DPOP_ALGS, needs_nonce: bool = False
    ) -> Shown:
        """What the request shows of possession, verified; raises ProofRefused. The proof is not spent yet."""
        certificate, headers = binding_of(carrier.peer_certificates), carrier.header_values(b"dpop")
        if not headers:
            return Shown(certificate=certificate) if certificate is not None else NOTHING
        expected = self.expected(carrier, now_ms, algs=algs, needs_nonce=needs_nonce)
        return Shown(certificate=certificate, proof=verified(headers, expected))

    def expected(
        self, carrier: Carrier, now_ms: int, *, algs: frozenset[str] = DPOP_ALGS, needs_nonce: bool = False
    ) -> Expected:
        """What a proof of this request must say. The tenant may demand nonces of everybody (RFC 9449 8)."""
        tenant = carrier.tenant
        return Expected(
            method=carrier.method,
            urls=urls_of(carrier),
            now_ms=now_ms,
            algs=algs,
            nonces=self.nonces,
            realm=tenant.tenant_id,
            needs_nonce=needs_nonce or requires_proof_nonces(tenant),
        )

    async def spend(self, tenant_id: str, proof: VerifiedProof | None) -> None:
        """Use the proof up, once everything else held; raises ProofRefused for all but one (RFC 9449 11.1)."""
        if proof is not None and not await self.one_time.spend(one_time_of(tenant_id, proof)):
            raise ProofRefused("dpop.replayed", jkt=proof.jkt)


def urls_of(carrier: Carrier) -> tuple[str, ...]:
    """The URL of the request under the names that it has: the tenant's two, and the host that was asked.

    The gate knows that host for one of the tenant's, or the request would not be here.
    """
    tenant, path = carrier.tenant, carrier.raw_path.removeprefix("/")
    scheme = tenant.issuer.partition("://")[0]
    return tuple(dict.fromkeys((tenant.url(path), tenant.mtls_url(path), f"{scheme}://{carrier.hostname}/{path}")))
