"""Authorization requests: what an application keeps of one, what the browser carries, and what it may bring back.

Sources: RFC 6749 4.1, RFC 7636 (PKCE), RFC 9207 (whose answer it is), RFC 9101 and 9126, RFC 9449 10, JARM.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode

import msgspec

from ..jose import base64url
from ..jose.private_keys import AnyPrivateKey
from .failures import AnswerRefused, refusal_from
from .metadata import ServerMetadata


class Asked(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What the application keeps in the person's session until they come back: it is theirs, and nobody else's.

    ``msgspec.json`` writes and reads it.
    """

    issuer: str
    """The server that is asked: no other may answer (RFC 9207 2.4)."""
    url: str
    """Where to send the browser."""
    state: str
    code_verifier: str
    redirect_uri: str
    nonce: str | None = None
    """Where an ID token is asked for."""
    max_age_s: int | None = None
    acr_values: tuple[str, ...] = ()
    """Where one of them is essential, by ``claims``."""
    signed_answer: bool = False
    """Whether the answer has to be a JWT (JARM)."""

    def __repr__(self) -> str:
        return f"Asked(redirect_uri={self.redirect_uri!r})"


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A key that signs requests, and nothing else (RFC 9101)."""

    key: AnyPrivateKey = field(repr=False)
    alg: str
    kid: str | None = None


def new_request(issuer: str, parameters: Mapping[str, Any], *, dpop_jkt: str | None) -> tuple[dict[str, Any], Asked]:
    """The parameters to send, fresh ``state``, ``nonce`` and PKCE added, and what to keep; its ``url`` is still empty.

    ``dpop_jkt`` binds the code to the key (RFC 9449 10).
    """
    parameters = {name: value for name, value in parameters.items() if value is not None}
    verifier = secrets.token_urlsafe(32)
    is_openid = "openid" in str(parameters.get("scope", "")).split()
    max_age = parameters.get("max_age")
    added = {
        "response_type": "code",
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32) if is_openid else None,
        "code_challenge": base64url.encode(sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
        "dpop_jkt": dpop_jkt,
    }
    if taken := [name for name in added if name in parameters]:
        raise ValueError(f"{taken[0]} is made here")
    sent = {**{name: value for name, value in added.items() if value is not None}, **parameters}
    asked = Asked(
        issuer=issuer,
        url="",
        state=sent["state"],
        code_verifier=verifier,
        redirect_uri=str(parameters["redirect_uri"]),
        nonce=sent.get("nonce"),
        max_age_s=None if max_age is None else int(max_age),
        acr_values=_essential_acr(parameters.get("claims")),
        signed_answer=str(parameters.get("response_mode", "")).endswith("jwt"),
    )
    return sent, asked


def opening(server: ServerMetadata, client_id: str, parameters: Mapping[str, Any]) -> str:
    """The URL that opens a request in a browser; objects among the parameters become JSON."""
    url = server.endpoint("authorization_endpoint")
    query = urlencode({"client_id": client_id, **texts(parameters)}, doseq=True)
    return f"{url}{'&' if '?' in url else '?'}{query}"


def texts(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as a form or a query has them: objects as JSON (RFC 9396 2), numbers as text, lists repeated."""
    return {name: _text(name, value) for name, value in parameters.items() if value is not None}


def code_of(asked: Asked, answer: Mapping[str, Any], server: ServerMetadata, *, is_signed: bool) -> str:
    """The code of an answer to this request, from this server. ``is_signed``: whose it is was looked at already.

    Raises :class:`AnswerRefused` for any other answer (RFC 6749 10.12, RFC 9207 2.4), and :class:`ServerRefused` for
    the server's refusal; that too counts only when it is an answer to this request.
    """
    if asked.issuer != server.issuer:
        raise AnswerRefused("the answer is to a request to another server")
    # What browsers bring may be half a character, from JSON.
    if not compare_digest(str(answer.get("state", "")).encode(errors="surrogatepass"), asked.state.encode()):
        raise AnswerRefused("the answer is to another request")
    issuer = answer.get("iss")
    if issuer is None and (is_signed or not server.sends_iss):
        issuer = server.issuer
    if issuer != server.issuer:
        raise AnswerRefused("the answer is not from the server that was asked")
    if "error" in answer:
        raise refusal_from(answer)
    code = answer.get("code")
    if not isinstance(code, str) or not code:
        raise AnswerRefused("the answer has no code")
    return code


def _essential_acr(claims: Any) -> tuple[str, ...]:
    """The values of which the server has to give one or refuse (OpenID Connect Core 5.5.1.1)."""
    if isinstance(claims, str):
        claims = msgspec.json.decode(claims)
    of_id_token = claims.get("id_token") if isinstance(claims, Mapping) else None
    acr = of_id_token.get("acr") if isinstance(of_id_token, Mapping) else None
    if not isinstance(acr, Mapping) or acr.get("essential") is not True:
        return ()
    return tuple(acr.get("values") or filter(None, [acr.get("value")]))


def _text(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value
    # resource may stand several times (RFC 8707 2); every other list is JSON.
    if name == "resource":
        return list(value)
    return msgspec.json.encode(value).decode()
