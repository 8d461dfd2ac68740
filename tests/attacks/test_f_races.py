"""Attacks 40 and 44: many at once with one code, refresh token or sign-in, over two workers and on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from tallystick.authorization.steps import RESUME, location_of
from tallystick.clock import SystemClock
from tallystick.deployment.facts import handle_hasher
from tallystick.deployment.master_key import read_master_key
from tallystick.ids import new_user_id
from tallystick.settings import Settings
from tallystick.storage.opening import open_storage
from tallystick.tenants.tenant import Tenant
from tallystick.users.sessions import Device, Sessions
from tallystick.users.user import DATABASE_CONNECTION, User
from tests.administrator import Administrator, unique
from tests.people import PASSWORD
from tests.server import Server
from tests.signin import visitor_at
from tests.tokens.allowed import CALLBACK, ROTATING, code_row

AT_ONCE = 50
OFFLINE = ["openid", "offline_access"]


class Racer(msgspec.Struct, frozen=True):
    """An application of the shared server that a person allowed something."""

    server: Server
    client: dict[str, Any]
    codes: list[str]

    def race(self, **form: str) -> list[httpx.Response]:
        """The same token request, fifty times at once on as many connections."""

        async def run() -> list[httpx.Response]:
            limits = httpx.Limits(max_connections=AT_ONCE)
            tls = self.server.tls()
            async with httpx.AsyncClient(verify=tls, timeout=60, trust_env=False, limits=limits) as client:
                # Connections first: what races are the requests, not the handshakes.
                await asyncio.gather(*(client.get(self.server.issuer + "healthz") for _ in range(AT_ONCE)))
                requests = (
                    client.post(self.server.issuer + "oauth/token", data=self._form(form)) for _ in range(AT_ONCE)
                )
                return await asyncio.gather(*requests)

        return asyncio.run(run())

    def ask(self, **form: str) -> httpx.Response:
        """One token request."""
        with self.server.http() as client:
            return client.post("oauth/token", data=self._form(form))

    def userinfo(self, access_token: str) -> int:
        """What /userinfo says to a token."""
        with self.server.http() as client:
            return client.get("userinfo", headers={"Authorization": f"Bearer {access_token}"}).status_code

    def _form(self, form: dict[str, str]) -> dict[str, str]:
        proof = {"client_id": self.client["client_id"], "client_secret": self.client["client_secret"]}
        grant = "authorization_code" if "code" in form else "refresh_token"
        redirect = {"redirect_uri": CALLBACK} if "code" in form else {}
        return {"grant_type": grant, **redirect, **proof, **form}


async def _allow(server: Server, client_id: str) -> list[str]:
    """A person who allowed the application something, twice."""
    storage = await open_storage(server.database_url)
    master_key = read_master_key(Settings(data=server.data))
    assert master_key is not None
    handles, now_ms = handle_hasher(master_key), SystemClock().now_ms()
    try:
        (tenant,) = [one for one in await storage.find(Tenant, None) if one.issuer == server.issuer]
        email = f"{unique('racer')}@example.org"
        user = User(
            tenant_id=tenant.tenant_id, user_id=new_user_id(), email=email, created_at_ms=now_ms, updated_at_ms=now_ms
        )
        await storage.write(saves=(user,))
        device = Device(ip="127.0.0.1", user_agent="test")
        begun = await Sessions(storage, handles).begin(tenant, user, ["pwd"], device, now_ms)
        made = [code_row(handles, client_id, begun.session, now_ms, scope=OFFLINE) for _ in range(2)]
        await storage.write(saves=[row for _, row in made])
        return [code for code, _ in made]
    finally:
        await storage.close()


def racer(server: Server, admin: Administrator, **refresh_token: Any) -> Racer:
    grants = ["authorization_code", "refresh_token"]
    client = admin.client(
        app_type="regular_web", callbacks=[CALLBACK], grant_types=grants, refresh_token={**ROTATING, **refresh_token}
    )
    return Racer(server, client, asyncio.run(_allow(server, client["client_id"])))


def outcomes(answers: list[httpx.Response]) -> Counter[str]:
    assert {answer.status_code for answer in answers} <= {200, 400}, Counter(answer.text for answer in answers)
    return Counter("issued" if answer.status_code == 200 else answer.json()["error"] for answer in answers)


def issued(answers: list[httpx.Response]) -> list[dict[str, Any]]:
    return [answer.json() for answer in answers if answer.status_code == 200]


def test_one_code(server: Server, admin: Administrator) -> None:
    app = racer(server, admin)
    answers = app.race(code=app.codes[0])
    assert outcomes(answers) == {"issued": 1, "invalid_grant": AT_ONCE - 1}
    # RFC 6749 4.1.2: it was used more than once, so what it gave is taken back, at every worker.
    (won,) = issued(answers)
    assert app.userinfo(won["access_token"]) == 401
    assert app.ask(refresh_token=won["refresh_token"]).json()["error"] == "invalid_grant"


def test_one_rotating_refresh_token(server: Server, admin: Administrator) -> None:
    app = racer(server, admin)
    first = app.ask(code=app.codes[0]).json()["refresh_token"]
    answers = app.race(refresh_token=first)
    assert outcomes(answers) == {"issued": 1, "invalid_grant": AT_ONCE - 1}
    (won,) = issued(answers)
    assert app.ask(refresh_token=won["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.userinfo(won["access_token"]) == 401


@pytest.mark.parametrize(
    "fields", [{"leeway": 60}, {"rotation_type": "non-rotating"}], ids=["within the leeway", "that stays"]
)
def test_one_refresh_token_that_may_be_shown_again(
    server: Server, admin: Administrator, fields: dict[str, Any]
) -> None:
    """All of them succeed, with one and the same living token, and nobody raises an alarm."""
    app = racer(server, admin, **fields)
    first = app.ask(code=app.codes[0]).json()["refresh_token"]
    answers = app.race(refresh_token=first)
    assert outcomes(answers) == {"issued": AT_ONCE}
    (living,) = {answer.get("refresh_token", first) for answer in issued(answers)}
    assert app.ask(refresh_token=living).status_code == 200


def test_one_answer_to_a_person_who_comes_back_thirty_times_at_once(server: Server, admin: Administrator) -> None:
    """Attack 44: the pending request goes as its code is written, so two returns never get two codes."""
    email = f"{unique('racer')}@example.org"
    admin.call("POST", "users", {"email": email, "password": PASSWORD, "connection": DATABASE_CONNECTION})
    client = admin.client(app_type="regular_web", callbacks=[CALLBACK], grant_types=["authorization_code"])
    browser = visitor_at(server)
    browser.stops_before = RESUME
    asked = {"client_id": client["client_id"], "response_type": "code", "redirect_uri": CALLBACK}
    page = browser.get(f"/authorize?{urlencode(asked)}")
    page.press("sign-in", username=email, password=PASSWORD)
    url = server.issuer + location_of(RESUME, page.state).removeprefix("/")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False) as http:
            return await asyncio.gather(*(http.get(url, headers={"cookie": cookies}) for _ in range(30)))

    answers = asyncio.run(run())
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: 29}
    (location,) = [answer.headers["location"] for answer in answers if answer.status_code == 303]
    assert location.startswith(f"{CALLBACK}?code=")
