"""One call of an API: which headers go with it, and whether an answer means to send it once more.

The adapters do the rest, all in the same loop:

    tokens = held, else obtained
    send the caller's request with what :meth:`Call.headers` says
    :meth:`Call.goes_on`? from the start; else that is the answer
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .challenges import challenges_in
from .exchange import is_private, origin_of
from .sources import TokenSource
from .tokens import Tokens

_RENEWABLE = frozenset({"", "invalid_token"})
"""What a newer token may mend. Not a missing scope, a bad proof, or a sign-in that is too weak."""


class Call:
    """One call. It is sent three times at most: once more for a nonce, once more for a newer token.

    Raises ValueError where the token would travel in the clear (RFC 6750 5.3).
    """

    def __init__(self, source: TokenSource, method: str, url: str) -> None:
        if not is_private(url):
            raise ValueError(f"tokens go over https only, not to {origin_of(url)}")
        self._source = source
        self._application = source.application
        self._method = method
        self._url = url
        self._nonce: str | None = None
        self._told: str | None = None
        self._repeated: set[str] = set()

    def headers(self, tokens: Tokens) -> dict[str, str]:
        """What shows the token, and that it is ours."""
        shown = {"Authorization": f"{tokens.token_type} {tokens.access_token}"}
        key = self._application.dpop_key
        if tokens.token_type == "DPoP" and key is not None:  # noqa: S105  # a type, not a token
            self._nonce = self._told or self._application.nonces.of(self._url)
            shown["DPoP"] = key.proof(
                self._method,
                self._url,
                now_ms=self._application.clock(),
                access_token=tokens.access_token,
                nonce=self._nonce,
            )
        return shown

    def goes_on(self, tokens: Tokens, status: int, headers: Mapping[str, str], *, is_fresh: bool) -> bool:
        """Whether the same call, sent again, may do better. ``is_fresh``: the tokens were obtained for this call."""
        told = self._application.nonces.learn(self._url, headers)
        self._told = told or self._told
        if status != 401:
            return False
        errors = {challenge.error for challenge in challenges_in(headers)} or {""}
        if "use_dpop_nonce" in errors:
            return told not in (None, self._nonce) and self._once("nonce")
        if errors <= _RENEWABLE and not is_fresh:
            self._source.forget(tokens)
            return self._once("token")
        return False

    def _once(self, reason: str) -> bool:
        """Whether it is the first time for this reason."""
        is_first = reason not in self._repeated
        self._repeated.add(reason)
        return is_first


class Origins:
    """Where tokens may go: the origins of the APIs they are for, and nowhere else, whoever redirects there."""

    def __init__(self, urls: Collection[str]) -> None:
        if not urls:
            raise ValueError("say where the tokens may go: the origin of the API")
        self._origins = frozenset(map(origin_of, urls))

    def __contains__(self, url: str) -> bool:
        try:
            return origin_of(url) in self._origins
        except ValueError:
            return False
