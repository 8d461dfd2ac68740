"""How and when somebody signed in, in the access token: what an API asks for by step-up (RFC 9068 2.2.1, RFC 9470)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.users.assurance import MULTI_FACTOR
from tests.application import decoded
from tests.authorization.asking import Asking, asking, redeemed, set_tenant
from tests.inprocess import InProcess
from tests.people import PASSWORD
from tests.signin import Stop
from tests.tokens.allowed import allowed
from tests.ui.factor_steps import Somebody

API = "https://api.example/"
DIALECTS = ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]


def claims_of(access_token: str) -> dict[str, Any]:
    claims = decoded(access_token)[1]
    return {name: claims[name] for name in ("auth_time", "acr", "amr") if name in claims}


def redeem(asked: Asking, stop: Stop) -> dict[str, Any]:
    return redeemed(asked, stop.answer["code"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_how_the_person_signed_in(house: InProcess, dialect: str) -> None:
    app, authz = allowed(house), dialect.endswith("authz")
    house.api(API, token_dialect=dialect, **({"enforce_policies": True} if authz else {}))
    auth_time_s = house.clock.now_ms() // 1000
    house.clock.advance(5)
    token = app.tokens(["openid", "read"], audience=API, acr=MULTI_FACTOR, amr=["pwd", "otp", "mfa"])["access_token"]
    assert claims_of(token) == {"auth_time": auth_time_s, "acr": MULTI_FACTOR, "amr": ["pwd", "otp", "mfa"]}


def test_an_acr_that_was_not_reached_is_not_said(house: InProcess) -> None:
    assert "acr" not in claims_of(allowed(house).tokens()["access_token"])


def test_an_application_in_its_own_name_signed_in_nowhere(house: InProcess) -> None:
    house.api(API)
    own = house.client(API)
    token = house.token(client_id=own["client_id"], client_secret=own["client_secret"], audience=API)
    assert claims_of(token.json()["access_token"]) == {}


def test_a_refresh_makes_no_sign_in_younger(house: InProcess) -> None:
    """RFC 9068 2.2.1: fixed, and remains the same across all access tokens that derive from one authorization."""
    app = allowed(house)
    house.api(API, allow_offline_access=True)
    facts = {"acr": MULTI_FACTOR, "amr": ["pwd", "otp", "mfa"]}
    first = app.tokens(["openid", "offline_access", "read"], audience=API, **facts)
    house.clock.advance(3600)
    later = app.refresh(first["refresh_token"]).json()["access_token"]
    assert claims_of(later) == claims_of(first["access_token"])
    assert decoded(later)[1]["iat"] == decoded(first["access_token"])[1]["iat"] + 3600


def test_step_up_by_acr_values_leads_to_a_token_that_says_so(house: InProcess) -> None:
    jane = Somebody(house)
    asked = asking(house, jane.browser)
    weak = redeem(asked, asked.ask().press("sign-in", username=jane.user.email, password=PASSWORD))
    assert claims_of(weak["access_token"])["amr"] == ["pwd"]
    page = asked.ask(acr_values=MULTI_FACTOR)
    assert page.path == "/u/factor/enroll"
    jane.key = page.page.by_id["key"].replace(" ", "")
    shown = page.press("sign-in", otp=jane.code())
    strong = claims_of(redeem(asked, shown.follow("continue"))["access_token"])
    assert (strong["acr"], strong["amr"]) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])
    # A session that is good for it now needs nothing more.
    assert claims_of(asked.tokens(acr_values=MULTI_FACTOR, prompt="none")["access_token"])["amr"] == [
        "pwd",
        "otp",
        "mfa",
    ]


def test_step_up_by_max_age_leads_to_a_fresh_sign_in(house: InProcess) -> None:
    jane = Somebody(house)
    asked = asking(house, jane.browser)
    sign_in = {"username": jane.user.email, "password": PASSWORD}
    old = claims_of(redeem(asked, asked.ask().press("sign-in", **sign_in))["access_token"])
    house.clock.advance(601)
    page = asked.ask(max_age=600)
    assert page.path == "/u/login"
    fresh = claims_of(redeem(asked, page.press("sign-in", **sign_in))["access_token"])
    assert fresh["auth_time"] == house.clock.now_ms() // 1000 >= old["auth_time"] + 601


def test_the_front_channel_says_it_too(house: InProcess) -> None:
    set_tenant(house, implicit_and_hybrid_supported=True)
    asked = asking(house, grant_types=["implicit"])
    token = asked.ask(response_type="token id_token", nonce="n").answer["access_token"]
    assert claims_of(token)["amr"] == ["pwd"]
