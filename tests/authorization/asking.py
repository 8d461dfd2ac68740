"""Applications that ask at `/authorize`, and what becomes of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from tallystick.events import Event
from tallystick.ids import new_record_id
from tests.forge import Key
from tests.inprocess import InProcess
from tests.people import person, signed_in
from tests.signin import Stop, Visitor, visitor

REDIRECT_URI = "https://app.example/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 appendix B."""
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
GRANTS = ["authorization_code", "refresh_token"]


class Asking(msgspec.Struct, frozen=True):
    """One application, and the browser in which it asks."""

    house: InProcess
    client: dict[str, Any]
    browser: Visitor

    def path(self, **parameters: Any) -> str:
        """The request as a path; None leaves a parameter out."""
        return f"/authorize?{urlencode(self.parameters(**parameters))}"

    def parameters(self, **parameters: Any) -> dict[str, str]:
        """What a plain request says, with changes."""
        plain = {
            "client_id": self.client["client_id"],
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": "openid",
            "state": "s t&a=te",
        }
        return {name: value for name, value in {**plain, **parameters}.items() if value is not None}

    def ask(self, **parameters: Any) -> Stop:
        """Ask by GET."""
        return self.browser.get(self.path(**parameters))

    def code(self, **parameters: Any) -> str:
        """The same, which must be answered by a code."""
        answer = self.ask(**parameters).answer
        assert "code" in answer, answer
        return answer["code"]

    def tokens(self, **parameters: Any) -> dict[str, Any]:
        """The same, and the code redeemed."""
        verifier = VERIFIER if "code_challenge" in parameters else None
        return redeemed(self, self.code(**parameters), code_verifier=verifier)


def application(house: InProcess, **fields: Any) -> dict[str, Any]:
    """A confidential web application of the tenant's own party."""
    base = {"name": "app", "app_type": "regular_web", "grant_types": GRANTS, "callbacks": [REDIRECT_URI]}
    return house.made("POST", "clients", {**base, **fields})


def asking(house: InProcess, browser: Visitor | None = None, **fields: Any) -> Asking:
    """An application that asks in a browser where somebody is signed in."""
    somebody = f"{new_record_id()}@example.org"
    return Asking(house, application(house, **fields), browser or signed_in(house, person(house, somebody)))


def asking_nobody(house: InProcess, **fields: Any) -> Asking:
    """The same in a browser where nobody is."""
    return asking(house, visitor(house), **fields)


def redeemed(asking: Asking, code: str, **form: Any) -> dict[str, Any]:
    """What the code is good for."""
    given = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": asking.client["client_id"],
        "client_secret": asking.client.get("client_secret"),
        **form,
    }
    answer = asking.house.token(**given)
    assert answer.status == 200, answer.content
    tokens: dict[str, Any] = answer.json()
    return tokens


def by_key(alg: str = "ES256") -> dict[str, Any]:
    """Fields of an application that authenticates by a key of its own, which nobody keeps."""
    credential = {"credential_type": "public_key", "pem": Key(alg).public_pem, "alg": alg}
    return {"client_authentication_methods": {"private_key_jwt": {"credentials": [credential]}}}


def set_tenant(house: InProcess, **settings: Any) -> None:
    """Change settings of the tenant."""
    house.ask("PATCH", "tenants/settings", settings)


def last_event(house: InProcess) -> Event:
    """The youngest row of the log that is no call of the Management API."""
    rows = house.run(house.worker.storage.log_page(house.tenant.tenant_id, limit=20))
    return next(row.event for row in rows if row.event.type not in ("sapi", "fapi", "seccft"))


def check_of(house: InProcess) -> str:
    """Which check the log blames for the last refusal."""
    return str(last_event(house).details.get("check", ""))


def sent_back(asking: Asking, stop: Stop, error: str, check: str, redirect_uri: str = REDIRECT_URI) -> dict[str, str]:
    """Assert that the application heard this error at its own redirect URI, for this reason."""
    assert stop.location.startswith(redirect_uri), (stop.status, stop.url, stop.error)
    answer = stop.answer
    assert answer.get("error") == error, answer
    assert answer.get("state") == "s t&a=te"
    assert answer.get("iss") == asking.house.issuer
    assert "code" not in answer
    assert check_of(asking.house) == f"authorize.{check}"
    return answer


def on_a_page(asking: Asking, stop: Stop, error: str, check: str) -> None:
    """Assert that nobody was sent anywhere: an error page, and the log knows why."""
    assert (stop.status, stop.location) == (400, "")
    assert error in stop.error
    assert check_of(asking.house) == f"authorize.{check}"
