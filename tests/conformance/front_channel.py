"""Checks of what comes through the browser (conformance.md 0: authorization response, error, error page)."""

from __future__ import annotations

import math
import re
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

from tests.conformance.relying_party import RelyingParty
from tests.conformance.signed_answer import check_signed_answer
from tests.signin import Stop

ERROR_TEXT = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
"""RFC 6749 4.1.2.1 and 5.2: what `error` and `error_description` are made of."""
ERROR_MEMBERS = {"error", "error_description", "error_uri", "state", "session_state", "iss"}
MEMBERS = {
    "code": {"code"},
    "token": {"access_token", "token_type", "expires_in", "scope"},
    "id_token": {"id_token"},
}
"""Word of the response type → what it brings."""


def entropy_bits(text: str) -> float:
    """Shannon's estimate, as the suite makes it."""
    return -sum(count * math.log2(count / len(text)) for count in Counter(text).values())


def check_random(text: str, *, chars_min: int = 16) -> None:
    """Long enough, and at least 96 bits."""
    assert len(text) >= chars_min
    assert entropy_bits(text) >= 96, f"{entropy_bits(text):.0f} bits"


def mode_of(request: dict[str, str]) -> str:
    """The response mode of a request (OAuth 2.0 Multiple Response Type Encoding Practices 2.1)."""
    default = "query" if request.get("response_type", "code") == "code" else "fragment"
    return request.get("response_mode", default)


def check_answer(party: RelyingParty, request: dict[str, str], stop: Stop) -> dict[str, str]:
    """The authorization response, at the right place and with nothing that does not belong there."""
    answer = _received(party, request, stop)
    assert "error" not in answer, answer
    words = request["response_type"].split()
    allowed = {"iss", "state"}.union(*(MEMBERS[word] for word in words))
    assert set(answer) <= allowed, f"unexpected: {set(answer) - allowed}"
    assert {"access_token" if word == "token" else word for word in words} <= set(answer)
    _check_state_and_iss(party, request, answer)
    if "code" in answer:
        check_random(answer["code"])
    return answer


def check_error(party: RelyingParty, request: dict[str, str], stop: Stop, *codes: str) -> dict[str, str]:
    """An error, brought to the client: one of these."""
    answer = _received(party, request, stop)
    assert answer.get("error") in codes, answer
    assert set(answer) <= ERROR_MEMBERS, f"unexpected: {set(answer) - ERROR_MEMBERS}"
    for name in ("error", "error_description"):
        assert ERROR_TEXT.fullmatch(answer.get(name, "-")), answer[name]
    _check_state_and_iss(party, request, answer)
    return answer


def check_error_page(stop: Stop, text: str) -> None:
    """A page that a person recognises by this text, and never a redirect."""
    assert (stop.status, stop.location) == (400, ""), stop.location
    assert not [form for form in stop.page.forms if form.action.startswith("http")]
    assert text in stop.error


def _check_state_and_iss(party: RelyingParty, request: dict[str, str], answer: dict[str, str]) -> None:
    assert answer.get("state") == request.get("state")
    assert answer.get("iss") == party.provider.issuer


def _received(party: RelyingParty, request: dict[str, str], stop: Stop) -> dict[str, str]:
    """What arrives at the redirect URI, whose own query stays as it is."""
    mode = mode_of(request)
    if mode.endswith("jwt"):
        carried = {**request, "response_mode": mode.removesuffix("jwt").removesuffix(".")}
        carried = {name: value for name, value in carried.items() if value}
        return check_signed_answer(party, _carried(party, carried, stop))
    return _carried(party, request, stop)


def _carried(party: RelyingParty, request: dict[str, str], stop: Stop) -> dict[str, str]:
    target = request.get("redirect_uri", party.redirect_uri)
    if mode_of(request) == "form_post":
        return _posted(target, stop)
    assert stop.status in (302, 303), f"{stop.status} at {stop.url}: {stop.error}"
    rest = stop.location.removeprefix(target)
    assert stop.location.startswith(target)
    if mode_of(request) == "fragment":
        assert rest[0] == "#", rest
        return _pairs(rest[1:])
    assert rest[0] == ("&" if "?" in target else "?"), rest
    assert not urlsplit(stop.location).fragment
    return _pairs(rest[1:])


def _posted(target: str, stop: Stop) -> dict[str, str]:
    """OAuth 2.0 Form Post Response Mode 2: a form that submits itself, and can be sent by a button without script."""
    assert (stop.status, stop.location) == (200, ""), f"{stop.status} {stop.error}"
    (form,) = [form for form in stop.page.forms if form.action]
    assert (form.method, form.action) == ("POST", target)
    assert form.buttons
    assert re.search(r'<script src="/u/assets/form_post\.js[^"]*" defer></script>', stop.reply.text)
    assert "no-store" in stop.reply.header("cache-control")
    return form.fields


def _pairs(encoded: str) -> dict[str, str]:
    pairs = parse_qsl(encoded, keep_blank_values=True, strict_parsing=True)
    assert len({name for name, _ in pairs}) == len(pairs), "a parameter comes twice"
    return dict(pairs)
