"""Pages of a sign-in for an application, opened without the authorization endpoint."""

from __future__ import annotations

from typing import Any

from tallystick.authorization.pending import PendingAuthorization
from tallystick.authorization.pendings import Pendings
from tallystick.authorization.steps import RESUME
from tallystick.events import LogRow
from tallystick.handles import new_handle
from tallystick.web.cookies import BROWSER
from tests.inprocess import InProcess
from tests.signin import Stop, Visitor, visitor

CALLBACK = "https://app.example/callback"


def pendings(house: InProcess) -> Pendings:
    """The pending authorizations of the deployment."""
    return Pendings(house.worker.storage, house.worker.handles)


def begun(house: InProcess, browser: Visitor | None = None, **parameters: str) -> tuple[Visitor, PendingAuthorization]:
    """A browser with a request of a new application under way."""
    client = house.made("POST", "clients", {"name": 'Pay & "more"', "app_type": "regular_web", "callbacks": [CALLBACK]})
    browser = browser or visitor(house)
    browser.stops_before = RESUME
    value = browser.cookies.setdefault(BROWSER, new_handle())
    asked = {"client_id": client["client_id"], "redirect_uri": CALLBACK, "response_type": "code", **parameters}
    now_ms = house.clock.now_ms()
    return browser, house.run(pendings(house).begin(house.tenant, value, client["client_id"], asked, now_ms))


def at(house: InProcess, path: str, browser: Visitor | None = None, **parameters: str) -> Stop:
    """The page of this step, in such a request."""
    browser, pending = begun(house, browser, **parameters)
    return browser.get(f"{path}?state={pending.id}")


def now(house: InProcess, stop: Stop) -> PendingAuthorization:
    """The pending authorization as it is now."""
    found = house.run(house.worker.storage.get(PendingAuthorization, house.tenant.tenant_id, stop.state))
    assert found is not None
    return found


def rows(house: InProcess, type: str) -> list[Any]:
    """Log rows of this type, the newest first."""
    found: list[LogRow] = house.run(house.worker.storage.log_page(house.tenant.tenant_id, where={"type": type}))
    return [row.event for row in found]
