"""Whom, and how: `prompt`, `max_age`, `claims`, `id_token_hint` (OpenID Connect Core 3.1.2.1, 5.5)."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.application import decoded
from tests.authorization.asking import asking, sent_back
from tests.forge import Key
from tests.inprocess import InProcess


def test_an_unknown_prompt_is_refused(house: InProcess) -> None:
    app = asking(house)
    sent_back(app, app.ask(prompt="nono"), "invalid_request", "prompt_known")


def test_prompt_none_stands_alone(house: InProcess) -> None:
    app = asking(house)
    for prompt in ("none login", "consent none"):
        sent_back(app, app.ask(prompt=prompt), "invalid_request", "prompt_none_alone")


def test_max_age_is_a_number(house: InProcess) -> None:
    app = asking(house)
    for max_age in ("-1", "1.5", "1e3", "x", "\u0661", "9" * 10):
        sent_back(app, app.ask(max_age=max_age), "invalid_request", "max_age")
    assert app.code(max_age="10000")


def test_a_malformed_claims_parameter_is_refused(house: InProcess) -> None:
    app = asking(house)
    nested: dict[str, Any] = {"id_token": {"a": {"values": [[[[[[[[[]]]]]]]]]}}}
    for claims in (
        "{",
        "[]",
        '{"id_token":[]}',
        '{"userinfo":{"name":true}}',
        '{"userinfo":{"name":null},"userinfo":{}}',
        '{"id_token":{"acr":{"essential":"yes"}}}',
        '{"id_token":{"acr":{"values":"x"}}}',
        msgspec.json.encode(nested).decode(),
        msgspec.json.encode({"userinfo": {f"c{number}": None for number in range(65)}}).decode(),
    ):
        sent_back(app, app.ask(claims=claims), "invalid_request", "claims")
    good = {"userinfo": {"name": {"essential": True}, "nobody knows": None}, "id_token": {"auth_time": None}, "x": 1}
    assert app.code(claims=msgspec.json.encode(good).decode())


def test_a_hint_that_is_not_ours_is_refused(house: InProcess) -> None:
    app = asking(house)
    ours = app.tokens()
    key = Key("RS256")
    claims = {"iss": house.issuer, "aud": app.client["client_id"], "sub": "x", "exp": 2**31, "iat": 1}
    forged = key.jwt(claims, typ="JWT", kid=decoded(ours["id_token"])[0]["kid"])
    for hint in ("x", forged, ours["id_token"][:-4], ours["access_token"]):
        sent_back(app, app.ask(id_token_hint=hint), "invalid_request", "id_token_hint")


def test_a_hint_of_another_client_is_refused(house: InProcess) -> None:
    app = asking(house)
    other = asking(house, app.browser)
    hint = app.tokens()["id_token"]
    sent_back(other, other.ask(id_token_hint=hint), "invalid_request", "id_token_hint_owner")


def test_an_expired_hint_still_says_who_is_meant(house: InProcess) -> None:
    """Core 3.1.2.1."""
    app = asking(house)
    hint = app.tokens()["id_token"]
    house.clock.advance(40_000)
    assert app.code(id_token_hint=hint, prompt="none")


def test_a_subject_that_is_claimed_is_whose_tokens_come(house: InProcess) -> None:
    """Core 3.1.2.1: never another person's, whoever is signed in."""
    app = asking(house)
    subject = decoded(app.tokens()["id_token"])[1]["sub"]

    def claiming(**sub: Any) -> str:
        return msgspec.json.encode({"id_token": {"sub": sub}}).decode()

    assert app.code(claims=claiming(value=subject), prompt="none")
    assert app.code(claims=claiming(values=[subject]), prompt="none")
    assert app.code(claims=claiming(essential=True), prompt="none")
    assert app.ask(claims=claiming(value="auth0|another"), prompt="none").answer["error"] == "login_required"
    assert app.ask(claims=claiming(value="auth0|another")).path == "/u/login"
    several: list[dict[str, Any]] = [{"value": 1}, {"value": None}, {"values": []}, {"values": [subject, "auth0|x"]}]
    for sub in several:
        sent_back(app, app.ask(claims=claiming(**sub)), "invalid_request", "claimed_subject")
    hint = app.tokens()["id_token"]
    other = claiming(value="auth0|another")
    sent_back(app, app.ask(claims=other, id_token_hint=hint), "invalid_request", "claimed_subject")
