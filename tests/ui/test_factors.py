"""Second factors on pages: nobody is signed in before the second held, and no page is a way round it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from tallystick.users.assurance import MULTI_FACTOR, PHISHING_RESISTANT
from tallystick.users.session import Session
from tallystick.web.cookies import SESSION
from tests.application import now_ms
from tests.inprocess import FORM, InProcess, in_process
from tests.people import PASSWORD, signed_in
from tests.signin import visitor
from tests.software_authenticator import UP, SoftwareAuthenticator
from tests.ui.factor_steps import ORIGIN, Somebody, codes_on, fresh_options, is_signed_in, options_on
from tests.ui.steps import begun, rows

TEN_MINUTES_S = 600
REQUIRED = ["all-applications"]


@pytest.fixture
def jane(house: InProcess) -> Somebody:
    """Somebody with a password and nothing else."""
    return Somebody(house)


@pytest.fixture
def enrolled(jane: Somebody) -> Somebody:
    """Somebody with an authenticator app, in a new browser."""
    jane.add_app()
    jane.forget_session()
    return jane


def sessions(house: InProcess) -> list[Session]:
    return house.run(house.worker.storage.find(Session, house.tenant.tenant_id))


def amr(house: InProcess) -> list[str]:
    """How the newest session was begun."""
    return sessions(house)[-1].amr


def test_an_app_is_added_by_its_first_code_and_recovery_codes_are_shown_once(jane: Somebody) -> None:
    done = jane.add_app()
    assert len(codes_on(done)) == 10
    listed = done.follow("continue")
    assert "Authenticator app 1" in listed.reply.text
    assert codes_on(listed) == []


def test_a_key_that_no_code_confirmed_is_no_factor(jane: Somebody) -> None:
    jane.by_password()
    page = jane.browser.get("/account/factors/app")
    again = page.press("sign-in", otp="000000")
    assert again.page.alerts
    assert again.page.by_id["key"] == page.page.by_id["key"]
    jane.forget_session()
    assert jane.by_password().path == "/account"


def test_password_and_code_sign_in(enrolled: Somebody) -> None:
    page = enrolled.by_password()
    assert page.path == "/u/factor"
    assert SESSION not in enrolled.browser.cookies
    assert page.press("sign-in", otp=enrolled.code()).path == "/account"
    assert is_signed_in(enrolled.browser)
    assert amr(enrolled.house) == ["pwd", "otp", "mfa"]


def test_no_session_exists_before_the_second_factor(enrolled: Somebody) -> None:
    before = len(sessions(enrolled.house))
    page = enrolled.by_password()
    page.press("sign-in", otp="000000")
    assert len(sessions(enrolled.house)) == before
    for way_round in ("/account", "/account/factors", f"/account/resume?state={page.state}"):
        stop = enrolled.browser.get(way_round)
        assert stop.path in ("/u/login", "/u/factor"), way_round
    for url in (f"/authorize/resume?state={page.state}", f"/u/consent?state={page.state}"):
        enrolled.browser.get(url)
    assert SESSION not in enrolled.browser.cookies
    assert len(sessions(enrolled.house)) == before


def test_a_wrong_code_is_said_and_logged(enrolled: Somebody) -> None:
    page = enrolled.by_password().press("sign-in", otp="000000")
    assert (page.status, page.path) == (200, "/u/factor")
    assert page.page.alerts
    assert page.page.attributes["otp"]["aria-invalid"] == "true"
    (row,) = rows(enrolled.house, "gd_auth_failed")
    assert (row.details["check"], row.user_id) == ("factor.code", enrolled.user.user_id)


def test_one_code_twenty_times_at_once_begins_one_session(enrolled: Somebody) -> None:
    """20 POSTs of one form with one code: at most ten are judged, one of them wins."""
    house = enrolled.house
    pages = [enrolled.by_password(browser) for browser in [visitor(house) for _ in range(5)]]
    before, code = len(sessions(house)), enrolled.code()
    requests = []
    for page in pages:
        form, button = page.page.button("sign-in")
        fields = {**form.fields, button.name: button.value, "otp": code}
        cookies = "; ".join(f"{name}={value}" for name, value in page.visitor.cookies.items())
        headers = [(b"host", house.host), (b"cookie", cookies.encode()), (b"content-type", FORM)]
        requests += [(f"/u/factor?state={page.state}", urlencode(fields).encode(), headers)] * 4

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(house._request("POST", *one, ()) for one in requests), return_exceptions=True)

    answers = house.run(all_at_once())
    winners = [one for one in answers if SESSION in str(one.header_list)]
    assert len(winners) == 1
    assert len(sessions(house)) == before + 1


def test_brute_force_ends_at_the_page_too(enrolled: Somebody) -> None:
    page = enrolled.by_password()
    for _ in range(10):
        page = page.press("sign-in", otp="000000")
    assert "no more are taken" in page.press("sign-in", otp=enrolled.code()).page.alerts[0]
    fresh = enrolled.by_password(visitor(enrolled.house))  # and in every other browser
    assert fresh.press("sign-in", otp=enrolled.code()).path == "/u/factor"


def test_an_administrator_lifts_the_block(enrolled: Somebody) -> None:
    page = enrolled.by_password()
    for _ in range(10):
        page = page.press("sign-in", otp="000000")
    path = f"user-blocks/{enrolled.user.user_id}"
    assert len(enrolled.house.ask("GET", path)["blocked_for"]) == 1
    enrolled.house.ask("DELETE", path)
    assert page.press("sign-in", otp=enrolled.code()).path == "/account"


def test_a_recovery_code_lets_in_once(enrolled: Somebody) -> None:
    code = enrolled.codes[0]
    assert enrolled.by_password().press("use-recovery-code", recovery_code=code).path == "/account"
    enrolled.forget_session()
    assert enrolled.by_password().press("use-recovery-code", recovery_code=code).path == "/u/factor"


def test_few_recovery_codes_left_are_said(enrolled: Somebody) -> None:
    for code in enrolled.codes[:6]:
        enrolled.forget_session()
        assert enrolled.by_password().press("use-recovery-code", recovery_code=code).path == "/account"
    enrolled.forget_session()
    stop = enrolled.by_password().press("use-recovery-code", recovery_code=enrolled.codes[6])
    assert "left: 3" in stop.reply.text
    assert stop.follow("continue").path == "/account"


def test_cancelling_signs_nobody_in(enrolled: Somebody) -> None:
    stop = enrolled.by_password().press("cancel")
    assert "You are not signed in" in stop.reply.text
    assert SESSION not in enrolled.browser.cookies


def test_another_browser_cannot_finish_a_sign_in(enrolled: Somebody) -> None:
    """Browser swap: the page of one pending is shown to the browser alone that began it."""
    page = enrolled.by_password()
    stranger = visitor(enrolled.house)
    stranger.get("/account")
    stop = stranger.get(f"/u/factor?state={page.state}")
    assert (stop.status, stop.path) == (400, "/u/factor")
    form, _ = page.page.button("sign-in")
    stop = stranger.post(page.url, {**form.fields, "action": "sign-in", "otp": enrolled.code()})
    assert stop.status == 400
    assert SESSION not in stranger.cookies


def test_a_passkey_is_a_second_factor(jane: Somebody) -> None:
    assert len(codes_on(jane.add_passkey())) == 10
    jane.forget_session()
    page = jane.by_password()
    options = options_on(page, "get")
    assert [one["id"] for one in options["allowCredentials"]] == [options["allowCredentials"][0]["id"]]
    stop = page.press("passkey", credential=jane.passkey.use(options, ORIGIN, flags=UP))
    assert stop.path == "/account"
    assert amr(jane.house) == ["pwd", "hwk", "user", "mfa"]


def test_a_passkey_alone_signs_in(jane: Somebody) -> None:
    jane.add_passkey()
    jane.forget_session()
    page = jane.at_login()
    assert page.page.attributes["username"]["autocomplete"] == "username webauthn"
    stop = page.press("passkey", credential=jane.passkey.use(fresh_options(page), ORIGIN))
    assert stop.path == "/account"
    assert amr(jane.house) == ["hwk", "user", "mfa"]


def test_a_passkey_alone_must_know_its_owner(jane: Somebody) -> None:
    jane.add_passkey()
    jane.forget_session()
    page = jane.at_login()
    stop = page.press("passkey", credential=jane.passkey.use(fresh_options(page), ORIGIN, flags=UP))
    assert stop.path == "/u/passkey"
    assert stop.page.alerts
    assert SESSION not in jane.browser.cookies
    assert stop.follow("back").path == "/u/login"


def test_an_answer_for_another_browser_or_sign_in_is_refused(jane: Somebody) -> None:
    jane.add_passkey()
    mine, theirs = jane.at_login(visitor(jane.house)), jane.at_login(visitor(jane.house))
    answer = jane.passkey.use(fresh_options(theirs), ORIGIN)
    assert mine.press("passkey", credential=answer).path == "/u/passkey"
    second = mine.visitor.get("/account")
    assert second.state != mine.state
    answer = jane.passkey.use(fresh_options(second), ORIGIN)
    assert mine.press("passkey", credential=answer).path == "/u/passkey"
    assert second.press("passkey", credential=answer).path == "/account"


def test_an_answer_is_taken_once(jane: Somebody) -> None:
    jane.passkey.counts = False
    jane.add_passkey()
    jane.forget_session()
    page = jane.at_login()
    answer = jane.passkey.use(fresh_options(page), ORIGIN)
    form, _ = page.page.button("passkey")
    sent = {**form.fields, "credential": answer}
    assert page.visitor.post(f"/u/passkey?state={page.state}", sent).path == "/account"
    stop = page.visitor.post(f"/u/passkey?state={page.state}", sent)
    assert stop.status == 400 or stop.page.alerts


def test_passkeys_that_the_connection_does_not_offer_open_nothing(jane: Somebody) -> None:
    jane.add_passkey()
    jane.forget_session()
    old_page = jane.at_login()
    form, asked_before = old_page.page.button("passkey")[0], fresh_options(old_page)
    (connection,) = jane.house.ask("GET", "connections")
    options = {**connection["options"], "authentication_methods": {"passkey": {"enabled": False}}}
    jane.house.ask("PATCH", f"connections/{connection['id']}", {"options": options})
    page = jane.at_login()
    assert "passkey" not in page.page.by_id
    answer = page.visitor.get(f"/u/passkey?state={page.state}")
    assert '"options":null' in answer.reply.text
    # A page from before the change.
    sent = {**form.fields, "credential": jane.passkey.use(asked_before, ORIGIN)}
    stop = jane.browser.post(f"/u/passkey?state={old_page.state}", sent)
    assert (stop.status, SESSION in jane.browser.cookies) == (400, False)
    assert jane.by_password().path == "/u/factor"  # it is still asked for beside the password


def test_at_an_address_there_are_no_passkeys(jane: Somebody) -> None:
    jane.house.host = b"127.0.0.1:8443"
    page = jane.at_login(visitor(jane.house))
    assert '"options":null' in page.visitor.get(f"/u/passkey?state={page.state}").reply.text


def test_who_must_have_a_factor_enrols_one_before_being_signed_in(jane: Somebody) -> None:
    jane.house.ask("PUT", "guardian/policies", REQUIRED)
    page = jane.by_password()
    assert page.path == "/u/factor/enroll"
    assert SESSION not in jane.browser.cookies
    jane.key = page.page.by_id["key"].replace(" ", "")
    wrong = page.press("sign-in", otp="000000")
    assert wrong.page.alerts
    assert wrong.page.by_id["key"].replace(" ", "") == jane.key
    stop = wrong.press("sign-in", otp=jane.code())
    assert len(codes_on(stop)) == 10
    assert stop.follow("continue").path == "/account"
    assert amr(jane.house) == ["pwd", "otp", "mfa"]


def test_a_passkey_may_be_what_is_enrolled(jane: Somebody) -> None:
    jane.house.ask("PUT", "guardian/policies", REQUIRED)
    page = jane.by_password()
    stop = page.press("add-passkey", credential=jane.passkey.make(options_on(page, "create"), ORIGIN))
    assert stop.follow("continue").path == "/account"
    assert amr(jane.house) == ["pwd", "hwk", "user", "mfa"]


def test_a_first_factor_alone_enrols_nothing_for_who_has_one(enrolled: Somebody) -> None:
    """Who knows the password must not get round the app by adding one of their own."""
    enrolled.house.ask("PUT", "guardian/policies", REQUIRED)
    page = enrolled.by_password()
    state = page.state
    assert enrolled.browser.get(f"/u/factor/enroll?state={state}").path == "/u/factor"
    # The form of somebody's own enrolment, sent in the place of the challenge.
    other = Somebody(enrolled.house, "mallory@example.org")
    other.browser = enrolled.browser
    mallorys = other.by_password()
    form, _ = mallorys.page.button("sign-in")
    fields = {**form.fields, "action": "sign-in", "otp": "000000"}
    assert enrolled.browser.post(f"/u/factor/enroll?state={state}", fields).status == 400
    assert SESSION not in enrolled.browser.cookies


def test_an_enrolment_begun_before_somebody_else_enrolled_comes_too_late(jane: Somebody) -> None:
    jane.house.ask("PUT", "guardian/policies", REQUIRED)
    attacker = Somebody.__new__(Somebody)
    attacker.__dict__.update(jane.__dict__, browser=visitor(jane.house))
    page = attacker.by_password()
    attacker.key = page.page.by_id["key"].replace(" ", "")
    own = jane.by_password()
    jane.key = own.page.by_id["key"].replace(" ", "")
    assert codes_on(own.press("sign-in", otp=jane.code()))
    assert page.press("sign-in", otp=attacker.code()).path == "/u/factor"
    assert SESSION not in attacker.browser.cookies


def test_what_the_tenant_offers_is_what_can_be_enrolled(jane: Somebody) -> None:
    jane.house.ask("PUT", "guardian/policies", REQUIRED)
    jane.house.ask("PUT", "guardian/factors/otp", {"enabled": False})
    page = jane.by_password()
    assert "key" not in page.page.by_id
    assert options_on(page, "create")["authenticatorSelection"]["residentKey"] == "preferred"
    for factor in ("webauthn-roaming", "webauthn-platform"):
        jane.house.ask("PUT", f"guardian/factors/{factor}", {"enabled": False})
    assert "key" in jane.by_password().page.by_id  # demanded, and nothing offered: an app


def test_a_factor_that_is_offered_no_more_is_asked_for_all_the_same(enrolled: Somebody) -> None:
    enrolled.house.ask("PUT", "guardian/factors/otp", {"enabled": False})
    page = enrolled.by_password()
    assert page.path == "/u/factor"
    assert page.press("sign-in", otp=enrolled.code()).path == "/account"


def test_changes_need_a_proof_of_the_last_ten_minutes(enrolled: Somebody) -> None:
    enrolled.by_password().press("sign-in", otp=enrolled.code())
    page = enrolled.browser.get("/account/factors")
    assert "remove-1" in page.page.by_id
    enrolled.house.clock.advance(TEN_MINUTES_S)
    assert page.press("remove-1").page.alerts == ["Please confirm first that it is you."]
    stale = enrolled.browser.get("/account/factors")
    assert "remove-1" not in stale.page.by_id
    assert enrolled.browser.get("/account/factors/app").path == "/account/factors"
    assert stale.press("confirm", password="wrong").page.alerts == ["The password is not right."]
    half = stale.press("confirm", password=PASSWORD)
    assert "remove-1" not in half.page.by_id  # the factor that was shown long ago is asked for, too
    fresh = half.press("confirm", otp=enrolled.code())
    assert "removed" in fresh.press("remove-1").reply.text
    enrolled.forget_session()
    assert enrolled.by_password().path == "/account"


def test_a_session_from_before_the_factor_cannot_remove_it(jane: Somebody) -> None:
    """Cookie and password of an old session are one factor: they do not take the second away."""
    old = signed_in(jane.house, jane.user)
    jane.add_app()
    page = old.get("/account/factors")
    assert "remove-1" not in page.page.by_id
    assert "password" not in page.page.by_id
    fresh = page.press("confirm", otp=jane.code())
    assert "remove-1" in fresh.page.by_id


def test_names_can_be_given(jane: Somebody) -> None:
    jane.add_passkey()
    page = jane.browser.get("/account/factors")
    assert "my key" in page.reply.text
    renamed = page.press("rename-1", name="<b>laptop</b>")
    assert "&lt;b&gt;laptop&lt;/b&gt;" in renamed.reply.text


def test_the_last_factor_stays_where_all_must_have_one(enrolled: Somebody) -> None:
    enrolled.by_password().press("sign-in", otp=enrolled.code())
    page = enrolled.browser.get("/account/factors")
    enrolled.house.ask("PUT", "guardian/policies", REQUIRED)
    stop = page.press("remove-1")
    assert "one factor at least" in stop.page.alerts[0]
    assert "remove-1" not in stop.page.by_id


def test_new_recovery_codes_end_the_old_ones(enrolled: Somebody) -> None:
    enrolled.by_password().press("sign-in", otp=enrolled.code())
    new = codes_on(enrolled.browser.get("/account/factors").press("new-codes"))
    enrolled.forget_session()
    page = enrolled.by_password()
    assert page.press("use-recovery-code", recovery_code=enrolled.codes[0]).path == "/u/factor"
    assert page.press("use-recovery-code", recovery_code=new[0]).path == "/account"


def test_nobody_changes_the_factors_of_others(enrolled: Somebody) -> None:
    enrolled.by_password().press("sign-in", otp=enrolled.code())
    mallory = Somebody(enrolled.house, "mallory@example.org")
    mallory.add_app()
    theirs = enrolled.browser.get("/account/factors").page.button("remove-1")[0].fields["factor"]
    stop = mallory.browser.get("/account/factors").press("remove-1", factor=theirs)
    assert stop.page.alerts
    assert "remove-1" in enrolled.browser.get("/account/factors").page.by_id


def test_a_form_sent_twice_enrols_once(jane: Somebody) -> None:
    jane.by_password()
    page = jane.browser.get("/account/factors/app")
    jane.key = page.page.by_id["key"].replace(" ", "")
    code = jane.code()
    page.press("sign-in", otp=code)
    assert page.press("sign-in", otp=code).page.alerts
    assert "remove-2" not in jane.browser.get("/account/factors").page.by_id


def test_the_same_authenticator_is_not_offered_twice(jane: Somebody) -> None:
    jane.add_passkey()
    options = options_on(jane.browser.get("/account/factors"), "create")
    assert len(options["excludeCredentials"]) == 1
    assert SoftwareAuthenticator().make(options, ORIGIN)


def test_pages_hold_no_script_of_their_own(enrolled: Somebody) -> None:
    for stop in (enrolled.at_login(), enrolled.by_password()):
        assert "<script>" not in stop.reply.text
        assert "script-src 'self'" in stop.reply.header("content-security-policy")


def test_a_new_password_takes_back_what_the_old_one_opened(enrolled: Somebody) -> None:
    """Who only knew the old password may not finish with the second factor, whenever that comes into their hands."""
    page = enrolled.by_password()
    owner = signed_in(enrolled.house, enrolled.user, ["pwd", "otp", "mfa"])
    owner.get("/account").press("change-password", current_password=PASSWORD, new_password="Another 4 horses")
    assert page.press("sign-in", otp=enrolled.code()).path == "/u/login"
    assert SESSION not in enrolled.browser.cookies


def test_an_application_may_ask_for_a_second_factor_in_a_session(jane: Somebody) -> None:
    """Step-up (OpenID Connect Core 3.1.2.1): the session goes on, with the factor and under another cookie."""
    jane.add_app()
    browser = signed_in(jane.house, jane.user)
    before, cookie = sessions(jane.house)[-1], browser.cookies[SESSION]
    _, pending = begun(jane.house, browser, acr_values=MULTI_FACTOR)
    page = browser.get(f"/u/factor?state={pending.id}")
    assert page.path == "/u/factor"
    page.press("sign-in", otp=jane.code())
    after = sessions(jane.house)[-1]
    assert (after.id, after.amr, after.authenticated_at_ms) == (
        before.id,
        ["pwd", "otp", "mfa"],
        before.authenticated_at_ms,
    )
    assert browser.cookies[SESSION] != cookie


def test_who_has_no_factor_enrols_one_when_an_application_asks(jane: Somebody) -> None:
    browser = signed_in(jane.house, jane.user)
    _, pending = begun(jane.house, browser, acr_values=MULTI_FACTOR)
    page = browser.get(f"/u/factor/enroll?state={pending.id}")
    jane.key = page.page.by_id["key"].replace(" ", "")
    assert codes_on(page.press("sign-in", otp=jane.code()))
    assert sessions(jane.house)[-1].amr == ["pwd", "otp", "mfa"]


def test_a_stolen_session_enrols_nothing(jane: Somebody) -> None:
    """A session alone must not be made to last by a factor of the thief's own, whatever an application asks for."""
    thief = signed_in(jane.house, jane.user)
    _, pending = begun(jane.house, thief, acr_values=MULTI_FACTOR)
    url = f"/u/factor/enroll?state={pending.id}"
    from_before = thief.get(url)
    jane.key = from_before.page.by_id["key"].replace(" ", "")
    jane.house.clock.advance(TEN_MINUTES_S)
    page = thief.get(url)
    assert "key" not in page.page.by_id
    assert page.press("confirm", password="a guess").page.alerts
    assert codes_on(from_before.press("sign-in", otp=jane.code())) == []
    assert sessions(jane.house)[-1].amr == ["pwd"]
    assert "key" in page.press("confirm", password=PASSWORD).page.by_id


