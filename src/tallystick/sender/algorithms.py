"""How proofs may be signed."""

from __future__ import annotations

from ..jose.algorithms import ALGORITHMS, HEADER_NAMES

DPOP_ALGS = frozenset(name for name in ALGORITHMS if not name.startswith("RS"))
"""All but RSASSA-PKCS1-v1_5: a key for proofs is made for them, so there is nothing old to be compatible with (FAPI 2
Security Profile 5.4.1)."""


def dpop_alg_names(algs: frozenset[str] = DPOP_ALGS) -> list[str]:
    """Every spelling that a header may have, for ``dpop_signing_alg_values_supported`` and challenges (RFC 9449 5.1,
    7.1)."""
    return [spelling for spelling, name in HEADER_NAMES.items() if name in algs]
