"""Many guesses at one password at once, over two workers and on both databases."""

from __future__ import annotations

import asyncio
import html
from collections import Counter
from typing import Any
from urllib.parse import quote

import httpx

from tests.administrator import Administrator, unique
from tests.people import PASSWORD
from tests.server import Server
from tests.signin import Stop, visitor_at

AT_ONCE = 30
WRONG = "That did not match."
TOO_MANY = "There were too many attempts."


def outcomes(server: Server, page: Stop, **typed: str) -> Counter[str]:
    """The same form, thirty times at once on as many connections; how often each was answered."""
    form = page.page.forms[0].fields
    cookie = "; ".join(f"{name}={value}" for name, value in page.visitor.cookies.items())

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False, limits=limits) as client:
            await asyncio.gather(*(client.get(server.issuer + "healthz") for _ in range(AT_ONCE)))
            send = {"data": {**form, "action": "sign-in", **typed}, "headers": {"cookie": cookie}}
            return await asyncio.gather(*(client.post(page.url, **send) for _ in range(AT_ONCE)))  # type: ignore[arg-type]

    return Counter(told(answer.text, answer.status_code) for answer in asyncio.run(run()))


def told(text: str, status: int) -> str:
    """What a page says about the password."""
    found = [name for name, said in (("wrong", WRONG), ("too_many", TOO_MANY)) if said in html.unescape(text)]
    return found[0] if found else str(status)


def test_of_thirty_guesses_at_once_ten_are_looked_at(server: Server, admin: Administrator) -> None:
    account = {"connection": "Username-Password-Authentication", "email": f"{unique('prey')}@example.org"}
    user: dict[str, Any] = admin.made("POST", "users", {**account, "password": PASSWORD})
    one = quote(user["user_id"], safe="")
    page = visitor_at(server).get("/account")
    counted = outcomes(server, page, username=user["email"], password="a guess")
    assert set(counted) == {"wrong", "too_many"}
    assert 1 <= counted["wrong"] <= 10
    rows = Counter(row["type"] for row in admin.ask("GET", f"users/{one}/logs?per_page=100"))
    assert rows["fp"] == counted["wrong"]
    # The block stands wherever it is asked for, even for whoever knows the password.
    for _ in range(11 - counted["wrong"]):
        page.press("sign-in", username=user["email"], password="a guess")
    stop = visitor_at(server).get("/account").press("sign-in", username=user["email"], password=PASSWORD)
    assert told(stop.reply.text, stop.status) == "too_many"
    (blocked,) = admin.ask("GET", f"user-blocks/{one}")["blocked_for"]
    assert blocked["identifier"] == user["email"]
    admin.ask("DELETE", f"user-blocks/{one}")
    stop = visitor_at(server).get("/account").press("sign-in", username=user["email"], password=PASSWORD)
    assert stop.path == "/account"