def test_who_is_asked_for_a_passkey_shows_one(jane: Somebody) -> None:
    """``phr``: after password and code nothing but a passkey is left to show."""
    jane.add_app()
    jane.add_passkey()
    browser = signed_in(jane.house, jane.user, ["pwd", "otp", "mfa"])
    _, pending = begun(jane.house, browser, acr_values=PHISHING_RESISTANT)
    page = browser.get(f"/u/factor?state={pending.id}")
    assert "otp" not in page.page.by_id
    form, _ = page.page.button("passkey")
    assert browser.post(page.url, {**form.fields, "credential": "", "otp": jane.code()}).page.alerts
    page.press("passkey", credential=jane.passkey.use(options_on(page, "get"), ORIGIN))
    assert sessions(jane.house)[-1].amr == ["pwd", "otp", "mfa", "hwk", "user"]


def test_who_owes_nothing_is_sent_on(jane: Somebody) -> None:
    browser = signed_in(jane.house, jane.user)
    _, pending = begun(jane.house, browser)
    for path in ("/u/factor", "/u/factor/enroll"):
        stop = browser.get(f"{path}?state={pending.id}")
        assert stop.location.endswith(f"/authorize/resume?state={pending.id}")


def test_a_blocked_person_passes_no_second_factor(enrolled: Somebody) -> None:
    page = enrolled.by_password()
    house = enrolled.house
    user = house.run(house.worker.people.accounts.by_id(enrolled.user.tenant_id, enrolled.user.user_id))
    assert user is not None
    house.run(house.worker.storage.write(saves=(replace(user, blocked=True),)))
    assert page.press("sign-in", otp=enrolled.code()).status == 400
    assert SESSION not in enrolled.browser.cookies


