"""People over two workers and both databases: switches hold everywhere, a code and an import count once."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pyotp

from tests.acceptance.workers import holds_everywhere, status
from tests.administrator import Administrator, unique
from tests.patience import HANGING_S
from tests.people import PASSWORD
from tests.server import Server
from tests.signin import Visitor, visitor_at

CONNECTION = "Username-Password-Authentication"
AT_ONCE = 3


def new_person(admin: Administrator) -> dict[str, Any]:
    body = {"connection": CONNECTION, "email": f"{unique('person')}@example.org", "password": PASSWORD}
    return admin.made("POST", "users", body)


def test_a_code_of_an_app_opens_one_session_of_many_at_once(server: Server, admin: Administrator) -> None:
    person = new_person(admin)
    owner = visitor_at(server)
    owner.get("/account").press("sign-in", username=person["email"], password=PASSWORD)
    page = owner.get("/account/factors/app")
    totp = pyotp.TOTP(page.page.by_id["key"].replace(" ", ""))
    page.press("sign-in", otp=totp.at(time.time()))
    assert len(admin.ask("GET", f"users/{quote(person['user_id'], safe='')}/enrollments")) == 2
    thieves = [visitor_at(server) for _ in range(AT_ONCE)]
    pages = [thief.get("/account").press("sign-in", username=person["email"], password=PASSWORD) for thief in thieves]
    assert {page.path for page in pages} == {"/u/factor"}
    code = totp.at(time.time() + 30)

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False) as http:
            return await asyncio.gather(
                *(
                    http.post(
                        page.url,
                        data={**page.page.forms[0].fields, "otp": code, "action": "sign-in"},
                        headers={"cookie": cookies(page.visitor)},
                    )
                    for page in pages
                )
            )

    opened = [answer for answer in asyncio.run(run()) if "session" in str(answer.headers.get_list("set-cookie"))]
    assert len(opened) == 1


def cookies(browser: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def test_sign_up_is_closed_in_every_worker(server: Server, admin: Administrator) -> None:
    [connection] = admin.ask("GET", "connections")
    path = f"connections/{connection['id']}"
    page = visitor_at(server).get("/account").follow("sign-up")
    shown = {"cookie": cookies(page.visitor)}
    admin.ask("PATCH", path, {"options": {"disable_signup": True}})
    try:
        holds_everywhere(server, lambda http: http.get(page.url, headers=shown), status(400))
    finally:
        admin.ask("PATCH", path, {"options": None})


def test_an_import_is_carried_out_once(server: Server, admin: Administrator) -> None:
    [connection] = admin.ask("GET", "connections")
    people = [{"email": f"{unique('imported')}@example.org"} for _ in range(60)]
    answer = admin.http.post(
        "api/v2/jobs/users-imports",
        headers={"Authorization": f"Bearer {admin.token}"},
        files={"users": ("people.json", msgspec.json.encode(people), "application/json")},
        data={"connection_id": connection["id"]},
    )
    assert answer.status_code == 202, answer.text
    job = answer.json()
    until = time.monotonic() + HANGING_S
    while job["status"] != "completed" and time.monotonic() < until:
        time.sleep(0.1)
        job = admin.ask("GET", f"jobs/{job['id']}")
    assert job["summary"] == {"failed": 0, "updated": 0, "inserted": 60, "total": 60}
    assert len(admin.ask("GET", f"users-by-email?email={people[-1]['email']}")) == 1


def test_a_sign_that_no_column_holds_is_no_error(server: Server, admin: Administrator) -> None:
    """PostgreSQL's text holds no NUL: whoever sends one must not see the server stumble."""
    text = "\N{SNOWMAN}\x00@\x00.example"
    login = visitor_at(server).get("/account")
    assert login.press("sign-in", username=text, password=PASSWORD).status in (200, 400)
    assert login.press("sign-in", username="jane@example.org", password=text).status in (200, 400)
    assert login.follow("forgot-password").press("reset", username=text).status in (200, 400)
    assert login.follow("sign-up").press("sign-up", username=text, password=text + PASSWORD).status in (200, 400)
    for path in ("users/", "sessions/", "grants/", "jobs/", "refresh-tokens/", "roles/", "user-blocks/"):
        assert admin.call("GET", path + quote(text, safe="")).status_code in (400, 404, 405), path
