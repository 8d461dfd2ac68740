"""Several issuers whose tokens one API takes: tenants, or the old server and the new one while they change.

Each has a verifier of its own, and what one knows is nothing to another: keys, metadata, status lists, answers. A token
goes to the verifier of the issuer that it names, before anything is fetched or believed; that one holds it to the same
``iss`` once more after the signature.

    JWT        by its ``iss``
    JWE        by the ``iss`` within, for the issuer whose decryption key opens it
    other      for the one issuer that introspects: it does not say whose it is, and no other server learns of it
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

from ...jose import jwe, jwt
from ...jose.refusals import JwtRefused
from ..clock import Clock
from .access_token import AccessToken
from .refusals import TokenRefused
from .verifier import TokenVerifier, is_jwt, unbound

OF_ONE_SERVER = frozenset({"jwks_uri", "introspection", "introspection_endpoint", "introspects_jwts"})
"""Options of a verifier that can be right for one issuer alone."""


class Verifier(Protocol):
    """What an API needs of a `TokenVerifier`, or of several."""

    clock: Clock

    @property
    def audience(self) -> str:
        """The API whose tokens it takes."""
        ...

    @property
    def issuers(self) -> tuple[str, ...]:
        """Whose tokens it takes."""
        ...

    async def verify(self, token: str) -> AccessToken:
        """What a bearer token says. Raises TokenRefused and NotDecided."""
        ...

    async def verify_without_possession(self, token: str) -> AccessToken:
        """What a token says, bound or not. Raises TokenRefused and NotDecided."""
        ...


class TrustedIssuers:
    """A verifier for each issuer, all for one audience. Raises ValueError where one could be taken for another.

    A person is an issuer and a subject: the same ``sub`` of two issuers is two people.
    """

    def __init__(self, verifiers: Collection[TokenVerifier]) -> None:
        self._by_issuer = {verifier.demands.issuer: verifier for verifier in verifiers}
        if not verifiers or len(self._by_issuer) != len(verifiers):
            raise ValueError("each issuer that is trusted needs one verifier")
        first = next(iter(self._by_issuer.values()))
        self.audience, self.clock = first.audience, first.clock
        if any(verifier.audience != self.audience for verifier in verifiers):
            raise ValueError("the verifiers of one API are for one audience")
        introspecting = [verifier for verifier in verifiers if verifier.introspects]
        if len(introspecting) > 1:
            raise ValueError("one issuer may introspect: an opaque token does not say whom to ask")
        self._opaque = introspecting[0] if introspecting else first
        """Where none introspects, any of them refuses what is opaque."""

    @property
    def issuers(self) -> tuple[str, ...]:
        """Whose tokens are taken."""
        return tuple(self._by_issuer)

    async def verify(self, token: str) -> AccessToken:
        """As `TokenVerifier.verify`: bearer tokens alone."""
        return unbound(await self.verify_without_possession(token))

    async def verify_without_possession(self, token: str) -> AccessToken:
        """As `TokenVerifier.verify_without_possession`, by the verifier of its issuer."""
        if not jwe.is_jwe(token) and not is_jwt(token):
            return await self._opaque.verify_without_possession(token)
        verifier, signed = self._who_opens(token) if jwe.is_jwe(token) else self._who_is_named(token)
        return await verifier.verify_opened(signed.text, signed.parsed)

    def _who_is_named(self, token: str) -> tuple[TokenVerifier, _Signed]:
        try:
            signed = _signed(token)
        except JwtRefused as refusal:
            raise TokenRefused(refusal.check, **refusal.evidence) from None
        verifier = self._by_issuer.get(signed.issuer or "")
        if verifier is None:
            raise TokenRefused("jwt.claim.iss", expected=list(self._by_issuer), came=str(signed.issuer)[:200])
        return verifier, signed

    def _who_opens(self, token: str) -> tuple[TokenVerifier, _Signed]:
        """A key that opens it does not make it that issuer's: what is within has to name it too.

        A key that several have is tried once: anybody can encrypt to it, as much as a token holds.
        """
        tried: dict[object, _Signed | None] = {}
        for issuer, verifier in self._by_issuer.items():
            key = verifier.decryption and (id(verifier.decryption.key), verifier.decryption.alg)
            if key not in tried:
                tried[key] = _opened(verifier, token)
            signed = tried[key]
            if signed is not None and signed.issuer == issuer:
                return verifier, signed
        raise TokenRefused("token.encrypted")


class _Signed(NamedTuple):
    """A signed token, taken apart once, however much it says; nobody has verified it yet."""

    text: str
    parsed: jwt.UnverifiedJwt
    issuer: str | None
    """Whom it names."""


def _signed(text: str) -> _Signed:
    """Raises JwtRefused."""
    parsed = jwt.parse_access_token(text)
    return _Signed(text, parsed, parsed.claims.string("iss"))


def _opened(verifier: TokenVerifier, token: str) -> _Signed | None:
    """What is within; None where this verifier cannot open it."""
    try:
        return _signed(verifier.opened(token))
    except (TokenRefused, JwtRefused):
        return None


def verifier_for(audience: str, issuer: str | Collection[str], options: dict[str, Any]) -> Verifier:
    """One verifier for one issuer, or one for each of several, made alike: they share what is said here and no more.

    Raises ValueError for options that would mix what is one issuer's with another's.
    """
    if isinstance(issuer, str):
        return TokenVerifier(audience, issuer=issuer, **options)
    alone = sorted(OF_ONE_SERVER & options.keys())
    if alone:
        raise ValueError(f"{alone} are one issuer's: give TrustedIssuers a TokenVerifier for each")
    # Each with threads of its own: a server that hangs takes none from the others.
    return TrustedIssuers([TokenVerifier(audience, issuer=each, **options) for each in issuer])
