"""attacks.md 34, 35, 44, 45: what was made for one request, application or transaction, shown where it belongs not."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tallystick.users.user import DATABASE_CONNECTION
from tests.administrator import Administrator, unique
from tests.application import now_ms
from tests.attacks.test_e_request_objects import AT_ONCE
from tests.authorization.asking import Asking, application, asking, check_of
from tests.authorization.detailed import PAYMENT, ask, bank
from tests.authorization.pushing import PKCE, post, push, pushed, turned_away, visit
from tests.authorization.request_objects.signing import signing, with_key
from tests.forge import Key
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.server import Server
from tests.signin import visitor_at
from tests.tokens.allowed import CALLBACK
from tests.ui.factor_steps import ORIGIN, Somebody, fresh_options

POLICY = "transactional-authorization-with-mfa"
SPELLINGS: list[Any] = [str.lower, str.upper, lambda id: f"{id} ", lambda id: f" {id}", lambda id: f"{id}\u200b"]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_34_an_application_is_named_by_the_letter(house: InProcess, spelled: Any) -> None:
    app = signing(house)
    client_id = spelled(app.client["client_id"])
    stop = app.carry(app.object(), client_id=client_id)
    assert (stop.status, stop.location) == (400, "")
    assert "code" not in app.carry(app.object(client_id=client_id)).answer
    assert "code" not in app.carry(app.object(iss=client_id)).answer
    assert app.push(app.object(client_id=client_id)).status == 400
    turned_away(visit(Asking(house, {"client_id": client_id}, app.browser), pushed(app)))


def test_34_an_object_of_another_application_is_nobodys(house: InProcess) -> None:
    """Signed by its own key, shown in the victim's name; and the victim's own, shown in the other's."""
    victim, thief = signing(house), signing(house)
    stolen, own = victim.object(), thief.object()
    for app, text in ((victim, own), (thief, stolen), (victim, thief.object(client_id=victim.client["client_id"]))):
        assert "code" not in app.carry(text).answer
        assert app.push(text).status == 400
    assert "code" in victim.carry(stolen).answer


def test_34_two_requests_in_one_are_none(house: InProcess) -> None:
    app = signing(house)
    twice = [("client_id", app.client["client_id"]), ("request", app.object()), ("request", app.object())]
    for form in (twice, [*twice[:2], ("request_uri", "https://app.example/request")]):
        stop = app.browser.get(f"/authorize?{urlencode(form)}")
        assert "code" not in stop.location
    # A name of a pushed request says all: what is signed beside it counts as little as anything else.
    stop = visit(app, pushed(app), request=app.object(state="signed"))
    assert stop.answer["state"] == "s t&a=te"


def test_35_a_push_by_one_proof_is_not_in_anothers_name(house: InProcess) -> None:
    """Proof and client_id say two things, in the form or between header and form."""
    one, other = asking(house), asking(house)
    secret = one.client["client_secret"]
    answer = push(other, client_secret=secret)
    assert answer.status == 401
    basic = httpx.BasicAuth(one.client["client_id"], secret)._auth_header.encode()
    answer = post(other, {**other.parameters(), **PKCE}, {b"authorization": basic})
    assert answer.status in (400, 401)


def test_35_of_two_browsers_the_one_that_cancels_ends_it_for_both(house: InProcess) -> None:
    """A name that leaked: whoever is answered first, be it with a refusal, is the only one."""
    somebody = person(house, password=PASSWORD)
    app = asking(house)
    request_uri = pushed(app, prompt="login")
    thief = visit(app, request_uri, signed_in(house, person(house, "mallory@example.org")))
    victim = visit(app, request_uri)
    assert victim.press("cancel").answer["error"] == "access_denied"
    turned_away(thief.press("sign-in", username=somebody.email, password=PASSWORD))
    turned_away(visit(app, request_uri))


def test_45_a_signed_answer_passes_for_no_token(house: InProcess) -> None:
    """JARM 2.1: signed by the same key as ID tokens and access tokens, with a state that a stranger chose."""
    app = asking(house)
    answer = app.ask(response_mode="query.jwt").answer["response"]
    assert app.ask(id_token_hint=answer).answer["error"] == "invalid_request"
    assert check_of(house) == "authorize.id_token_hint"
    assert house.request("GET", "/userinfo", b"", {b"authorization": b"Bearer " + answer.encode()}).status == 401
    assert house.call("GET", "clients", token=answer).status == 401
    signer = signing(house)
    assert signer.carry(answer).answer["error"] == "invalid_request_object"


@pytest.fixture
def jane(house: InProcess) -> Somebody:
    bank(house, consent_policy=POLICY)
    jane = Somebody(house)
    jane.add_app()
    jane.add_passkey()
    return jane


def test_44_a_factor_for_one_transaction_is_none_for_another(jane: Somebody) -> None:
    """Begun side by side in one browser: neither the code nor the passkey's answer serves twice."""
    app = Asking(jane.house, application(jane.house), jane.browser)
    one, other = ask(app, PAYMENT), ask(app, {**PAYMENT, "isUrgent": False})
    shown = jane.passkey.use(fresh_options(one), ORIGIN)
    assert other.press("passkey", credential=shown).path == "/u/factor"
    code = jane.code()
    assert one.press("sign-in", otp=code).path == "/u/consent"
    assert other.press("sign-in", otp=code).path == "/u/factor"


def test_44_an_approval_serves_the_transaction_that_was_shown(jane: Somebody) -> None:
    """The form of one page sent in the name of another."""
    app = Asking(jane.house, application(jane.house), jane.browser)
    dear = ask(app, {**PAYMENT, "isUrgent": False}).press("sign-in", otp=jane.code())
    jane.house.clock.advance(60)
    cheap = ask(app, PAYMENT).press("sign-in", otp=jane.code())
    fields = {name: cheap.page.button("allow")[0].fields[name] for name in ("session", "asked")}
    again = dear.press("allow", **fields)
    assert (again.path, again.state) == ("/u/consent", dear.state)
    assert "code" in again.press("allow").answer


def test_34_one_object_over_two_workers_is_one_answer(server: Server, admin: Administrator) -> None:
    """On both databases: the jti is spent by one insert."""
    email, key = f"{unique('signer')}@example.org", Key()
    admin.call("POST", "users", {"email": email, "password": PASSWORD, "connection": DATABASE_CONNECTION})
    client = admin.client(
        app_type="regular_web", callbacks=[CALLBACK], grant_types=["authorization_code"], **with_key(key)
    )
    client_id = client["client_id"]

    def url() -> str:
        claims = {"client_id": client_id, "aud": server.issuer, "response_type": "code", "redirect_uri": CALLBACK}
        dates = {"iat": now_ms() // 1000, "exp": now_ms() // 1000 + 60}
        text = key.jwt({**claims, **dates, **PKCE, "jti": unique("jti")}, typ="oauth-authz-req+jwt")
        return f"authorize?{urlencode({'client_id': client_id, 'request': text})}"

    browser = visitor_at(server)
    assert "code" in browser.get(f"/{url()}").press("sign-in", username=email, password=PASSWORD).answer
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    once = f"{server.issuer}{url()}"

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False) as http:
            return await asyncio.gather(*(http.get(once, headers={"cookie": cookies}) for _ in range(AT_ONCE)))

    answers = asyncio.run(run())
    assert Counter("code=" in answer.headers.get("location", "") for answer in answers) == {True: 1, False: AT_ONCE - 1}
