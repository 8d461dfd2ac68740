"""What an application asks of its server about a token: what it is worth, and to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .authorization import texts
from .back_channel import JSON, BackChannel
from .exchange import Flow
from .introspecting import (
    MEDIA_TYPE,
    Demanded,
    Introspected,
    Received,
    read_introspection,
    signed_members,
    signed_text,
)
from .server_keys import KeySet


class AboutTokens(BackChannel):
    """One application at one server; its parameters are those of :class:`BackChannel`."""

    def revoke(self, token: str, *, hint: str | None = None) -> Flow[None]:
        """Give a token back (RFC 7009); ``hint`` is ``access_token`` or ``refresh_token``.

        Servers take what they do not know for revoked (RFC 7009 2.2), so nothing says whether there was one.
        """
        yield from self.post("revocation_endpoint", texts({"token": token, "token_type_hint": hint}))

    def introspect(self, token: str, *, hint: str | None = None) -> Flow[dict[str, Any]]:
        """What the server says of a token (RFC 7662 2.2); ``active`` is there, and is a boolean."""
        return dict((yield from self.introspected(token, hint=hint)).members)

    def introspected(
        self,
        token: str,
        *,
        hint: str | None = None,
        received: Received | None = None,
        demanded: Demanded | None = None,
        signed: bool = False,
        audience: str | None = None,
    ) -> Flow[Introspected]:
        """The same with what else came. ``received`` and ``demanded`` have the server judge a request with the token.

        ``signed``: as a JWT (RFC 9701), verified with the server's keys, for ``audience`` where the server calls who
        asks otherwise than by ``client_id``. Raises :class:`AnswerRefused`, also when the server passed over something,
        and :class:`JwtRefused` when a signature, or what is signed, does not hold.
        """
        form = texts({"token": token, "token_type_hint": hint})
        for more in (received, demanded):
            form |= {} if more is None else more.form()
        answer, _ = yield from self.post("introspection_endpoint", form, accept=MEDIA_TYPE if signed else JSON)
        jwt = signed_text(answer, self.decryption) if signed else None
        members = (
            answer.members() if jwt is None else (yield from self._signed_members(jwt, audience or self.client_id))
        )
        return Introspected(
            members=read_introspection(members, received, demanded, self.clock()),
            jwt=jwt,
            correlation_id=answer.headers.get("x-correlation-id", ""),
        )

    def _signed_members(self, jwt: str, audience: str) -> Flow[Mapping[str, Any]]:
        server = yield from self.metadata()

        def members(keys: KeySet) -> Mapping[str, Any]:
            return signed_members(jwt, keys, issuer=server.issuer, audience=audience, now_ms=self.clock())

        return (yield from self.with_keys(members))
