"""What a request shows of possession at the server's own endpoints, where tokens are given out."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

import msgspec

from .binding import Binding
from .proof_walk import VerifiedProof


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The proofs of possession of one request, verified."""

    certificate: Binding | None = None
    """Of the connection; registered or not."""
    proof: VerifiedProof | None = None
    """The DPoP proof."""

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """All that a token can be bound to. The proof comes first: it was made for this, the connection may just have
        a certificate."""
        of_proof = self.proof.binding if self.proof is not None else None
        return tuple(binding for binding in (of_proof, self.certificate) if binding is not None)

    def proves(self, confirmation: Mapping[str, Any]) -> bool:
        """Whether possession of what a ``cnf`` names is proven.

        It must name one thing that is known here.
        """
        return any(_is(binding, confirmation) for binding in self.bindings)


NOTHING = Shown()


def _is(binding: Binding, confirmation: Mapping[str, Any]) -> bool:
    if confirmation.keys() != {binding.confirmation_member}:
        return False
    expected = confirmation[binding.confirmation_member]
    return isinstance(expected, str) and compare_digest(
        binding.value.encode(), expected.encode("utf-8", "surrogatepass")
    )
