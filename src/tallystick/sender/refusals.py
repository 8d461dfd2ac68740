"""What this room refuses.

OAuthError
├── ProofRefused         a DPoP proof does not hold (RFC 9449 5)
│   └── NonceWanted      it would with a nonce of the server's (RFC 9449 8)
└── PossessionRefused    a token was shown by somebody who does not prove to hold its key
"""

from __future__ import annotations

from typing import Any

from ..errors import OAuthError


class ProofRefused(OAuthError):
    """A DPoP proof does not hold; ``check`` is ``dpop.…``, or ``jwt.…`` for one that is no acceptable JWT."""

    def __init__(
        self,
        check: str,
        description: str = "The DPoP proof is not valid.",
        code: str = "invalid_dpop_proof",
        **evidence: Any,
    ) -> None:
        super().__init__(code, description, check=check, **evidence)


class NonceWanted(ProofRefused):
    """The proof needs a nonce, or another one than it has: the answer carries it as ``DPoP-Nonce``."""

    def __init__(self, check: str, nonce: str) -> None:
        super().__init__(check, "A nonce of this server is needed in the DPoP proof.", "use_dpop_nonce")
        self.nonce = nonce


class PossessionRefused(OAuthError):
    """The token is bound otherwise than the request proves; ``invalid_token`` (RFC 6750 3.1, RFC 9449 7.1)."""

    def __init__(self, check: str, **evidence: Any) -> None:
        super().__init__("invalid_token", "Invalid token", check=check, **evidence)
