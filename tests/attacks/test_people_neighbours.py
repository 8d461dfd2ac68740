"""Two tenants on one server: whoever runs the one reads and changes nobody of the other, whatever ids they know."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tallystick.live import LiveRecord
from tallystick.tenants.option import TenantOption
from tallystick.tokens.family import TokenFamily
from tallystick.users.authenticator import Authenticator
from tallystick.users.consent import Consent
from tallystick.users.job import Job
from tallystick.users.role import Role
from tallystick.users.session import Session
from tallystick.users.ticket import Ticket
from tallystick.users.user import User
from tests.authorization.asking import asking
from tests.inprocess import InProcess
from tests.management.test_jobs import upload
from tests.people import PASSWORD, person
from tests.signin import Visitor, visitor
from tests.ui.factor_steps import Somebody

KINDS: tuple[type[LiveRecord], ...] = (User, Session, Authenticator, Consent, TokenFamily, Job, Ticket)


@pytest.fixture
def neighbour(house: InProcess) -> dict[str, Any]:
    """The management token of another tenant, and its host."""
    host, token = house.neighbour()
    return {"token": token, "host": host}


def everything(house: InProcess) -> dict[str, bytes]:
    """All records of people of the first tenant."""
    tenant_id, storage = house.tenant.tenant_id, house.worker.storage
    found = {kind.__name__: msgspec.json.encode(house.run(storage.find(kind, tenant_id))) for kind in KINDS}
    for record in (Role, TenantOption):
        found[record.__name__] = msgspec.json.encode(house.run(storage.find(record, tenant_id)))
    return found


def test_a_neighbour_that_knows_every_id_touches_nobody(house: InProcess, neighbour: dict[str, Any]) -> None:
    jane = Somebody(house)
    jane.add_app()
    house.api("https://api.example/", allow_offline_access=True)
    app = asking(house, jane.browser, is_first_party=False)
    stop = app.ask(audience="https://api.example/", scope="openid offline_access read")
    assert "code" in stop.press("allow").answer
    role = house.ask("POST", "roles", {"name": "admins"})["id"]
    job = upload(house, [{"email": "max@example.org"}]).json()["id"]
    tenant_id, storage = house.tenant.tenant_id, house.worker.storage
    ids = {
        kind: quote(str(getattr(house.run(storage.find(kind, tenant_id))[0], "id", "")), safe="")
        for kind in (Session, Authenticator, Consent)
    }
    [connection] = house.ask("GET", "connections")
    user, client_id = quote(jane.user.user_id, safe=""), app.client["client_id"]
    before = everything(house)
    one = f"users/{user}"
    person_body = {"connection": "Username-Password-Authentication", "password": PASSWORD, "blocked": True}
    paths: list[tuple[str, str, Any]] = [
        ("GET", one, None),
        ("PATCH", one, person_body),
        ("DELETE", one, None),
        *(("GET", f"{one}/{what}", None) for what in ("sessions", "refresh-tokens", "authentication-methods")),
        *(("GET", f"{one}/{what}", None) for what in ("enrollments", "roles", "permissions", "logs")),
        *(("DELETE", f"{one}/{what}", None) for what in ("sessions", "refresh-tokens", "authentication-methods")),
        ("DELETE", f"{one}/authentication-methods/{ids[Authenticator]}", None),
        ("DELETE", f"{one}/multifactor/google-authenticator", None),
        ("POST", f"{one}/revoke-access", {}),
        ("POST", f"{one}/roles", {"roles": [role]}),
        ("GET", f"sessions/{ids[Session]}", None),
        ("DELETE", f"sessions/{ids[Session]}", None),
        ("POST", f"sessions/{ids[Session]}/revoke", {}),
        ("GET", f"grants?user_id={user}", None),
        ("DELETE", f"grants?user_id={user}", None),
        ("DELETE", f"grants/{ids[Consent]}", None),
        ("GET", f"refresh-tokens?user_id={user}", None),
        ("POST", "refresh-tokens/revoke", {"user_id": jane.user.user_id}),
        ("POST", "refresh-tokens/revoke", {"client_id": client_id}),
        ("GET", f"device-credentials?user_id={user}", None),
        ("GET", f"jobs/{job}", None),
        ("GET", f"jobs/{job}/errors", None),
        ("POST", "jobs/verification-email", {"user_id": jane.user.user_id}),
        ("POST", "tickets/password-change", {"user_id": jane.user.user_id}),
        ("POST", "tickets/email-verification", {"user_id": jane.user.user_id}),
        ("GET", f"roles/{role}", None),
        ("PATCH", f"roles/{role}", {"name": "mine"}),
        ("DELETE", f"roles/{role}", None),
        ("POST", f"roles/{role}/users", {"users": [jane.user.user_id]}),
        ("GET", f"user-blocks/{user}", None),
        ("DELETE", f"user-blocks/{user}", None),
        ("DELETE", "user-blocks?identifier=jane@example.org", None),
        ("GET", "users-by-email?email=jane@example.org", None),
        ("GET", f"connections/{connection['id']}", None),
        ("PATCH", f"connections/{connection['id']}", {"options": {"disable_signup": True}}),
        ("GET", f"connections/{connection['id']}/clients", None),
    ]
    for method, path, body in paths:
        answer = house.call(method, path, body, **neighbour)
        assert answer.status < 500, (method, path)
        for theirs in (jane.user.email, jane.user.user_id, client_id):
            assert theirs not in answer.text, (method, path, answer)
        assert everything(house) == before, (method, path)


def test_a_cookie_a_link_and_a_theme_are_one_tenants(house: InProcess, neighbour: dict[str, Any]) -> None:
    """The same browser goes to both hosts of one server: what the one gave it opens nothing at the other."""
    jane = person(house, password=PASSWORD)
    browser = visitor(house)
    browser.get("/account").press("sign-in", username=jane.email, password=PASSWORD)
    link = house.ask("POST", "tickets/password-change", {"user_id": jane.user_id})["ticket"]
    house.ask("PATCH", "branding", {"colors": {"primary": "#123456"}})
    theirs = Visitor(browser._send, "https://umbrella.example:8443/")
    theirs.cookies = dict(browser.cookies)
    assert browser.get("/account").path == "/account"
    assert theirs.get("/account").path == "/u/login"
    assert theirs.get("/account").press("sign-in", username=jane.email, password=PASSWORD).path == "/u/login"
    assert theirs.get("/u/reset/new?" + link.partition("?")[2]).status == 400
    assert "#123456" in browser.get("/u/assets/theme.css").reply.text
    assert "#123456" not in theirs.get("/u/assets/theme.css").reply.text
