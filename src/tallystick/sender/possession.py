"""What a request must show beside an access token, wherever one is accepted (RFC 8705 3, RFC 9449 7).

Decided by what the token is bound to and the scheme it comes in, never by the scheme alone.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from .binding import MEMBERS
from .mtls import binding_of
from .proof import verified
from .proof_walk import Expected, VerifiedProof
from .refusals import PossessionRefused
from .shown import Shown

BEARER, DPOP_SCHEME = "bearer", "dpop"
"""Authentication schemes, in lower case; a token in a form counts as ``bearer``."""
UNBOUND = "unbound"


class Possession(msgspec.Struct, frozen=True, kw_only=True):
    """What the request shows."""

    scheme: str
    """:data:`BEARER` or :data:`DPOP_SCHEME`."""
    proof_headers: tuple[bytes, ...] = ()
    """Every value of the ``DPoP`` header."""
    peer_certificates: tuple[bytes, ...] = ()
    """DER, leaf first."""
    expected: Expected
    """The request that a proof must be for."""


def check(confirmation: object, access_token: str, possession: Possession) -> VerifiedProof | None:
    """The proof, to be spent, where the token is bound to its key; None where it needs none.

    ``confirmation`` is the token's ``cnf``, None for an unbound one. Raises :class:`PossessionRefused` and
    :class:`ProofRefused`.
    """
    kind = kind_of(confirmation)
    how = _HOW.get((kind, possession.scheme))
    if how is None:
        raise PossessionRefused("possession.scheme", bound_by=kind, scheme=possession.scheme[:16])
    return how(confirmation, access_token, possession)


def kind_of(confirmation: object) -> str:
    """The member by which a token is bound, or :data:`UNBOUND`; raises where ``cnf`` is not one member known here."""
    if confirmation is None:
        return UNBOUND
    names = sorted(map(str, confirmation)) if isinstance(confirmation, dict) else []
    match names:
        case [name] if name in MEMBERS.values():
            return name
    raise PossessionRefused("possession.confirmation", bound_by=names[:4])


def _nothing(confirmation: object, access_token: str, possession: Possession) -> None:
    return None


def _by_certificate(confirmation: object, access_token: str, possession: Possession) -> None:
    assert isinstance(confirmation, dict)  # noqa: S101 - `kind_of` has seen it
    shown = Shown(certificate=binding_of(possession.peer_certificates))
    if not shown.proves(confirmation):
        raise PossessionRefused("possession.certificate", has_certificate=shown.certificate is not None)


def _by_proof(confirmation: object, access_token: str, possession: Possession) -> VerifiedProof:
    assert isinstance(confirmation, dict)  # noqa: S101 - `kind_of` has seen it
    proof = verified(possession.proof_headers, replace(possession.expected, access_token=access_token))
    if proof is None:
        raise PossessionRefused("possession.proof_missing")
    if not Shown(proof=proof).proves(confirmation):
        raise PossessionRefused("possession.key", jkt=proof.jkt)
    return proof


_HOW: dict[tuple[str, str], Callable[[object, str, Possession], VerifiedProof | None]] = {
    (UNBOUND, BEARER): _nothing,
    (MEMBERS["dpop"], DPOP_SCHEME): _by_proof,
    # Auth0's documentation has the DPoP scheme for these too, RFC 8705 has Bearer; the certificate decides.
    (MEMBERS["mtls"], BEARER): _by_certificate,
    (MEMBERS["mtls"], DPOP_SCHEME): _by_certificate,
}
"""(what binds the token, scheme) → what is asked. What does not stand here is refused: a bound token as a bearer token
(RFC 9449 7.2), an unbound one as a bound one (RFC 9449 7.1)."""
