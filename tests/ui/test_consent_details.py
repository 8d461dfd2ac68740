"""Details on the page of consent: readable, whole, nothing but text, and asked for each time (RFC 9396 11)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.ui.consent_details import in_words
from tests.authorization.asking import Asking, asking, sent_back
from tests.authorization.detailed import API, PAYMENT, ask, bank
from tests.inprocess import InProcess

PAGE = "/u/consent"


def third_party(house: InProcess) -> Asking:
    bank(house)
    return asking(house, is_first_party=False)


def plain(page: str) -> str:
    """Without line breaks between tags."""
    return "".join(line.strip() for line in page.splitlines())


def test_what_is_asked_in_detail_can_be_read(house: InProcess) -> None:
    stop = ask(third_party(house), PAYMENT, {"type": "account", "actions": ["read", "list"], "locations": [API]})
    text = plain(stop.reply.text)
    for shown in (
        '<h2 id="asked-for-1">Pay once from your account</h2>',
        "<code><bdi>payment</bdi></code>",
        "<dt><bdi>Instructed amount</bdi></dt>",
        "<dt><bdi>Currency</bdi></dt><dd><bdi>EUR</bdi></dd>",
        "<dt><bdi>Amount</bdi></dt><dd><bdi>12.30</bdi></dd>",
        "<dt><bdi>Account</bdi></dt><dd><bdi>DE02120300000000202051</bdi></dd>",
        "<dt><bdi>Is urgent</bdi></dt><dd>Yes</dd>",
        '<h2 id="asked-for-2"><bdi>account</bdi></h2>',
        "<dt>Actions</dt><dd><ul><li><bdi>read</bdi></li><li><bdi>list</bdi></li></ul></dd>",
        "allow this at Example Bank",
    ):
        assert shown in text, shown
    assert "Café &lt;b&gt;Zoë&lt;/b&gt;" in text
    assert "<b>" not in text


def test_the_page_speaks_german_too(house: InProcess) -> None:
    stop = ask(third_party(house), {"type": "account", "privileges": ["admin"], "notes": None}, ui_locales="de")
    text = plain(stop.reply.text)
    assert "<dt>Rechte</dt>" in text
    assert "<dd>Keine Angabe</dd>" in text


def test_details_are_asked_for_each_time_and_scopes_once(house: InProcess) -> None:
    app = third_party(house)
    assert "code" in ask(app, PAYMENT).press("allow").answer
    assert ask(app, PAYMENT).path == PAGE
    assert "code" in ask(app).answer
    assert ask(app, PAYMENT, prompt="none").answer["error"] == "consent_required"
    sent_back(app, ask(app, PAYMENT).press("deny"), "access_denied", "person_refused")


def test_a_consent_to_scopes_covers_no_details(house: InProcess) -> None:
    app = third_party(house)
    assert "code" in ask(app).press("allow").answer
    assert ask(app, PAYMENT).path == PAGE


def test_the_tenants_own_application_shows_them_itself(house: InProcess) -> None:
    bank(house)
    assert "code" in ask(asking(house), PAYMENT).answer
    assert ask(asking(house), PAYMENT, prompt="consent").path == PAGE


def test_what_the_api_says_anew_is_shown_anew(house: InProcess) -> None:
    """Allowed is what was read: the fingerprint covers the words of the API as well."""
    api = bank(house)
    app = asking(house, is_first_party=False)
    stop = ask(app, PAYMENT)
    types = [{"type": "payment", "description": "Pay everything, always"}]
    house.ask("PATCH", f"resource-servers/{api['id']}", {"authorization_details": types})
    again = stop.press("allow")
    assert (again.path, "Pay everything, always" in again.reply.text) == (PAGE, True)


@pytest.mark.parametrize("other", ["creditor_account", "creditor.Account", "CREDITOR-ACCOUNT"])
def test_names_that_would_read_alike_are_spelled_out(house: InProcess, other: str) -> None:
    """Of two accounts with one name on the page nobody knows which one the API pays to."""
    detail = {"type": "account", "creditorAccount": "DE02", other: "XX13", "actions": ["read"]}
    text = plain(ask(third_party(house), detail).reply.text)
    for name, value in (("creditorAccount", "DE02"), (other, "XX13")):
        assert f"<dt><bdi>{name}</bdi></dt><dd><bdi>{value}</bdi></dd>" in text


def test_a_name_cannot_pass_for_the_title_of_another(house: InProcess) -> None:
    app = third_party(house)
    accounts = [{"iban": "DE02", "account": "XX13"}]
    text = plain(ask(app, {**PAYMENT, "creditor": {"accounts": accounts}}).reply.text)
    assert "<dt><bdi>iban</bdi></dt><dd><bdi>DE02</bdi></dd>" in text
    assert "<dt><bdi>account</bdi></dt><dd><bdi>XX13</bdi></dd>" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("instructedAmount", "Instructed amount"),
        ("creditor_account-id", "Creditor account id"),
        ("IBAN", "IBAN"),
        ("debtorIBAN2", "Debtor IBAN 2"),
        ("x", "X"),
        ("_", "_"),
    ],
)
def test_names_are_put_into_words(name: str, words: Any) -> None:
    assert in_words(name) == words
