"""attacks.md 35 and 36: pushed requests that are stolen, reused, forged or read, and demands that are walked around."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tallystick.authorization.pushed_request import REQUEST_URI_PREFIX
from tallystick.authorization.pushed_requests import EXPIRES_IN_S
from tallystick.users.user import DATABASE_CONNECTION
from tests.administrator import Administrator, unique
from tests.application import JWT_BEARER, now_ms
from tests.authorization.asking import (
    CHALLENGE,
    REDIRECT_URI,
    Asking,
    application,
    asking,
    asking_nobody,
    check_of,
    set_tenant,
)
from tests.authorization.pushing import PKCE, post, push, pushed, refused, turned_away, visit
from tests.forge import Key
from tests.inprocess import InProcess, in_process
from tests.people import PASSWORD, person, signed_in
from tests.server import Server
from tests.signin import visitor, visitor_at
from tests.tokens.allowed import CALLBACK

AT_ONCE = 20
DEMAND: dict[str, Any] = {"require_pushed_authorization_requests": True}


def test_35_another_clients_name_opens_nothing_and_burns_nothing(house: InProcess) -> None:
    app = asking(house)
    thief = Asking(house, application(house), app.browser)
    request_uri = pushed(app)
    for _ in range(3):
        turned_away(visit(thief, request_uri))
    assert check_of(house) == "pushed.client"
    assert "code" in visit(app, request_uri).answer


def test_35_a_name_is_good_for_one_answer(house: InProcess) -> None:
    """par-attempt-reuse-request_uri: in the same browser, in another, as another person."""
    app = asking(house)
    request_uri = pushed(app)
    assert "code" in visit(app, request_uri).answer
    for browser in (app.browser, visitor(house), signed_in(house, person(house))):
        turned_away(visit(app, request_uri, browser))


def test_35_an_old_name_opens_nothing(house: InProcess) -> None:
    app = asking(house)
    request_uri = pushed(app)
    for seconds in (EXPIRES_IN_S, 3600, 86_400):
        house.clock.advance(seconds)
        turned_away(visit(app, request_uri, signed_in(house, person(house, f"{seconds}@example.org"))))


def test_35_a_name_within_a_push(house: InProcess) -> None:
    app = asking(house)
    request_uri = pushed(app)
    refused(push(app, request_uri=request_uri), "invalid_request")
    assert "code" in visit(app, request_uri).answer


def test_35_nobody_pushes_in_anothers_name(house: InProcess) -> None:
    """By its client_id alone, by one's own secret, by one's own key, for another server."""
    victim, thief, key = asking(house), asking(house), Key()
    body = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg}
    application(house, client_authentication_methods={"private_key_jwt": {"credentials": [body]}})
    client_id = victim.client["client_id"]
    forged = key.assertion(client_id, house.issuer)
    for proof in (
        {},
        {"client_secret": thief.client["client_secret"]},
        {"client_assertion_type": JWT_BEARER, "client_assertion": forged},
    ):
        refused(post(victim, {**victim.parameters(), **PKCE, **proof}), "invalid_client", 401)


@pytest.mark.parametrize(
    "mangled",
    [
        lambda name: name[:-1],
        lambda name: name + "A",
        lambda name: name.swapcase(),
        lambda name: name.upper(),
        lambda name: " " + name,
        lambda name: name + "#x",
        lambda name: name.replace(":", "%3A"),
        lambda name: REQUEST_URI_PREFIX + name,
    ],
)
def test_35_only_the_very_name_opens(house: InProcess, mangled: Any) -> None:
    app = asking(house, **DEMAND)
    stop = visit(app, mangled(pushed(app)))
    assert "code" not in stop.location
    assert (stop.status, stop.location) == (400, "") or "error=" in stop.location


@pytest.fixture
def talkative(tmp_path: Path) -> Any:
    """A deployment that writes down every request."""
    with in_process(tmp_path / "data", now_ms(), access_log=True) as running:
        yield running


def test_35_nothing_pushed_leaks(talkative: InProcess, capfd: pytest.CaptureFixture[str]) -> None:
    """CVE-2024-4540: in no URL, cookie, page or log but what is meant for a person or the application's answer."""
    house = talkative
    person(house, "jane@example.org", password=PASSWORD)
    app = asking_nobody(house, is_first_party=False)
    canaries = {"state": "canary-state", "nonce": "canary-nonce", "ext-a": "canary-own"}
    claims = '{"userinfo":{"canary-claim":null}}'
    answer = push(app, **canaries, claims=claims, acr_values="canary-acr")
    assert b"canary" not in answer.content
    request_uri = answer.json()["request_uri"]
    seen = []
    page = visit(app, request_uri)
    seen += [page.url, page.reply.text, repr(page.reply.headers)]
    page = page.press("sign-in", username="jane@example.org", password=PASSWORD)
    seen += [page.url, page.reply.text, repr(page.reply.headers), repr(app.browser.cookies), repr(app.browser.trail)]
    push(app, **canaries, response_mode="nonsense")
    visit(Asking(house, application(house), app.browser), request_uri)
    final = page.press("allow").answer
    assert final["state"] == "canary-state"
    rows = house.run(house.worker.storage.log_page(house.tenant.tenant_id, limit=1000))
    seen += [repr(rows), "".join(capfd.readouterr())]
    assert [text for text in seen if "canary" in text] == []
    handle = request_uri.removeprefix(REQUEST_URI_PREFIX)
    kept = [path.read_bytes() for path in house.settings.data.rglob("*") if path.is_file()]
    assert not any(handle.encode() in content for content in [*kept, *(text.encode() for text in seen)])


