"""What goes along when an application or an API is deleted: codes, tokens and consents of people."""

from __future__ import annotations

import pytest

from tallystick.authorization.code import AuthorizationCode
from tallystick.tokens.family import TokenFamily
from tallystick.users.consent import Consent
from tests.authorization.asking import REDIRECT_URI, Asking, asking
from tests.inprocess import InProcess

API = "https://api.example/"
FIRST, OTHER = "first", "other"


@pytest.fixture
def apps(house: InProcess) -> dict[str, Asking]:
    """Two applications with a code, a refresh token and a consent each, and one more of each for another API."""
    for identifier in (API, "https://other.example/"):
        house.api(identifier, allow_offline_access=True)
    found = {}
    for name in (FIRST, OTHER):
        app = asking(house, is_first_party=False)
        for audience in (API, "https://other.example/"):
            asked = {"audience": audience, "scope": "openid offline_access read"}
            for take in (app.tokens, app.code):
                stop = app.ask(**asked)
                if stop.path == "/u/consent":
                    stop.press("allow")
                take(**asked)
        found[name] = app
    return found


def left(house: InProcess) -> set[tuple[str, str | None, str]]:
    """Application, API and kind of all that is good for something."""
    storage, tenant_id = house.worker.storage, house.tenant.tenant_id
    found: set[tuple[str, str | None, str]] = set()
    for code in house.run(storage.find(AuthorizationCode, tenant_id)):
        found |= {(code.client_id, code.audience, "code")} if code.spent_at_ms is None else set()
    for family in house.run(storage.find(TokenFamily, tenant_id)):
        found |= {(family.client_id, family.audience, "tokens")} if family.withdrawn_at_ms is None else set()
    for consent in house.run(storage.find(Consent, tenant_id)):
        found |= {(consent.client_id, consent.audience, "consent")}
    return found


def test_a_deleted_application_leaves_nothing_behind(house: InProcess, apps: dict[str, Asking]) -> None:
    before, gone = left(house), apps[FIRST].client["client_id"]
    house.ask("DELETE", f"clients/{gone}")
    assert {kind for client_id, _, kind in before if client_id == gone} == {"code", "tokens", "consent"}
    assert left(house) == {one for one in before if one[0] != gone}


def test_a_deleted_api_leaves_nothing_behind(house: InProcess, apps: dict[str, Asking]) -> None:
    before = left(house)
    waiting = apps[FIRST].code(audience=API, scope="openid read")
    house.ask("DELETE", f"resource-servers/{API.replace('/', '%2F').replace(':', '%3A')}")
    assert {kind for _, audience, kind in before if audience == API} == {"code", "tokens", "consent"}
    assert left(house) == {one for one in before if one[1] != API}
    client = apps[FIRST].client
    refused = house.token(
        grant_type="authorization_code",
        code=waiting,
        redirect_uri=REDIRECT_URI,
        client_id=client["client_id"],
        client_secret=client["client_secret"],
    )
    assert refused.json()["error"] == "invalid_grant"
