"""Forgotten passwords and unproven addresses: mailed links, and what nobody gains by them."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from tallystick.errors import OAuthError
from tallystick.tokens.family import TokenFamily
from tallystick.users.accounts import Accounts
from tallystick.users.facts import RequestFacts
from tallystick.users.redeeming import Redeeming
from tallystick.users.session import Session
from tallystick.users.ticket import CHANGE_PASSWORD, VERIFY_EMAIL, Ticket
from tallystick.users.tickets import Tickets
from tallystick.users.user import User
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Stop, visitor
from tests.ui.mails import mails, newest
from tests.ui.steps import at, begun, rows

NEW = "another horse entirely, 7"


def ask(house: InProcess, who: str = "jane@example.org", headers: dict[str, str] | None = None) -> Stop:
    browser = visitor(house)
    form, button = browser.get("/u/reset").page.button("reset")
    fields = {**form.fields, "username": who, button.name: button.value}
    return browser.post("/u/reset", fields, headers)


def link(house: InProcess, purpose: str, user: User, **data: Any) -> str:
    tickets = Tickets(house.worker.storage, house.worker.handles)
    return house.run(tickets.create(house.tenant, user, purpose, house.clock.now_ms(), **data))


def again(house: InProcess, user: User) -> User:
    found = house.run(house.worker.people.accounts.by_id(user.tenant_id, user.user_id))
    assert found is not None
    return found


def is_over(stop: Stop) -> bool:
    return stop.status == 400 and "invalid_request" in stop.error and "password" not in stop.page.by_id


# --- a forgotten password


def test_from_the_sign_in_page_by_the_mailed_link_back_to_the_sign_in(house: InProcess) -> None:
    jane = person(house)
    stop = at(house, "/u/login").follow("forgot-password")
    assert stop.path == "/u/reset"
    state = stop.state
    stop = stop.press("reset", username=" Jane@Example.org ")
    assert (stop.path, stop.state) == ("/u/reset/sent", state)
    (mail,) = mails(house)
    assert (mail.to, mail.subject) == ("jane@example.org", "Your new password for tallystick")
    assert mail.link.startswith(f"{house.issuer}u/reset/new?ticket=")
    stop = stop.visitor.get(mail.link)
    assert "jane@example.org" in stop.reply.text
    stop = stop.press("set-password", password=NEW)
    assert stop.page.links["continue"] == f"/u/login?state={state}"
    assert again(house, jane).email_verified
    assert [row.user_id for row in rows(house, "scp")] == [jane.user_id]
    assert not is_over(stop.follow("continue").press("sign-in", username="jane@example.org", password=NEW))
    assert rows(house, "s")


def test_the_old_password_sessions_and_refresh_tokens_are_over(house: InProcess) -> None:
    jane = person(house)
    browser = signed_in(house, jane)
    now_ms = house.clock.now_ms()
    family = TokenFamily(
        tenant_id=jane.tenant_id,
        id="f",
        client_id="c",
        user_id=jane.user_id,
        session_id=None,
        audience=None,
        scope=[],
        auth_time_ms=now_ms,
        seed="s",
        has_refresh_token=True,
        created_at_ms=now_ms,
        purge_at_ms=now_ms + 10**9,
    )
    house.run(house.worker.storage.write(saves=(family,)))
    visitor(house).get(link(house, CHANGE_PASSWORD, jane)).press("set-password", password=NEW)
    assert browser.get("/account").path == "/u/login"
    assert house.run(house.worker.storage.find(Session, jane.tenant_id)) == []
    (withdrawn,) = house.run(house.worker.storage.find(TokenFamily, jane.tenant_id))
    assert withdrawn.withdrawn_because == "password-changed"


def test_a_block_for_too_many_wrong_passwords_is_over_with_the_old_one(house: InProcess) -> None:
    jane = person(house, password=PASSWORD)
    stop = at(house, "/u/login")
    for _ in range(11):
        stop = stop.press("sign-in", username=jane.email, password="wrong")
    assert rows(house, "limit_wc")
    visitor(house).get(link(house, CHANGE_PASSWORD, jane)).press("set-password", password=NEW)
    stop.press("sign-in", username=jane.email, password=NEW)
    assert [row.user_id for row in rows(house, "s")] == [jane.user_id]


def test_enumeration_the_answer_is_the_same_for_everybody(house: InProcess) -> None:
    person(house)
    known, unknown = ask(house), ask(house, "nobody@example.org")
    assert (known.status, known.path, known.reply.text) == (unknown.status, unknown.path, unknown.reply.text)
    assert [row.details["check"] for row in rows(house, "fcpr")] == ["reset.unknown"]
    assert [one.to for one in mails(house)] == ["jane@example.org"]
    # The same statements are written, but for the ticket: nobody's clock tells who has an account.
    assert len(house.run(house.worker.storage.find(Ticket, house.tenant.tenant_id))) == 1


def test_a_mailbox_is_not_flooded_and_a_place_asks_no_more_than_so_often(house: InProcess) -> None:
    person(house)
    answers = [ask(house) for _ in range(5)]
    assert {(one.status, one.path) for one in answers} == {(200, "/u/reset/sent")}
    assert len(mails(house)) == 3
    assert [row.details["check"] for row in rows(house, "fcpr")] == ["reset.throttled"] * 2
    house.clock.advance(1200)
    ask(house)
    assert len(mails(house)) == 4
    for number in range(25):
        ask(house, f"stranger{number}@example.org")
    throttled = [row for row in rows(house, "fcpr") if row.details["check"] == "reset.throttled"]
    assert len(throttled) > 2


def test_host_injection_the_link_begins_with_the_issuer_whatever_the_host_says(house: InProcess) -> None:
    person(house)
    house.host = b"127.0.0.1:8443"  # a host of ours, but not the issuer's
    ask(house, headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})
    assert mails(house)[0].link.startswith(house.issuer)
    assert house.request("GET", "/u/reset", host=b"evil.example").status == 421


def test_a_password_that_is_refused_spends_nothing(house: InProcess) -> None:
    stop = visitor(house).get(link(house, CHANGE_PASSWORD, person(house)))
    for password in ("", "short"):
        stop = stop.press("set-password", password=password)
        assert (stop.status, len(stop.page.alerts)) == (200, 1)
    assert "password-set" in stop.press("set-password", password=NEW).page.by_id


def test_a_link_is_good_once_and_opening_it_spends_nothing(house: InProcess) -> None:
    jane = person(house)
    old, opened = link(house, CHANGE_PASSWORD, jane), link(house, CHANGE_PASSWORD, jane)
    browser = visitor(house)
    for _ in range(3):
        stop = browser.get(opened)
    assert "password-set" in stop.press("set-password", password=NEW).page.by_id
    assert is_over(stop.press("set-password", password="yet another, 8"))
    assert is_over(browser.get(opened))
    # Those that were mailed before are over with it.
    assert is_over(browser.get(old))


def test_a_link_expires(house: InProcess) -> None:
    opened = link(house, CHANGE_PASSWORD, person(house))
    stop = visitor(house).get(opened)
    house.clock.advance(3600)
    assert is_over(stop.press("set-password", password=NEW))
    assert rows(house, "f")[0].details["check"] == "ticket.expired"


def test_guesses_and_links_of_another_kind_open_nothing(house: InProcess) -> None:
    jane = person(house)
    verify = urlsplit(link(house, VERIFY_EMAIL, jane)).query
    opened = link(house, CHANGE_PASSWORD, jane)
    (kept,) = house.run(house.worker.storage.find(Ticket, jane.tenant_id, where={"purpose": CHANGE_PASSWORD}))
    browser = visitor(house)
    for query in (
        verify,
        f"ticket={kept.ticket_hash}",
        "ticket=",
        "",
        "ticket=" + "A" * 43,
        opened[-43:],
        "ticket=%00",
    ):
        assert is_over(browser.get(f"/u/reset/new?{query}"))
    assert is_over(browser.get(f"/u/verify?{urlsplit(opened).query}"))


def test_a_link_to_an_old_address_opens_nothing(house: InProcess) -> None:
    jane = person(house)
    opened = link(house, CHANGE_PASSWORD, jane)
    changed = {"email": "new@example.org"}
    house.run(
        house.worker.people.accounts.update(house.tenant, jane.user_id, changed, house.clock.now_ms(), _log(house))
    )
    assert is_over(visitor(house).get(opened))


def test_of_several_who_use_a_link_at_once_one_succeeds(house: InProcess) -> None:
    jane = person(house)
    handle = link(house, CHANGE_PASSWORD, jane)[-43:]
    people = house.worker.people
    redeeming = Redeeming(Tickets(house.worker.storage, house.worker.handles), people.accounts)
    facts = RequestFacts(tenant=house.tenant, now_ms=house.clock.now_ms(), correlation_id="c", ip="127.0.0.1")

    async def race() -> list[Any]:
        tries = (redeeming.set_password(facts, handle, f"{NEW} {number}") for number in range(6))
        return await asyncio.gather(*tries, return_exceptions=True)

    results = house.run(race())
    assert sum(isinstance(one, Ticket) for one in results) == 1
    assert sum(isinstance(one, OAuthError) and one.check == "ticket.unknown" for one in results) == 5
    assert len(rows(house, "scp")) == 1


def test_csrf_a_link_is_used_by_the_browser_that_opened_it(house: InProcess) -> None:
    opened = link(house, CHANGE_PASSWORD, person(house))
    form = visitor(house).get(opened).page.button("set-password")[0]
    assert visitor(house).post("/u/reset/new", {**form.fields, "password": NEW}).status == 400
    assert not is_over(visitor(house).get(opened))


def test_nothing_of_the_page_tells_the_link_to_others(house: InProcess) -> None:
    stop = visitor(house).get(link(house, CHANGE_PASSWORD, person(house)))
    assert stop.reply.header("referrer-policy") == "same-origin"
    assert stop.reply.header("cache-control") == "no-store"
    assert "default-src 'none'" in stop.reply.header("content-security-policy")


def test_a_sign_in_that_waits_in_another_browser_is_not_gone_on_with(house: InProcess) -> None:
    _, pending = begun(house)
    opened = link(house, CHANGE_PASSWORD, person(house), pending_id=pending.id)
    stop = visitor(house).get(opened).press("set-password", password=NEW)
    assert stop.page.links["continue"] == "/account"


def test_a_ticket_of_an_administrator_leads_where_it_says(house: InProcess) -> None:
    opened = link(house, CHANGE_PASSWORD, person(house), result_url="https://app.example/welcome", life_ms=5000)
    stop = visitor(house).get(opened).press("set-password", password=NEW)
    assert stop.page.links["continue"] == "https://app.example/welcome"
    assert not again(house, house.run(_first(house))).email_verified


# --- an unproven address


def test_after_sign_up_the_address_is_proven_by_the_button_not_by_the_link(house: InProcess) -> None:
    at(house, "/u/signup").press("sign-up", username="ada@example.org", password=NEW)
    (mail,) = mails(house)
    assert mail.subject == "Confirm your address for tallystick"
    assert mail.link.startswith(f"{house.issuer}u/verify?ticket=")
    ada = house.run(_first(house))
    scanner = visitor(house).get(mail.link)
    assert not again(house, ada).email_verified
    stop = visitor(house).get(mail.link).press("verify")
    assert "verified" in stop.page.by_id
    assert again(house, ada).email_verified
    assert [row.user_id for row in rows(house, "sv")] == [ada.user_id]
    assert is_over(scanner.press("verify"))


def test_letters_speak_the_language_of_the_page(house: InProcess) -> None:
    person(house)
    house.ask("PATCH", "tenants/settings", {"friendly_name": "Bäcker & <Söhne>\u2028"})
    seen = mails(house)
    ask(house, headers={"accept-language": "de-CH, en;q=0.5"})
    mail = newest(house, seen)
    assert mail.subject == "Ihr neues Passwort für Bäcker & <Söhne>"
    assert "Bäcker & <Söhne>" in mail.text
    assert "Bäcker &amp; &lt;Söhne&gt;" in mail.html


def _log(house: InProcess) -> Any:
    facts = RequestFacts(tenant=house.tenant, now_ms=house.clock.now_ms(), correlation_id="c", ip="127.0.0.1")
    return lambda description, **details: facts.event("sapi", description, None, **details)


async def _first(house: InProcess) -> User:
    accounts: Accounts = house.worker.people.accounts
    tenant_id = (await house.worker.hosts.every())["localhost:8443"].tenant_id
    for email in ("jane@example.org", "ada@example.org"):
        if (found := await accounts.by_email(tenant_id, email)) is not None:
            return found
    raise AssertionError