def test_35_twenty_answers_at_once_are_one(server: Server, admin: Administrator) -> None:
    """Over two workers, on both databases: code and erasure are one write."""
    email = f"{unique('pusher')}@example.org"
    admin.call("POST", "users", {"email": email, "password": PASSWORD, "connection": DATABASE_CONNECTION})
    client = admin.client(app_type="regular_web", callbacks=[CALLBACK], grant_types=["authorization_code"])
    proof = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    form = {"response_type": "code", "redirect_uri": CALLBACK, **PKCE, **proof}

    def name() -> str:
        with server.http() as http:
            answer = http.post("oauth/par", data=form)
        assert answer.status_code == 201, answer.text
        return urlencode({"client_id": client["client_id"], "request_uri": answer.json()["request_uri"]})

    browser = visitor_at(server)
    page = browser.get(f"/authorize?{name()}")
    assert "code" in page.press("sign-in", username=email, password=PASSWORD).answer
    url = f"{server.issuer}authorize?{name()}"
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False) as http:
            return await asyncio.gather(*(http.get(url, headers={"cookie": cookies}) for _ in range(AT_ONCE)))

    answers = asyncio.run(run())
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: AT_ONCE - 1}
    (location,) = [answer.headers["location"] for answer in answers if answer.status_code == 303]
    assert location.startswith(f"{CALLBACK}?code=")
    assert all("invalid_request_uri" in answer.text for answer in answers if answer.status_code == 400)


def demanding(by: str) -> dict[str, Any]:
    """An application that demands it itself, or by its profile."""
    key = {"credential_type": "public_key", "pem": Key().public_pem, "alg": "ES256"}
    by_key = {"client_authentication_methods": {"private_key_jwt": {"credentials": [key]}}}
    levels = {"client": DEMAND, "profile": {"compliance_level": "fapi2_sp_pkj_mtls", **by_key}}
    return levels.get(by, {})


@pytest.mark.parametrize("by", ["client", "tenant", "profile"])
def test_36_what_must_be_pushed_comes_in_no_other_way(house: InProcess, by: str) -> None:
    """By GET, by form, silently, with the other parameters of a visit, by names that are none."""
    app = asking(house, **demanding(by))
    if by == "tenant":
        set_tenant(house, **DEMAND)
    unknown = REQUEST_URI_PREFIX + "A" * 43
    for sent in (
        {},
        {"prompt": "none"},
        {"request_uri": ""},
        {"request_uri": unknown},
        {"request_uri": unknown.upper()},
        {"request_uri": "https://app.example/request"},
        {"code_challenge": CHALLENGE, "code_challenge_method": "S256"},
    ):
        parameters = app.parameters(**sent)
        for stop in (
            app.browser.get(f"/authorize?{urlencode(parameters)}"),
            app.browser.post("/authorize", parameters),
        ):
            assert not re.search("[?&#]code=", stop.location), sent
            assert stop.status == 400 or stop.answer["error"], sent
    assert by != "profile" or "configured compliance level" in app.ask(**PKCE).answer["error_description"]


def test_36_where_requests_must_be_signed_a_plain_push_is_refused(house: InProcess) -> None:
    """ensure-unsigned-request-at-par-endpoint-fails."""
    body = {"credential_type": "public_key", "pem": Key("PS256").public_pem, "alg": "PS256"}
    app = asking(house, signed_request_object={"required": True, "credentials": [body]})
    refused(push(app), "invalid_request")
    assert check_of(house) == "authorize.signed_as_demanded"


def test_36_a_redirect_uri_is_registered_at_every_door(house: InProcess) -> None:
    app = asking(house)
    for foreign in (
        "https://evil.example/",
        REDIRECT_URI + "/",
        REDIRECT_URI + "?a=b",
        "https://app.example.evil.example",
    ):
        refused(push(app, redirect_uri=foreign), "invalid_request")
        turned_away(app.ask(redirect_uri=foreign), "invalid_request")
