"""Authlib's web client signs a person in, on either database: discovery, PKCE, nonce, ID token, refresh, revocation."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError  # type: ignore[import-untyped]  # no types
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]  # no types
from starlette.requests import Request

from tests.administrator import Administrator
from tests.browser.person import Person, new_person
from tests.interop.signing_in import BYE, CALLBACK, sign_in, web_application
from tests.server import Server
from tests.signin import Visitor, visitor_at

SCOPE = "openid profile email offline_access"
ALGORITHMS = ("RS256", "PS256", "Ed25519")
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")


def visit(session: dict[str, Any], url: str = "/") -> Request:
    """A request that the application got, in a browser that it has this session with."""
    query = urlsplit(url).query.encode()
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": [], "session": session}
    return Request(scope)


def application(server: Server, client: dict[str, Any]) -> Any:
    """The application as its author writes it."""
    return OAuth().register(
        "tallystick",
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        server_metadata_url=f"{server.issuer}.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
    )


async def signed_in(app: Any, visitor: Visitor, person: Person, session: dict[str, Any]) -> dict[str, Any]:
    """What the application holds after the sign-in."""
    asked = await app.authorize_redirect(visit(session), CALLBACK)
    back = sign_in(visitor, asked.headers["location"], person)
    token: dict[str, Any] = await app.authorize_access_token(visit(session, back))
    return token


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_id_tokens_hold(admin: Administrator, trusted: Server, alg: str) -> None:
    """iss, aud, nonce, at_hash, dates, and the signature by the published key, under each algorithm."""
    client = web_application(admin, jwt_configuration={"alg": alg})
    person, app = new_person(admin, name="Grace"), application(trusted, client)
    token = asyncio.run(signed_in(app, visitor_at(trusted), person, {}))
    assert token["userinfo"]["sub"] == person.user_id
    assert (token["userinfo"]["name"], token["userinfo"]["email"]) == ("Grace", person.email)


def test_what_follows_a_sign_in(admin: Administrator, trusted: Server) -> None:
    client, person, visitor = web_application(admin), new_person(admin), visitor_at(trusted)
    app = application(trusted, client)
    asyncio.run(_what_follows(app, client, visitor, person))


async def _what_follows(app: Any, client: dict[str, Any], visitor: Visitor, person: Person) -> None:
    session: dict[str, Any] = {}
    token = await signed_in(app, visitor, person, session)
    assert (await app.userinfo(token=token))["email"] == person.email
    metadata = await app.load_server_metadata()
    async with AsyncOAuth2Client(client["client_id"], client["client_secret"], token=token, scope=SCOPE) as http:
        again = await http.refresh_token(metadata["token_endpoint"])
        assert again["scope"] == SCOPE
        assert (await http.get(metadata["userinfo_endpoint"])).json()["sub"] == person.user_id
        await http.revoke_token(metadata["revocation_endpoint"], token["refresh_token"], "refresh_token")
        with pytest.raises(OAuthError, match="invalid_grant"):
            await http.refresh_token(metadata["token_endpoint"], token["refresh_token"])
    leaving = await app.logout_redirect(visit(session), BYE, token["id_token"])
    returned = visitor.get(leaving.headers["location"]).location
    assert returned.startswith(BYE)
    await app.validate_logout_response(visit(session, returned))
    asked = await app.authorize_redirect(visit(session), CALLBACK)
    assert visitor.get(asked.headers["location"]).path == "/u/login"
