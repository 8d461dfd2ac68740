"""What an application or an API asks of a token, and what it believes of the answer (RFC 7662, signed: RFC 9701).

Two things may go along that not every server knows: the request that an API received with the token, and what the API
demands of it. They are parameters of our server; see docs/introspection.md. One that passes over them would call a
stolen token good, so its answer is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..jose.claims import VerifiedClaims
from ..jose.refusals import JwtRefused
from .exchange import Answer
from .failures import AnswerRefused
from .server_keys import Decryption, KeySet, decrypted, parsed_from

TYPE = "token-introspection+jwt"
MEDIA_TYPE = f"application/{TYPE}"
"""RFC 9701 4, 5: what asks for a signed answer, and what that is."""
AHEAD_MS_MAX = 60_000
"""How far the server's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Received:
    """The request that the token came with, for the server to judge its proof of possession."""

    method: str
    url: str
    """As clients spell it; query and fragment do not count."""
    scheme: str = "Bearer"
    """Of its ``Authorization`` header: ``Bearer`` or ``DPoP``."""
    proof: str | Sequence[str] | None = field(default=None, repr=False)
    """The value of its ``DPoP`` header; all of them where there were several, which is refused."""
    certificate: str | None = None
    """The client certificate of its connection: PEM, percent-encoded PEM, or base64 of the DER."""
    needs_nonce: bool = False
    """Whether a proof needs a nonce of the server (RFC 9449 9)."""

    def form(self) -> dict[str, str | Sequence[str]]:
        """As parameters."""
        form: dict[str, str | Sequence[str]] = {"token_scheme": self.scheme, "htm": self.method, "htu": self.url}
        if self.proof is not None:
            form["dpop"] = self.proof
        if self.certificate is not None:
            form["client_certificate"] = self.certificate
        return form | ({"nonce_required": "true"} if self.needs_nonce else {})


@dataclass(frozen=True, slots=True)
class Demanded:
    """What an API wants of the token for this request: all the scopes, one of the ways to sign in, a fresh sign-in."""

    scope: str = ""
    """Separated by blanks."""
    acr_values: str = ""
    """Likewise (RFC 9470 4)."""
    max_age_s: int | None = None

    def form(self) -> dict[str, str]:
        """As parameters; those that demand nothing are left out."""
        age = "" if self.max_age_s is None else str(self.max_age_s)
        form = {"required_scope": self.scope, "acr_values": self.acr_values, "max_age": age}
        return {name: value for name, value in form.items() if value}

    def is_met(self, members: Mapping[str, Any], now_ms: int) -> bool:
        """Whether an answer of ``active: true`` says as much."""
        if not set(self.scope.split()) <= set(str(members.get("scope", "")).split()):
            return False
        if self.acr_values and members.get("acr") not in self.acr_values.split():
            return False
        if self.max_age_s is None:
            return True
        signed_in_s = members.get("auth_time")
        return isinstance(signed_in_s, int) and now_ms <= (signed_in_s + self.max_age_s) * 1000 + AHEAD_MS_MAX


@dataclass(frozen=True, slots=True)
class Introspected:
    """What the server said."""

    members: Mapping[str, Any] = field(repr=False)
    """RFC 7662 2.2, and ``proof`` where a request was judged; ``active`` is there, and is a boolean."""
    jwt: str | None = field(default=None, repr=False)
    """The answer as the server signed it, to keep as evidence; None where none was asked for."""
    correlation_id: str = ""
    """By which the server's log finds it; empty where the server gives none."""

    @property
    def is_active(self) -> bool:
        """Whether the token counts, for whoever asked and for the request that was handed on."""
        return self.members["active"] is True


def read_introspection(
    members: Mapping[str, Any], received: Received | None, demanded: Demanded | None, now_ms: int
) -> Mapping[str, Any]:
    """The same members. Raises :class:`AnswerRefused` for what is no answer, or not to all that was asked."""
    if not isinstance(members.get("active"), bool):
        raise AnswerRefused("the answer does not say whether the token is active")
    if members["active"]:
        if received is not None and not isinstance(members.get("proof"), dict):
            raise AnswerRefused("the server did not judge the request that was handed on")
        if demanded is not None and not demanded.is_met(members, now_ms):
            raise AnswerRefused("the server did not judge what was demanded of the token")
    return members


def signed_text(answer: Answer, decryption: Decryption | None) -> str:
    """The signed JWT that an answer is. Raises :class:`AnswerRefused` and :class:`JwtRefused`."""
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise AnswerRefused("the answer is not signed")
    try:
        text = answer.body.decode("ascii")
    except UnicodeDecodeError as error:
        raise AnswerRefused("the answer is not a JWT") from error
    return decrypted(text, decryption)


def signed_members(signed: str, keys: KeySet, *, issuer: str, audience: str, now_ms: int) -> dict[str, Any]:
    """What a signed answer to ``audience`` says (RFC 9701 5). Raises :class:`JwtRefused` for what does not hold."""
    # RFC 9701 8.1: by its type it is no other JWT of this server, such as an access token somebody shaped.
    parsed = parsed_from(signed)
    if parsed.typ != TYPE:
        raise JwtRefused("The answer is another kind of JWT.", check="jwt.typ")
    claims = keys.verified(parsed)
    _check_claims(claims, issuer, audience, now_ms)
    told = claims.members.get("token_introspection")
    if not isinstance(told, dict):
        raise JwtRefused("The answer says nothing of a token.", check="jwt.claim.token_introspection")
    return told


def _check_claims(claims: VerifiedClaims, issuer: str, audience: str, now_ms: int) -> None:
    if claims.string("iss") != issuer:
        raise JwtRefused("The answer comes from another server.", check="jwt.claim.iss")
    if claims.audience() not in (audience, (audience,)):
        raise JwtRefused("The answer is for somebody else.", check="jwt.claim.aud")
    issued_at_ms = claims.numeric_date_ms("iat")
    if issued_at_ms is None or issued_at_ms > now_ms + AHEAD_MS_MAX:
        raise JwtRefused("The answer is not of this time.", check="jwt.claim.iat")
