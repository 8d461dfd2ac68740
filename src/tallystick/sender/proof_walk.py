"""What is expected of a proof, how far one got, and what it proves in the end."""

from __future__ import annotations

import msgspec

from ..jose.claims import UnverifiedClaims, VerifiedClaims
from ..jose.jwt import UnverifiedJwt
from ..jose.keys import PublicKey
from .algorithms import DPOP_ALGS
from .binding import DPOP, Binding
from .nonces import Nonces


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The request that a proof must be for, and how it must be made."""

    method: str
    urls: tuple[str, ...]
    """The URL of the request under each of the names it has; ``htu`` must be one of them."""
    now_ms: int
    access_token: str | None = None
    """The token that is shown with it (``ath``); None where none is."""
    algs: frozenset[str] = DPOP_ALGS
    nonces: Nonces | None = None
    """Those of this server; None where it hands none out, and a proof's nonce means nothing."""
    realm: str = ""
    """Whom the nonces are for."""
    needs_nonce: bool = False

    def __repr__(self) -> str:
        return f"Expected(method={self.method!r}, urls={self.urls!r})"


class ProofWalk(msgspec.Struct, kw_only=True):
    """How far one proof got."""

    expected: Expected
    jwt: UnverifiedJwt
    claims: UnverifiedClaims | VerifiedClaims
    """Verified once the signature held."""
    key: PublicKey | None = None
    jti: str = ""
    issued_at_ms: int = 0
    next_nonce: str | None = None


class VerifiedProof(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that holds: its sender has the key, and made it for this request."""

    jkt: str
    """The thumbprint of the key (RFC 7638)."""
    jti: str
    issued_at_ms: int
    next_nonce: str | None = None
    """The nonce to hand out with the answer; None where nobody uses nonces, or the proof has the current one."""

    @property
    def binding(self) -> Binding:
        """What it binds a token to."""
        return Binding(mechanism=DPOP, value=self.jkt)
