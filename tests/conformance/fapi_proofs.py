"""The DPoP proofs of a party (RFC 9449 4.2): as the suite makes them, and with what it changes to see them refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from tallystick.jose.keys import jwk_of, public_key_of
from tests.administrator import Json
from tests.forge import Key, b64
from tests.signin import Reply

Claims = dict[str, Any]


class Prover:
    """One key, and the nonce that its holder heard last.

    ``changes``: claims that every proof has instead, by the time in seconds. ``forgets``: each request is the first one
    that it ever makes, as far as nonces go.
    """

    def __init__(
        self,
        key: Key,
        now_s: Callable[[], int],
        changes: Callable[[int], Claims] = lambda now_s: {},
        *,
        forgets: bool = False,
    ) -> None:
        self.key = key
        self.nonce = ""
        self.challenged: list[str] = []
        """The URLs that wanted a nonce."""
        self._public = public_key_of(key.private.public_key())
        self._now_s, self._changes, self._forgets = now_s, changes, forgets

    @property
    def jwk(self) -> Json:
        """What every proof shows."""
        return jwk_of(self._public)

    @property
    def jkt(self) -> str:
        """What tokens are bound to."""
        return self._public.thumbprint

    def changed(self, changes: Callable[[int], Claims]) -> Prover:
        """The same key, which always makes them so."""
        return Prover(self.key, self._now_s, changes)

    def forgetful(self) -> Prover:
        """The same key, without the memory for nonces."""
        return Prover(self.key, self._now_s, self._changes, forgets=True)

    def with_key(self, key: Key) -> Prover:
        """Another key of the same holder."""
        return Prover(key, self._now_s)

    def other(self) -> Prover:
        """A fresh one."""
        return self.with_key(Key("ES256"))

    def proof(self, method: str, url: str, access_token: str = "", *, header: Json | None = None, **claims: Any) -> str:
        """For one request; claims and header parameters as given, :data:`tests.forge.LEFT_OUT` removes one."""
        now_s = self._now_s()
        said = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url.partition("?")[0], "iat": now_s}
        said |= {"ath": b64(sha256(access_token.encode()).digest())} if access_token else {}
        said |= {"nonce": self.nonce} if self.nonce else {}
        typed = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        return self.key.jwt({**said, **self._changes(now_s), **claims}, **typed)

    def sent(self, send: Callable[[dict[str, str]], Reply], method: str, url: str, access_token: str = "") -> Reply:
        """The answer to a request with a proof; once more with the server's nonce, if it wants that (RFC 9449 8, 9)."""
        if self._forgets:
            self.nonce = ""
        reply = send({"DPoP": self.proof(method, url, access_token)})
        handed_out = reply.header("dpop-nonce")
        if not handed_out:
            return reply
        self.nonce = handed_out
        if not _is_challenge(reply):
            return reply
        self.challenged.append(url)
        return send({"DPoP": self.proof(method, url, access_token)})


def _is_challenge(reply: Reply) -> bool:
    """In the body where tokens are given out, in ``WWW-Authenticate`` where they are shown."""
    said = reply.header("www-authenticate") if reply.status == 401 else reply.text
    return reply.status in (400, 401) and '"use_dpop_nonce"' in said
