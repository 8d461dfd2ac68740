"""auth0-server-python signs a person in: Auth0's SDK for web applications in Python."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from auth0_server_python.auth_server.server_client import ServerClient  # type: ignore[import-untyped]  # no types
from auth0_server_python.auth_types import LogoutOptions, StartInteractiveLoginOptions  # type: ignore[import-untyped]  # no types
from auth0_server_python.error import ApiError, BackchannelLogoutError, MissingTransactionError  # type: ignore[import-untyped]  # no types

from tests.administrator import Administrator
from tests.application import decoded
from tests.browser.person import new_person
from tests.interop.conftest import trust
from tests.interop.signing_in import BYE, CALLBACK, sign_in, web_application
from tests.receiver import Receiver, Shown, receiver
from tests.server import Server
from tests.signin import visitor_at

LOGGED_OUT = "/backchannel-logout"
SCOPE = "openid profile email offline_access read fly"
"""The last is no scope of any API: it falls away at /authorize, and the SDK goes on asking for it."""


class Memory:
    """A store for one browser, as the SDK wants one."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def set(self, identifier: str, state: Any, remove_if_expires: bool = False, options: Any = None) -> None:
        """Keep."""
        self.kept[identifier] = state

    async def get(self, identifier: str, options: Any = None) -> Any:
        """What was kept."""
        return self.kept.get(identifier)

    async def delete(self, identifier: str, options: Any = None) -> None:
        """Forget."""
        self.kept.pop(identifier, None)

    async def delete_by_logout_token(self, claims: dict[str, Any], options: Any = None) -> None:
        """Forget the session that a logout token names."""
        for identifier, state in list(self.kept.items()):
            data = state if isinstance(state, dict) else state.dict()
            if data["internal"]["sid"] == claims["sid"] and data["user"]["sub"] == claims["sub"]:
                del self.kept[identifier]


@pytest.fixture
def listening(tmp_path: Path, neighbour: Shown) -> Iterator[Receiver]:
    """Where the application hears of logouts."""
    with receiver(tmp_path, shows=neighbour) as running:
        yield running


@pytest.fixture
def client(home_admin: Administrator, listening: Receiver) -> dict[str, Any]:
    """The application, registered."""
    return web_application(home_admin, oidc_logout={"backchannel_logout_urls": [listening.url(LOGGED_OUT)]})


@pytest.fixture
def sdk(
    home: Server, home_admin: Administrator, client: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> ServerClient[Any]:
    """The SDK, with one browser's worth of stores."""
    trust(home, monkeypatch)
    audience = home_admin.api(allow_offline_access=True)["identifier"]
    return ServerClient(
        domain=home.domain,
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        redirect_uri=CALLBACK,
        secret="a secret of the application's own",  # of a test
        transaction_store=Memory(),
        state_store=Memory(),
        authorization_params={"scope": SCOPE, "audience": audience},
    )


def run(sdk: ServerClient[Any], work: Coroutine[Any, Any, None]) -> None:
    """Do it, and close the connection that the SDK keeps and never closes."""

    async def whole() -> None:
        try:
            await work
        finally:
            await sdk._oauth.aclose()

    asyncio.run(whole())


def test_a_sign_in_and_all_that_follows(home: Server, home_admin: Administrator, sdk: ServerClient[Any]) -> None:
    run(sdk, _a_sign_in(home, home_admin, sdk))


async def _a_sign_in(home: Server, admin: Administrator, sdk: ServerClient[Any]) -> None:
    person, visitor = new_person(admin, name="Ada"), visitor_at(home)
    url = await sdk.start_interactive_login(StartInteractiveLoginOptions(app_state={"went": "to /profile"}))
    back = sign_in(visitor, url, person)
    done = await sdk.complete_interactive_login(back)
    assert done["app_state"] == {"went": "to /profile"}
    user = await sdk.get_user()
    assert user is not None
    assert (user["sub"], user["name"], user["email"]) == (person.user_id, "Ada", person.email)
    with pytest.raises(MissingTransactionError):
        await sdk.complete_interactive_login(back)

    first = done["state_data"]["token_sets"][0]["access_token"]
    again = await sdk.get_access_token()  # one with all that it wants: by the refresh token
    assert (again != first, decoded(again)[1]["sub"]) == (True, person.user_id)
    assert decoded(again)[1]["scope"] == "openid profile email offline_access read"

    logout_url = await sdk.logout(LogoutOptions(return_to=BYE))
    assert await sdk.get_user() is None
    assert visitor.get(logout_url).location == BYE


def test_backchannel_logout(
    home: Server, home_admin: Administrator, sdk: ServerClient[Any], listening: Receiver
) -> None:
    run(sdk, _backchannel_logout(home, home_admin, sdk, listening))


async def _backchannel_logout(home: Server, admin: Administrator, sdk: ServerClient[Any], listening: Receiver) -> None:
    """The person signs out elsewhere; the SDK believes our token and forgets its session, and believes no other."""
    visitor = visitor_at(home)
    await sdk.complete_interactive_login(sign_in(visitor, await sdk.start_interactive_login(), new_person(admin)))
    assert await sdk.get_user() is not None
    visitor.get("/v2/logout")
    (told,) = listening.wait(LOGGED_OUT)
    token = told.form["logout_token"]
    header, claims, signature = token.split(".")
    with pytest.raises(BackchannelLogoutError):
        await sdk.handle_backchannel_logout(f"{header}.{claims}.{signature[::-1]}")
    assert await sdk.get_user() is not None
    await sdk.handle_backchannel_logout(token)
    assert await sdk.get_user() is None


def test_a_refused_sign_in(home: Server, sdk: ServerClient[Any]) -> None:
    async def refused() -> None:
        url = await sdk.start_interactive_login()
        page = visitor_at(home).get(url)
        with pytest.raises(ApiError, match="refused") as refusal:
            await sdk.complete_interactive_login(page.press("cancel").location)
        assert refusal.value.code == "access_denied"

    run(sdk, refused())
