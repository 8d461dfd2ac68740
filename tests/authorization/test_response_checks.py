"""How the answer comes: response types, response modes, nonces."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from tallystick.profiles import OAUTH21, PROFILES
from tests.application import decoded
from tests.authorization.asking import (
    GRANTS,
    REDIRECT_URI,
    Asking,
    asking,
    by_key,
    check_of,
    sent_back,
    set_tenant,
)
from tests.inprocess import InProcess

HYBRID: dict[str, Any] = {"grant_types": [*GRANTS, "implicit"]}


def asking_hybrid(house: InProcess, **fields: Any) -> Asking:
    set_tenant(house, implicit_and_hybrid_supported=True)
    return asking(house, **{**HYBRID, **fields})


def test_an_unknown_response_type_is_refused(house: InProcess) -> None:
    app = asking(house)
    for wrong in ("none", "CODE", "code code", "code  token", "code password"):
        sent_back(app, app.ask(response_type=wrong), "unsupported_response_type", "response_type_known")
    sent_back(app, app.ask(response_type=None), "invalid_request", "response_type_known")


def test_tokens_through_the_browser_need_the_tenants_switch(house: InProcess) -> None:
    app = asking(house, **HYBRID)
    stop = app.ask(response_type="code id_token", nonce="n")
    sent_back(app, stop, "unsupported_response_type", "response_type_offered")
    assert urlsplit(stop.location).query == ""


def test_a_response_type_needs_the_clients_grant(house: InProcess) -> None:
    app = asking_hybrid(house, grant_types=GRANTS)
    stop = app.ask(response_type="code id_token", nonce="n")
    sent_back(app, stop, "unauthorized_client", "response_type_granted")
    implicit_only = asking_hybrid(house, grant_types=["implicit"])
    sent_back(implicit_only, implicit_only.ask(), "unauthorized_client", "response_type_granted")


def test_a_profile_has_its_own_response_types(house: InProcess) -> None:
    """FAPI 2 Security Profile 5.3.2.2: the code alone, though tenant and client have more."""
    app = asking_hybrid(house, compliance_level="fapi2_sp_pkj_mtls", **by_key())
    stop = app.ask(response_type="code id_token", nonce="n")
    sent_back(app, stop, "unauthorized_client", "response_type_in_profile")


@pytest.mark.parametrize(
    ("response_type", "members"),
    [
        ("code", {"code"}),
        ("id_token", {"id_token"}),
        ("token id_token", {"id_token", "access_token"}),
        ("code id_token", {"code", "id_token"}),
        ("code token", {"code", "access_token"}),
        ("id_token code token", {"code", "id_token", "access_token"}),
    ],
)
def test_every_response_type_gives_what_its_words_say(house: InProcess, response_type: str, members: set[str]) -> None:
    stop = asking_hybrid(house).ask(response_type=response_type, nonce="n-1")
    answer = stop.answer
    assert members == {"code", "id_token", "access_token"} & set(answer)
    assert answer["iss"] == house.issuer
    if "access_token" in members:
        assert (answer["token_type"], int(answer["expires_in"]) > 0) == ("Bearer", True)
    if "id_token" in members:
        claims = decoded(answer["id_token"])[1]
        assert claims["nonce"] == "n-1"
        assert ("c_hash" in claims, "at_hash" in claims) == ("code" in members, "access_token" in members)
    parts = urlsplit(stop.location)
    assert bool(parts.query) == (response_type == "code")


def test_an_unknown_response_mode_is_refused(house: InProcess) -> None:
    app = asking(house)
    sent_back(app, app.ask(response_mode="web_message.jwt"), "invalid_request", "response_mode_known")


def test_no_token_ever_comes_in_a_query(house: InProcess) -> None:
    """OAuth 2.0 Multiple Response Type Encoding Practices 3; the refusal too is in the fragment."""
    app = asking_hybrid(house)
    stop = app.ask(response_type="id_token", response_mode="query", nonce="n")
    sent_back(app, stop, "invalid_request", "response_mode_safe")
    assert urlsplit(stop.location).fragment


def test_a_profile_may_demand_signed_answers(house: InProcess) -> None:
    """FAPI 1 Advanced 5.2.2; that the refusal is signed: `test_signed_answers`."""
    with patch.dict(PROFILES, none=replace(OAUTH21, signed_response_types=frozenset({"code"}))):
        stop = asking(house).ask()
    assert set(stop.answer) == {"response"}
    assert decoded(stop.answer["response"])[1]["error"] == "invalid_request"
    assert check_of(house) == "authorize.response_signed_as_demanded"


def test_a_fragment_is_given_where_it_is_asked_for(house: InProcess) -> None:
    stop = asking(house).ask(response_mode="fragment")
    assert stop.location.startswith(f"{REDIRECT_URI}#code=")


def test_form_post_is_a_form_for_the_redirect_uri(house: InProcess) -> None:
    stop = asking(house).ask(response_mode="form_post")
    (form,) = stop.page.forms
    assert (stop.status, form.method, form.action) == (200, "POST", REDIRECT_URI)
    assert set(form.fields) == {"code", "state", "iss"}
    policy = stop.reply.header("content-security-policy")
    assert "form-action 'self' https://app.example;" in policy
    assert "frame-ancestors 'none'" in policy
    assert stop.reply.header("cache-control") == "no-store"


def test_errors_take_the_response_mode_that_was_asked_for(house: InProcess) -> None:
    stop = spa(house).ask(response_mode="web_message", redirect_uri="https://spa.example", prompt="none login")
    assert (stop.status, stop.location) == (200, "")
    assert "&#34;error&#34;: &#34;invalid_request&#34;" in stop.reply.text.replace(":&#34;", ": &#34;")


@pytest.mark.parametrize("refused", [{"response_type": None}, {"response_type": "x"}, {"prompt": "none login"}])
def test_a_form_or_fragment_carries_any_error(house: InProcess, refused: dict[str, Any]) -> None:
    app = asking(house)
    assert app.ask(response_mode="form_post", **refused).page.forms[0].fields["error"]
    assert "#error=" in app.ask(response_mode="fragment", **refused).location


def spa(house: InProcess, **fields: Any) -> Asking:
    origin = "https://spa.example"
    return asking(house, **{"callbacks": [origin, REDIRECT_URI], "web_origins": [origin], **fields})


def test_a_web_message_needs_a_registered_origin(house: InProcess) -> None:
    app = spa(house)
    for uri in (REDIRECT_URI,):
        stop = app.ask(response_mode="web_message", redirect_uri=uri)
        sent_back(app, stop, "invalid_request", "web_message_origin")


def test_a_web_message_is_framed_by_its_origin_alone(house: InProcess) -> None:
    """As @auth0/auth0-spa-js asks: redirect_uri is the origin itself."""
    stop = spa(house).ask(response_mode="web_message", redirect_uri="https://spa.example", prompt="none")
    assert (stop.status, stop.location) == (200, "")
    assert "frame-ancestors https://spa.example;" in stop.reply.header("content-security-policy")
    assert not stop.reply.header("x-frame-options")
    assert 'data-target-origin="https://spa.example"' in stop.reply.text
    assert "&#34;code&#34;" in stop.reply.text


def test_an_id_token_in_front_needs_a_nonce(house: InProcess) -> None:
    """oidcc-ensure-request-without-nonce-fails."""
    app = asking_hybrid(house)
    stop = app.ask(response_type="code id_token")
    sent_back(app, stop, "invalid_request", "nonce_present")
    assert urlsplit(stop.location).fragment
    assert app.ask(response_type="code token").answer["code"]


def test_an_id_token_in_front_needs_the_scope_openid(house: InProcess) -> None:
    app = asking_hybrid(house)
    sent_back(app, app.ask(response_type="code id_token", nonce="n", scope="email"), "invalid_scope", "openid_asked")


def test_iss_follows_the_tenants_setting(house: InProcess) -> None:
    set_tenant(house, authorization_response_iss_parameter_supported=False)
    app = asking(house)
    assert "iss" not in app.ask().answer
    assert "iss" not in app.ask(response_type="none").answer
