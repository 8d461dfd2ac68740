"""RFC 9396 at the authorization endpoint: what may be asked for in detail, and that nobody on the way can change it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.asking import Asking, asking, check_of, last_event, redeemed, sent_back
from tests.authorization.detailed import API, PAYMENT, ask, bank, refused, text
from tests.authorization.request_objects.signing import signing
from tests.inprocess import InProcess

REFUSED = "invalid_authorization_details"


def bank_app(house: InProcess, **fields: Any) -> Asking:
    bank(house, **fields)
    return asking(house)


def reason(house: InProcess) -> str:
    return str(last_event(house).details["reason"])


def test_details_come_in_nothing_that_could_be_changed(house: InProcess) -> None:
    """attacks.md E: what the browser carries in clear, somebody may have rewritten."""
    app = bank_app(house)
    stop = app.ask(audience=API, authorization_details=text(PAYMENT))
    sent_back(app, stop, REFUSED, "details_protected")
    assert "code" in ask(app, PAYMENT).answer


def test_a_signed_request_says_them_as_json_and_nothing_beside_it_counts(house: InProcess) -> None:
    """RFC 9101 6.3: what somebody adds to the URL changes nothing."""
    bank(house)
    app = signing(house)
    other = {**PAYMENT, "instructedAmount": {"currency": "EUR", "amount": "99.30"}}
    claims: dict[str, Any] = {"audience": API, "authorization_details": [PAYMENT]}
    code = app.carry(app.object(**claims), authorization_details=text(other), audience=API).answer["code"]
    assert redeemed(app, code)["authorization_details"] == [PAYMENT]
    unsigned = app.carry(app.object(audience=API), authorization_details=text(PAYMENT)).answer["code"]
    assert "authorization_details" not in redeemed(app, unsigned)
    answer = app.answer(audience=API, authorization_details=[{"type": "unheard-of"}])
    assert (answer["error"], check_of(house)) == (REFUSED, "authorize.details_type")


def test_details_are_strict_json_within_bounds(house: InProcess) -> None:
    app = bank_app(house)
    for sent in ("{}", "[]", "[1]", '[{"type":"account","a":1,"a":2}]', '[{"type":""}]', '[{"a":"b"}]', "[", "null"):
        refused(app, "details_form", authorization_details=sent)


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        ({"a": {"b": {"c": {"d": {"e": {}}}}}}, "[0].a.b.c.d.e: more than 5 levels deep"),
        ({str(n): n for n in range(10)}, "[0]: more than 10 members"),
        ({"a": {str(n): n for n in range(11)}}, "[0].a: more than 10 members"),
        ({"a" * 256: 1}, "[0]: a member's name is not of letters, digits, _, . and -"),
        ({"a b": 1}, "[0]: a member's name is not of letters, digits, _, . and -"),
        ({"a": ["v" * 256]}, "[0].a[0]: longer than 255 characters"),
        ({"a": "line\nbreak"}, "[0].a: holds characters that cannot be seen"),
        ({"a": "\u202e00.1 RUE"}, "[0].a: holds characters that cannot be seen"),
        ({"locations": API}, "[0].locations: not an array of strings"),
        ({"actions": [1]}, "[0].actions: not an array of strings"),
        ({"identifier": 1}, "[0].identifier: not a string"),
        ({str(n): "v" * 255 for n in range(9)}, ""),
        ({"a": "क्\u200dष 👩\u200d👧 ❤\ufe0f"}, ""),
        ({"a": {"b": {"c": {"d": {}}}}, "z": [None, 1.5, False, ""]}, ""),
    ],
)
def test_each_bound(house: InProcess, detail: dict[str, Any], why: str) -> None:
    app = bank_app(house)
    if why:
        refused(app, "details_form", {"type": "account", **detail})
        assert reason(house) == why
    else:
        assert "code" in ask(app, {"type": "account", **detail}).answer


def test_nothing_is_asked_for_that_nobody_can_see(house: InProcess) -> None:
    """Two accounts that look the same, or a text that goes on where it seems to end."""
    app = bank_app(house)
    for (
        mark
    ) in "\u200b\u2060\u2064\u206e\ufeff\xad\u034f\u115f\u1160\u17b4\u180e\u2800\u3164\uffa0\ufffa\U0001d173\U000e0041":
        refused(app, "details_form", {"type": "account", "a": [{"b": f"DE02{mark}1203"}]})
        assert reason(house) == "[0].a[0].b: holds characters that cannot be seen"


def test_five_objects_of_five_kilobytes_and_no_more(house: InProcess) -> None:
    app = bank_app(house)
    assert "code" in ask(app, *[{"type": "account"}] * 5).answer
    refused(app, "details_form", *[{"type": "account"}] * 6)
    much = [{"type": "account", **{str(n): "v" * 255 for n in range(9)}}] * 2
    assert "code" in ask(app, *much).answer
    refused(app, "details_form", *much, much[0])


def test_a_type_is_registered_at_the_api(house: InProcess) -> None:
    app = bank_app(house)
    refused(app, "details_type", {"type": "Payment"})
    refused(app, "details_type", {"type": "account"}, audience=None)
    house.api("https://other.example/")
    refused(app, "details_type", {"type": "account"}, audience="https://other.example/")


def test_the_schema_of_the_type_is_held(house: InProcess) -> None:
    app = bank_app(house)
    wrong = {**PAYMENT, "instructedAmount": {"currency": "EUR", "amount": "12,30"}}
    answer = refused(app, "details_contents", {"type": "account"}, wrong)
    assert reason(house) == ('[1].instructedAmount.amount: the value does not match "^[0-9]{1,9}\\.[0-9]{2}$"')
    assert answer["error_description"] == "The authorization_details are not acceptable."


def test_a_schema_that_changed_counts_at_the_return(house: InProcess) -> None:
    """attacks.md 44: judged when it is answered, not only when it came."""
    api = bank(house)
    app = asking(house, is_first_party=False)
    stop = ask(app, PAYMENT)
    house.ask("PATCH", f"resource-servers/{api['id']}", {"authorization_details": [{"type": "account"}]})
    assert stop.press("allow").answer["error"] == REFUSED
    assert check_of(house) == "authorize.details_type"


def test_a_location_is_the_api_itself(house: InProcess) -> None:
    app = bank_app(house)
    assert "code" in ask(app, {"type": "account", "locations": [API]}).answer
    for elsewhere in ([API, "https://evil.example/"], [API + "accounts"]):
        refused(app, "details_location", {"type": "account", "locations": elsewhere})


def test_a_grant_for_people_bounds_the_types(house: InProcess) -> None:
    """auth0.md 4.4: authorization_details_types."""
    app = bank_app(house, subject_type_authorization={"user": {"policy": "require_client_grant"}})
    grant = {"client_id": app.client["client_id"], "audience": API, "subject_type": "user", "scope": ["read"]}
    made = house.made("POST", "client-grants", {**grant, "authorization_details_types": ["account"]})
    assert made["authorization_details_types"] == ["account"]
    assert "code" in ask(app, {"type": "account"}).answer
    refused(app, "details_granted", PAYMENT)
