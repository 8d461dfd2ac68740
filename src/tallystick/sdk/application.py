"""An application: how it gets tokens, asks for a person's, and gives them back. Every method is a flow of `exchange`.

from tallystick.sdk.adapters.httpx import perform

application = Application("https://as.example/", "the client_id", PrivateKeyJwt(key, "ES256"))
tokens = perform(httpx.Client(), application.client_credentials(audience="https://api.example/"))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from .about_tokens import AboutTokens
from .authorization import Asked, RequestKey, code_of, new_request, opening, texts
from .authorization_responses import authorization_response
from .exchange import Flow
from .failures import AnswerRefused
from .id_tokens import Expected, id_token_claims
from .metadata import ServerMetadata
from .methods import NoAuthentication
from .request_objects import request_object
from .server_keys import KeySet, decrypted
from .tokens import Tokens, read_tokens


class Application(AboutTokens):
    """One application at one server; its parameters are those of :class:`BackChannel`."""

    def client_credentials(
        self,
        *,
        audience: str | None = None,
        scope: str | None = None,
        resource: str | Sequence[str] | None = None,
        **parameters: Any,
    ) -> Flow[Tokens]:
        """Tokens for the application itself (RFC 6749 4.4). Others than ``sources`` get new ones at every call.

        ``audience`` names the API as Auth0 does, ``resource`` as RFC 8707 does; give what the server knows.
        """
        wanted = {"audience": audience, "scope": scope, "resource": resource, **parameters}
        return (yield from self.exchange("client_credentials", wanted))

    def refresh(self, refresh_token: str, *, scope: str | None = None, **parameters: Any) -> Flow[Tokens]:
        """New tokens of the same person (RFC 6749 6), with the refresh token to use from now on.

        An ID token among them is not looked at, so that nothing comes between the new refresh token and its keeper;
        :meth:`with_claims` does.
        """
        wanted = {"refresh_token": refresh_token, "scope": scope, **parameters}
        tokens = yield from self.exchange("refresh_token", wanted)
        return tokens if tokens.refresh_token else replace(tokens, refresh_token=refresh_token)

    def exchange(self, grant_type: str, parameters: Mapping[str, Any]) -> Flow[Tokens]:
        """The tokens of any grant; parameters that are None are left out."""
        form = {"grant_type": grant_type, **texts(parameters)}
        answer, certificate = yield from self.post("token_endpoint", form, proves=True)
        return read_tokens(answer, self.clock(), bound_to_key=self.dpop_key is not None, certificate=certificate)

    def ask(
        self,
        *,
        redirect_uri: str,
        request_key: RequestKey | None = None,
        push: bool | None = None,
        **parameters: Any,
    ) -> Flow[Asked]:
        """An authorization request, with state, PKCE and, for ``openid``, a nonce of its own.

        ``request_key`` signs it (RFC 9101). ``push``: ahead of the browser (RFC 9126); where nothing is said, by
        who authenticates, to a server that takes it. ``parameters``: ``scope``, ``audience``, ``acr_values``, …; those
        that are None are left out.
        """
        server = yield from self.metadata()
        jkt = self.dpop_key.jkt if self.dpop_key else None
        sent, asked = new_request(server.issuer, {"redirect_uri": redirect_uri, **parameters}, dpop_jkt=jkt)
        if request_key is not None:
            sent = {"request": self._signed(server, sent, request_key)}
        # Servers take pushed requests of who proves who it is, some of nobody else.
        by_default = server.takes_pushing and not isinstance(self.method, NoAuthentication)
        by_default = by_default or server.wants_pushing
        if by_default if push is None else push:
            sent = {"request_uri": (yield from self.push(sent))}
        url = opening(server, self.client_id, sent)
        return msgspec.structs.replace(asked, url=url)

    def push(self, parameters: Mapping[str, Any]) -> Flow[str]:
        """The ``request_uri`` by which the server knows a pushed request (RFC 9126 2)."""
        # The proof goes along beside dpop_jkt (RFC 9449 10.1): the key is then known to be ours from the start.
        answer, _ = yield from self.post("pushed_authorization_request_endpoint", texts(parameters), proves=True)
        request_uri = answer.members().get("request_uri")
        if not isinstance(request_uri, str) or not request_uri:
            raise AnswerRefused("the answer to the pushed request has no request_uri")
        return request_uri

    def redeem(self, asked: Asked, answer: Mapping[str, Any]) -> Flow[Tokens]:
        """The person's tokens, for the parameters with which the browser came back to ``redirect_uri``.

        Raises :class:`ServerRefused` for a refusal, among them the person's own (``access_denied``), and
        :class:`AnswerRefused` or :class:`JwtRefused` for what is not an answer to this request by this server.
        """
        server = yield from self.metadata()
        if asked.signed_answer:
            answer = yield from self.with_keys(lambda keys: self._signed_answer(server, asked, answer, keys))
        code = code_of(asked, answer, server, is_signed=asked.signed_answer)
        form = {
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.code_verifier,
        }
        tokens = yield from self.exchange("authorization_code", form)
        if tokens.id_token is None and asked.nonce is not None:
            raise AnswerRefused("the answer has no ID token")
        return (
            yield from self._with_claims(
                tokens,
                nonce=asked.nonce,
                max_age_s=asked.max_age_s,
                acr_values=asked.acr_values,
                code=code,
                state=asked.state,
            )
        )

    def with_claims(self, tokens: Tokens, signed_in: Mapping[str, Any] | None = None) -> Flow[Tokens]:
        """Tokens of a refresh with what their ID token says, verified, where there is one.

        ``signed_in``: the claims of the sign-in, of which it has to be (OpenID Connect Core 12.2). Raises
        :class:`JwtRefused` when it does not hold.
        """
        return (yield from self._with_claims(tokens, signed_in=signed_in or {}))

    def _with_claims(self, tokens: Tokens, **wanted: Any) -> Flow[Tokens]:
        if tokens.id_token is None:
            return tokens
        signed = decrypted(tokens.id_token, self.decryption)
        expected = Expected(
            issuer=self.issuer,
            client_id=self.client_id,
            now_ms=self.clock(),
            access_token=tokens.access_token,
            trusted_audiences=self.trusted_audiences,
            algorithms=self.algorithms,
            **wanted,
        )
        claims = yield from self.with_keys(lambda keys: id_token_claims(signed, keys, expected))
        return replace(tokens, id_claims=claims)

    def _signed(self, server: ServerMetadata, sent: Mapping[str, Any], key: RequestKey) -> str:
        return request_object(self.client_id, server.issuer, sent, key.key, key.alg, kid=key.kid, now_ms=self.clock())

    def _signed_answer(
        self, server: ServerMetadata, asked: Asked, answer: Mapping[str, Any], keys: KeySet
    ) -> Mapping[str, Any]:
        response = answer.get("response")
        # Whoever asked for a signed answer believes no other one.
        if not isinstance(response, str):
            raise AnswerRefused("the answer is not signed")
        return authorization_response(
            response,
            keys,
            issuer=server.issuer,
            client_id=self.client_id,
            state=asked.state,
            now_ms=self.clock(),
            decryption=self.decryption,
            algorithms=self.algorithms,
        )
