"""Tokens, as an application holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .exchange import Answer, ClientCertificate
from .failures import AnswerRefused

EARLY_MS = 30_000
"""So long before its end a token is taken for over: it has to arrive, and clocks differ."""
_EARLY_PART = 10
"""Of a short life at most the tenth part."""
LIFE_S_MAX = 2**31
"""68 years; what servers say beyond it they do not mean."""
_SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """What a token endpoint answered (RFC 6749 5.1)."""

    access_token: str = field(repr=False)
    token_type: str
    """``Bearer`` or ``DPoP``, whatever case the server wrote."""
    obtained_at_ms: int
    expires_at_ms: int | None
    """None where the server does not say."""
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    id_claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the ID token says, verified; empty without one, and after a refresh."""
    certificate: ClientCertificate | None = None
    """The one that was shown to get them: what is bound to it has to be used with it."""
    members: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The whole answer."""

    def is_over(self, now_ms: int) -> bool:
        """Whether the access token must not be used any more, with some time in hand."""
        if self.expires_at_ms is None:
            return False
        life_ms = self.expires_at_ms - self.obtained_at_ms
        return now_ms >= self.expires_at_ms - min(EARLY_MS, life_ms // _EARLY_PART)


def read_tokens(
    answer: Answer, now_ms: int, *, bound_to_key: bool, certificate: ClientCertificate | None = None
) -> Tokens:
    """The tokens of a successful answer. Raises :class:`AnswerRefused` for what is none.

    ``bound_to_key``: a proof was shown. A token that is then not of type ``DPoP`` is not bound to the key (RFC 9449
    5), and would be good for whoever finds it: refused.
    """
    members = answer.members()
    token, token_type = members.get("access_token"), members.get("token_type")
    if not isinstance(token, str) or not token:
        raise AnswerRefused("the answer has no access token")
    scheme = _SCHEMES.get(token_type.lower()) if isinstance(token_type, str) else None
    # RFC 6749 7.1: a token of a type that we do not know is not for us to use.
    if scheme is None:
        raise AnswerRefused("the access token is of a type that is not known here")
    if (scheme == "DPoP") != bound_to_key:
        how = "is not bound to the key that was shown" if bound_to_key else "is bound to a key, and none was shown"
        raise AnswerRefused(f"the access token {how}")
    return Tokens(
        access_token=token,
        token_type=scheme,
        obtained_at_ms=now_ms,
        expires_at_ms=_end_ms(members.get("expires_in"), now_ms),
        scope=_text(members, "scope"),
        refresh_token=_text(members, "refresh_token"),
        id_token=_text(members, "id_token"),
        certificate=certificate,
        members=members,
    )


def _end_ms(expires_in: object, now_ms: int) -> int | None:
    # Some servers write the number as text.
    if isinstance(expires_in, str) and expires_in.isascii() and expires_in.isdigit() and len(expires_in) < 16:
        expires_in = int(expires_in)
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return None
    return now_ms + int(min(expires_in, LIFE_S_MAX) * 1000)


def _text(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) and value else None
