"""The nonces that servers want to see in proofs: the newest of each origin (RFC 9449 8 and 9)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .exchange import origin_of

HEADER = "dpop-nonce"
ORIGINS_MAX = 1_000
"""What is remembered; far more than any application calls."""
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,4096}")
"""RFC 9449 8.1; the length is ours."""


class Nonces:
    """What each origin said last. An authorization server and an API have theirs apart, as RFC 9449 8.2 wants it."""

    def __init__(self) -> None:
        self._newest: dict[str, str] = {}

    def of(self, url: str) -> str | None:
        """The nonce for a proof that goes to ``url``."""
        return self._newest.get(origin_of(url))

    def learn(self, url: str, headers: Mapping[str, str]) -> str | None:
        """Take the nonce from any answer of ``url``, its header names in lower case: the one to show if that is asked.

        Of answers that come beside each other each brings its own, and a server may take each of them once.
        """
        nonce = headers.get(HEADER, "")
        if not _NONCE.fullmatch(nonce):
            return None
        origin = origin_of(url)
        if origin not in self._newest and len(self._newest) >= ORIGINS_MAX:
            # A copy: other threads learn meanwhile.
            for oldest in list(self._newest)[:1]:
                self._newest.pop(oldest, None)
        self._newest[origin] = nonce
        return nonce
