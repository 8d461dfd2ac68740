"""Details in tokens and token answers, and the part of them that is asked for (RFC 9396 6, 7, 9.1; auth0.md 5.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.authorization.code import AuthorizationCode
from tallystick.tokens.family import TokenFamily
from tests.application import decoded
from tests.authorization.asking import Asking, asking, check_of, redeemed
from tests.authorization.detailed import API, PAYMENT, TYPES, ask, bank, text
from tests.inprocess import Answered, InProcess
from tests.recipient import recipient
from tests.tokens.test_encrypted_access_tokens import encryption_to, opened

ACCOUNT = {"type": "account", "actions": ["read"]}
OFFLINE = "openid offline_access"


def granted(app: Asking, *details: Any, **parameters: Any) -> dict[str, Any]:
    """The token answer of a code for these details."""
    return redeemed(app, ask(app, *details, **parameters).answer["code"])


def in_token(answer: dict[str, Any]) -> Any:
    return decoded(answer["access_token"])[1].get("authorization_details")


def refreshed(app: Asking, answer: dict[str, Any], **form: Any) -> Answered:
    credentials = {name: app.client[name] for name in ("client_id", "client_secret")}
    return app.house.token(grant_type="refresh_token", refresh_token=answer["refresh_token"], **credentials, **form)


def refused(answer: Answered, house: InProcess, check: str) -> None:
    assert (answer.status, answer.json()["error"]) == (400, "invalid_authorization_details")
    assert check_of(house) == check


@pytest.mark.parametrize("dialect", ["access_token", "rfc9068_profile"])
def test_what_was_allowed_is_in_token_and_answer(house: InProcess, dialect: str) -> None:
    bank(house, token_dialect=dialect)
    app = asking(house)
    answer = granted(app, PAYMENT, ACCOUNT)
    assert in_token(answer) == answer["authorization_details"] == [PAYMENT, ACCOUNT]
    assert house.ask("GET", "logs?q=type:seacft")[0]["details"]["authorization_details_types"] == ["payment", "account"]
    without = granted(app)
    assert in_token(without) is None
    assert "authorization_details" not in without


def test_code_and_family_keep_them(house: InProcess) -> None:
    """What introspection will answer from."""
    bank(house)
    granted(asking(house), PAYMENT)
    (code,) = house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id))
    (family,) = house.run(house.worker.storage.find(TokenFamily, house.tenant.tenant_id))
    assert code.authorization_details == family.authorization_details == [PAYMENT]


def test_details_come_through_the_browser_as_json(house: InProcess) -> None:
    bank(house)
    house.ask("PATCH", "tenants/settings", {"implicit_and_hybrid_supported": True})
    app = asking(house, grant_types=["implicit"])
    answer = ask(app, ACCOUNT, response_type="token").answer
    assert (answer["authorization_details"], in_token(answer)) == (text(ACCOUNT), [ACCOUNT])


def test_a_redemption_asks_for_less_and_a_refresh_for_all_again(house: InProcess) -> None:
    bank(house)
    app = asking(house)
    code = ask(app, PAYMENT, ACCOUNT, scope=OFFLINE).answer["code"]
    answer = redeemed(app, code, authorization_details=text(ACCOUNT))
    assert in_token(answer) == answer["authorization_details"] == [ACCOUNT]
    assert refreshed(app, answer).json()["authorization_details"] == [PAYMENT, ACCOUNT]
    assert in_token(refreshed(app, answer, authorization_details=text(PAYMENT)).json()) == [PAYMENT]


@pytest.mark.parametrize(
    "asked",
    [
        text({**PAYMENT, "instructedAmount": {"currency": "EUR", "amount": "99.30"}}),
        text({**PAYMENT, "isUrgent": 1}),
        text({"type": "payment"}),
        text(PAYMENT, PAYMENT),
        text(PAYMENT, ACCOUNT, {"type": "account"}),
        "[]",
        "payment",
    ],
)
def test_a_refresh_never_asks_for_more(house: InProcess, asked: str) -> None:
    bank(house)
    app = asking(house)
    answer = granted(app, PAYMENT, ACCOUNT, scope=OFFLINE)
    refused(refreshed(app, answer, authorization_details=asked), house, "refresh_token.authorization_details")


def test_who_was_granted_no_details_gets_none_later(house: InProcess) -> None:
    bank(house)
    app = asking(house)
    code = ask(app).answer["code"]
    credentials = {name: app.client[name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.client["callbacks"][0]}
    answer = house.token(**form, **credentials, authorization_details=text(ACCOUNT))
    refused(answer, house, "code.authorization_details")


def test_what_the_api_no_longer_registers_falls_away(house: InProcess) -> None:
    api = bank(house)
    app = asking(house)
    answer = granted(app, PAYMENT, ACCOUNT, scope=OFFLINE)
    house.ask("PATCH", f"resource-servers/{api['id']}", {"authorization_details": TYPES[:1]})
    assert refreshed(app, answer).json()["authorization_details"] == [PAYMENT]
    house.ask("PATCH", f"resource-servers/{api['id']}", {"authorization_details": None})
    assert "authorization_details" not in refreshed(app, answer).json()


def test_what_the_grant_for_people_no_longer_lists_falls_away(house: InProcess) -> None:
    bank(house, subject_type_authorization={"user": {"policy": "require_client_grant"}})
    app = asking(house)
    body = {"client_id": app.client["client_id"], "audience": API, "subject_type": "user"}
    grant = house.made("POST", "client-grants", {**body, "authorization_details_types": ["payment", "account"]})
    answer = granted(app, PAYMENT, ACCOUNT, scope=OFFLINE)
    house.ask("PATCH", f"client-grants/{grant['id']}", {"authorization_details_types": ["account"]})
    assert in_token(refreshed(app, answer).json()) == [ACCOUNT]


def robot(house: InProcess, *types: str) -> dict[str, Any]:
    client = house.made("POST", "clients", {"name": "robot", "app_type": "non_interactive"})
    grant = {"client_id": client["client_id"], "audience": API, "authorization_details_types": list(types)}
    house.ask("POST", "client-grants", {**grant, "scope": ["read"]})
    return {"audience": API, **{name: client[name] for name in ("client_id", "client_secret")}}


def test_a_client_asks_for_itself_what_its_grant_lists(house: InProcess) -> None:
    bank(house)
    credentials = robot(house, "payment")
    answer = house.token(**credentials, authorization_details=text(PAYMENT)).json()
    assert in_token(answer) == answer["authorization_details"] == [PAYMENT]
    assert "authorization_details" not in house.token(**credentials).json()
    check = "client_credentials.authorization_details"
    wrong = {**PAYMENT, "instructedAmount": {}}
    for details in (text(ACCOUNT), text(wrong), text({**PAYMENT, "locations": ["https://evil.example/"]}), "[]"):
        refused(house.token(**credentials, authorization_details=details), house, check)


def test_a_type_that_the_api_dropped_is_worth_nothing_in_a_grant(house: InProcess) -> None:
    api = bank(house)
    credentials = robot(house, "account")
    house.ask("PATCH", f"resource-servers/{api['id']}", {"authorization_details": TYPES[:1]})
    answer = house.token(**credentials, authorization_details=text(ACCOUNT))
    refused(answer, house, "client_credentials.authorization_details")


def test_an_api_with_encrypted_tokens_keeps_contents_to_itself(house: InProcess) -> None:
    """auth0.md 5.2: the answer keeps only ``type``, the token is whole."""
    key = recipient("RSA-OAEP-256")
    bank(house, token_encryption=encryption_to(key))
    app, own = asking(house), robot(house, "payment")
    for answer in (
        granted(app, PAYMENT, ACCOUNT, scope=OFFLINE),
        house.token(**own, authorization_details=text(PAYMENT)).json(),
    ):
        told, whole = answer["authorization_details"], opened(house, key, answer["access_token"])[2]
        assert [*whole["authorization_details"]] in ([PAYMENT, ACCOUNT], [PAYMENT])
        assert told == [{"type": detail["type"]} for detail in whole["authorization_details"]]
        assert "12.30" not in str(answer)
