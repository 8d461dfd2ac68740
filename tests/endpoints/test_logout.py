"""`/oidc/logout`, `/u/logout` and `/v2/logout`: who may sign somebody out, and where the browser goes."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.inprocess import InProcess
from tests.logout.leaving import AFTER, Leaving, application, at, leaving
from tests.people import person, signed_in
from tests.signin import Stop

OTHER = "https://tenant.example/bye"


@pytest.fixture
def jane(house: InProcess) -> Leaving:
    return leaving(house)


def logout(jane: Leaving, **parameters: str) -> Stop:
    return jane.browser.get(f"/oidc/logout?{urlencode(parameters)}")


def asks(jane: Leaving, stop: Stop) -> bool:
    return stop.status == 200 and "sign-out" in stop.page.by_id and jane.is_signed_in


def check(jane: Leaving) -> str:
    return str(jane.rows("flo")[0].details["check"])


# --- who is believed


def test_an_expired_hint_is_as_good_as_a_fresh_one(jane: Leaving) -> None:
    hint = jane.id_token(exp=jane.house.clock.now_ms() // 1000 - 1)
    assert logout(jane, id_token_hint=hint, post_logout_redirect_uri=AFTER).location == AFTER
    assert not jane.is_signed_in


def test_a_hint_for_another_person_or_session_ends_nothing_unasked(jane: Leaving) -> None:
    other = leaving(jane.house, "bob@example.org")
    for hint in (other.id_token(), jane.id_token(sid=other.session_id), jane.id_token(sub=other.user.user_id)):
        assert asks(jane, logout(jane, id_token_hint=hint, post_logout_redirect_uri=AFTER))
    assert other.session is not None
    # Nor where the tenant asks nobody.
    jane.house.ask("PATCH", "tenants/settings", {"sessions": {"oidc_logout_prompt_enabled": False}})
    assert asks(jane, logout(jane, id_token_hint=other.id_token(), post_logout_redirect_uri=AFTER))


def test_a_pairwise_hint_is_compared_with_the_pairwise_subject(house: InProcess) -> None:
    jane = leaving(house, subject_type="pairwise")
    assert asks(jane, logout(jane, id_token_hint=jane.id_token(sub=jane.user.user_id)))
    assert "signed-out" in logout(jane, id_token_hint=jane.id_token()).page.by_id


def test_logout_hint_is_the_sid(jane: Leaving) -> None:
    asked = {"client_id": jane.client_id, "post_logout_redirect_uri": AFTER}
    assert asks(jane, logout(jane, logout_hint="another", **asked))
    assert asks(jane, logout(jane, logout_hint="another", id_token_hint=jane.id_token(), **asked))
    assert logout(jane, logout_hint=jane.session_id, **asked).location == AFTER
    assert not jane.is_signed_in


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt"])
def test_another_kind_of_token_is_no_hint(jane: Leaving, typ: str) -> None:
    assert logout(jane, id_token_hint=jane.id_token(typ)).status == 400
    assert check(jane) == "id_token_hint.kind"
    assert jane.is_signed_in


def test_client_and_hint_must_agree(jane: Leaving) -> None:
    other = application(jane.house)["client_id"]
    for parameters, why in (
        ({"client_id": other, "id_token_hint": jane.id_token()}, "logout.client_mismatch"),
        ({"client_id": "nobody"}, "logout.client"),
        ({"id_token_hint": jane.id_token(aud="nobody")}, "logout.client"),
    ):
        assert logout(jane, post_logout_redirect_uri=AFTER, **parameters).status == 400
        assert check(jane) == why
    assert jane.is_signed_in


def test_parameters_come_once(jane: Leaving) -> None:
    stop = jane.browser.get(f"/oidc/logout?state=a&state=b&id_token_hint={jane.id_token()}")
    assert (stop.status, check(jane)) == (400, "parameters.duplicate")
    assert jane.is_signed_in


# --- asked first


def test_without_a_hint_the_person_is_asked_and_then_sent_on(jane: Leaving) -> None:
    stop = logout(jane, client_id=jane.client_id, post_logout_redirect_uri=AFTER, state="s")
    assert asks(jane, stop)
    assert "Shop" in stop.reply.text
    # Chromium holds the redirect that follows the form to this.
    assert "form-action 'self' https://app.example;" in stop.reply.header("content-security-policy")
    stop = stop.press("sign-out")
    assert stop.location == f"{AFTER}?state=s"
    assert "Max-Age=0" in stop.reply.header("set-cookie")
    assert not jane.is_signed_in


def test_logout_csrf_the_answer_is_good_only_in_the_browser_that_was_asked(jane: Leaving) -> None:
    eve = leaving(jane.house, "eve@example.org")
    token = logout(eve).page.button("sign-out")[0].fields["form_token"]
    logout(jane)
    for fields, headers in (
        ({"form_token": token}, {}),
        ({}, {}),
        ({"form_token": logout(jane).page.button("sign-out")[0].fields["form_token"]}, {"origin": "https://e.example"}),
    ):
        assert jane.browser.post("/u/logout", fields, headers).status == 400
    assert jane.browser.post("/u/logout", {}, from_elsewhere=True).status == 400
    assert jane.is_signed_in


def test_what_the_form_repeats_is_checked_like_the_request(jane: Leaving) -> None:
    stop = logout(jane, client_id=jane.client_id).press("sign-out", post_logout_redirect_uri="https://evil.example/")
    assert (stop.status, stop.location, check(jane)) == (400, "", "logout.redirect_uri")
    assert jane.is_signed_in


def test_another_sites_form_is_answered_too(jane: Leaving) -> None:
    # POST is one of the two ways (section 2); the question is then asked by a GET, which brings the browser's cookie.
    fields = {"client_id": jane.client_id, "post_logout_redirect_uri": AFTER, "state": "s"}
    stop = jane.browser.post("/oidc/logout", fields, from_elsewhere=True)
    assert asks(jane, stop)
    assert stop.press("sign-out").location == f"{AFTER}?state=s"
    jane = at(jane.house, signed_in(jane.house, jane.user), jane.user, jane.client)
    fields["id_token_hint"] = jane.id_token()
    assert jane.browser.post("/oidc/logout", fields, from_elsewhere=True).location == f"{AFTER}?state=s"
    assert not jane.is_signed_in


def test_where_the_tenant_asks_nobody_the_session_ends_at_once(jane: Leaving) -> None:
    jane.house.ask("PATCH", "tenants/settings", {"sessions": {"oidc_logout_prompt_enabled": False}})
    assert "signed-out" in logout(jane).page.by_id
    assert not jane.is_signed_in


def test_a_copy_of_the_cookie_is_worth_nothing_after(jane: Leaving) -> None:
    copied = dict(jane.browser.cookies)
    logout(jane, id_token_hint=jane.id_token())
    jane.browser.cookies.update(copied)
    assert jane.browser.get("/account").path == "/u/login"


def test_the_tenants_urls_count_where_no_application_is_known(jane: Leaving) -> None:
    jane.house.ask("PATCH", "tenants/settings", {"allowed_logout_urls": [OTHER]})
    assert logout(jane, post_logout_redirect_uri=OTHER).press("sign-out").location == OTHER
    assert logout(jane, post_logout_redirect_uri=OTHER, client_id=jane.client_id).status == 400


def test_the_page_speaks_the_language_that_is_asked_for(jane: Leaving) -> None:
    jane.house.ask("PATCH", "tenants/settings", {"enabled_locales": ["en", "de"]})
    assert logout(jane, ui_locales="de-AT").page.language == "de"


def test_other_methods_are_refused(house: InProcess) -> None:
    for path in ("/oidc/logout", "/u/logout", "/v2/logout"):
        assert house.request("PUT", path).status == 405


# --- Auth0's


def test_v2_logout_ends_the_session_without_a_question(jane: Leaving) -> None:
    query = urlencode({"client_id": jane.client_id, "returnTo": AFTER, "federated": ""})
    assert jane.browser.get(f"/v2/logout?{query}").location == AFTER
    assert not jane.is_signed_in
    assert jane.rows("slo")[0].client_id == jane.client_id


def test_v2_logout_without_return_to_takes_the_first_url_of_the_list(jane: Leaving) -> None:
    assert jane.browser.get(f"/v2/logout?client_id={jane.client_id}").location == AFTER
    assert "signed-out" in jane.browser.get("/v2/logout").page.by_id
    jane.house.ask("PATCH", "tenants/settings", {"allowed_logout_urls": [OTHER]})
    assert jane.browser.get("/v2/logout").location == OTHER


def test_v2_logout_to_nowhere_else(jane: Leaving) -> None:
    for query in (
        {"client_id": jane.client_id, "returnTo": "https://evil.example/"},
        {"client_id": jane.client_id, "returnTo": f"{AFTER}?x=y"},
        {"client_id": jane.client_id, "returnTo": OTHER},
        {"returnTo": AFTER},
        {"client_id": "nobody", "returnTo": AFTER},
    ):
        stop = jane.browser.get(f"/v2/logout?{urlencode(query)}")
        assert (stop.status, stop.location) == (400, "")
    assert jane.is_signed_in


def test_a_url_that_no_header_can_carry_fits_nothing(jane: Leaving) -> None:
    jane.house.ask("PATCH", "tenants/settings", {"allowed_logout_urls": ["https://ä.example/"]})
    assert jane.browser.get(f"/v2/logout?{urlencode({'returnTo': 'https://ä.example/'})}").status == 400


def test_a_session_of_another_tenants_host_is_another(jane: Leaving) -> None:
    somebody = person(jane.house, "x@example.org")
    assert signed_in(jane.house, somebody).get("/v2/logout").status == 200
    assert jane.is_signed_in
