"""What holds of a signed or pushed request, once more and in other words than the server's own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tallystick.authorization.request_object_walk import LIFE_MS_MAX, SKEW_MS
from tests.application import decoded
from tests.authorization.request_objects.signing import Signing
from tests.html_page import HtmlPage
from tests.inprocess import Answered


def meant_by(meant: dict[str, Any], value: Any) -> Any:
    """What a word of `request_cases` stands for in this deployment."""
    return meant.get(value, value) if isinstance(value, str) else value


def text_of(value: Any) -> str | None:
    """As a form has it; what is empty is as if left out."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def texts_of(claims: dict[str, Any]) -> dict[str, str]:
    """The same request as a form would say it."""
    told = {name: text_of(value) for name, value in claims.items() if name not in ("request", "request_uri")}
    return {name: text for name, text in told.items() if text is not None}


def assert_same(kept: dict[str, str], said: dict[str, Any]) -> None:
    """Nothing that was not said, and all that was."""
    first = {**said, "resource": said["resource"][0]} if isinstance(said.get("resource"), list) else said
    expected = {name: text for name, value in first.items() if (text := text_of(value)) is not None}
    expected.pop("id_token_hint", None)
    assert kept == expected, (kept, expected)


def is_acceptable(app: Signing, claims: dict[str, Any], now_s: int, issuer: str) -> bool:
    """The rules of a request object, once more and in other words: RFC 9101, FAPI 2 Message Signing 5.3."""
    client_id, is_fapi = app.client["client_id"], app.own_key is not None
    skew_s, life_s = SKEW_MS / 1000, LIFE_MS_MAX / 1000
    if (
        claims.get("client_id") != client_id
        or claims.get("sub") == client_id
        or {"request", "request_uri"} & claims.keys()
    ):
        return False
    if claims.get("iss", client_id) != client_id or (is_fapi and "iss" not in claims):
        return False
    named = claims.get("aud", issuer if not is_fapi else None)
    if issuer not in (named if isinstance(named, list) else [named]):
        return False
    end, begin, made = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if any(isinstance(date, str) for date in (end, begin, made)):
        return False
    if end is not None and end < now_s - skew_s:
        return False
    if any(date is not None and date > now_s + skew_s for date in (begin, made)):
        return False
    if not is_fapi:
        return True
    return end is not None and begin is not None and end - begin <= life_s + skew_s and begin >= now_s - life_s - skew_s


def answer_of(answer: Answered, location: str) -> tuple[dict[str, str], str]:
    """What an application hears, and where; nothing for a page of ours."""
    told: dict[str, str] = {}
    if location:
        parts = urlsplit(location)
        told = dict(parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True))
    elif answer.headers.get("content-type", "").startswith("text/html"):
        for form in HtmlPage(answer.text).forms:
            if form.action.startswith(("http", "//")):
                location, told = form.action, form.fields
    if "response" in told:
        told = {name: str(value) for name, value in decoded(told["response"])[1].items()}
    return told, location