def test_what_one_browser_was_asked_another_cannot_answer(jane: Somebody) -> None:
    """Challenges and keys of a page belong to the browser that it was shown to, and to its person."""
    here, there = signed_in(jane.house, jane.user), signed_in(jane.house, jane.user)
    page, other = here.get("/account/factors"), there.get("/account/factors")
    answer = jane.passkey.make(options_on(page, "create"), ORIGIN)
    assert other.press("add-passkey", credential=answer).page.alerts
    app, others_app = here.get("/account/factors/app"), there.get("/account/factors/app")
    key, enrolment = app.page.by_id["key"].replace(" ", ""), app.page.button("sign-in")[0].fields["enrolment"]
    jane.key = key
    stop = others_app.press("sign-in", otp=jane.code(), enrolment=enrolment)
    assert "too old" in stop.page.alerts[0]
    mallory = Somebody(jane.house, "mallory@example.org")
    page = signed_in(jane.house, mallory.user, browser=here).get("/account/factors/app")
    assert "too old" in page.press("sign-in", otp=jane.code(), enrolment=enrolment).page.alerts[0]


@pytest.mark.parametrize("seen_as", ["domain", "origin_domain_name"])
def test_at_a_custom_domain_passkeys_belong_to_that_domain(tmp_path: Path, seen_as: str) -> None:
    with in_process(tmp_path / "data", now_ms(), custom_domain_verification="none") as house:
        made = house.made("POST", "custom-domains", {"domain": "login.example.com", "type": "self_managed_certs"})
        made = house.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
        jane = Somebody(house)
        house.host = made[seen_as].encode()
        jane.browser = visitor(house)
        jane.by_password()
        page = jane.browser.get("/account/factors")
        options = options_on(page, "create")
        assert options["rp"]["id"] == "login.example.com"
        assert page.press("add-passkey", credential=jane.passkey.make(options, ORIGIN)).page.alerts
        page = jane.browser.get("/account/factors")
        done = page.press(
            "add-passkey", credential=jane.passkey.make(options_on(page, "create"), "https://login.example.com")
        )
        assert codes_on(done)
        house.host = b"localhost:8443"
        jane.forget_session()
        stop = jane.by_password()  # at the tenant's own address the passkey does not answer: a recovery code does
        assert "belongs to login.example.com" in stop.reply.text
        assert stop.press("use-recovery-code", recovery_code=codes_on(done)[0]).path == "/account"
