"""Response types: what comes back from the authorization endpoint itself (RFC 6749 3.1.1; OAuth 2.0 Multiple Response
Type Encoding Practices 3 and 5; OpenID Connect Core 3)."""

from __future__ import annotations

import msgspec


class ResponseType(msgspec.Struct, frozen=True):
    """A registered response type."""

    name: str
    """Its words in the one order in which they are published."""
    gives_code: bool = False
    gives_token: bool = False
    gives_id_token: bool = False

    @property
    def is_front_channel(self) -> bool:
        """Whether the browser carries a token: then never in a query, where it would stay in histories and logs."""
        return self.gives_token or self.gives_id_token


NO_TYPE = ResponseType("")
CODE = ResponseType("code", gives_code=True)
RESPONSE_TYPES = (
    CODE,
    ResponseType("token", gives_token=True),
    ResponseType("id_token", gives_id_token=True),
    ResponseType("id_token token", gives_token=True, gives_id_token=True),
    ResponseType("code id_token", gives_code=True, gives_id_token=True),
    ResponseType("code token", gives_code=True, gives_token=True),
    ResponseType("code id_token token", gives_code=True, gives_token=True, gives_id_token=True),
)
_BY_WORDS = {frozenset(one.name.split()): one for one in RESPONSE_TYPES}


def words_of(response_type: str | None) -> frozenset[str]:
    """The words of a ``response_type``, in whatever order they came."""
    return frozenset((response_type or "").split(" "))


def response_type_of(response_type: str) -> ResponseType | None:
    """The registered type, whatever the order of its words (RFC 6749 3.1.1); None for others and repetitions."""
    words = response_type.split(" ")
    found = _BY_WORDS.get(frozenset(words))
    return found if found is not None and len(found.name.split()) == len(words) else None
