"""Keys of applications, wherever they come from."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "keys.source": Hint("A usage has its keys from exactly one of credentials, jwks and jwks_uri.", ""),
    "keys.address": Hint("A jwks_uri is an https URL without a fragment.", "OpenID Connect Registration 2"),
    "client.encryption_alg": Hint(
        "An encrypted answer needs its alg beside its enc, and response_encryption with a key for that alg.",
        "OpenID Connect Registration 2",
    ),
}
