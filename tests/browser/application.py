"""A registered web application with its relying party: what asks, what comes back, and what it redeems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Page

from tests.administrator import Administrator, Json, unique
from tests.application import decoded
from tests.browser.person import Person
from tests.relying_party import Ask, Received, RelyingParty, ask


@dataclass
class WebApplication:
    """One application as people meet it."""

    admin: Administrator
    party: RelyingParty
    client: Json

    @property
    def client_id(self) -> str:
        """Its id."""
        return str(self.client["client_id"])

    def asks(self, **parameters: str | None) -> Ask:
        """An authorization request of it."""
        return ask(self.admin.server.issuer, self.client_id, self.party.callback, **parameters)

    def pushes(self, asked: Ask) -> str:
        """The same, pushed (RFC 9126): where to send the browser."""
        form = dict(parse_qsl(urlsplit(asked.url).query))
        answer = self.admin.http.post("oauth/par", data={**form, "client_secret": self.client["client_secret"]})
        assert answer.status_code == 201, answer.text
        query = {"client_id": self.client_id, "request_uri": answer.json()["request_uri"]}
        return f"{self.admin.server.issuer}authorize?{urlencode(query)}"

    def answered(self, asked: Ask) -> Received:
        """What came back; it must be the answer to this request, from this server."""
        received = self.party.waited()
        assert received.answer["state"] == asked.state
        assert received.answer["iss"] == self.admin.server.issuer
        return received

    def redeems(self, asked: Ask, code: str) -> Json:
        """The tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": self.party.callback,
            "code_verifier": asked.verifier,
        }
        if "client_secret" in self.client:
            form["client_secret"] = self.client["client_secret"]
        answer = self.admin.http.post("oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        tokens: Json = answer.json()
        return tokens

    def signed_in(self, asked: Ask) -> Json:
        """The claims of the ID token for what came back; the nonce must be the one that was sent."""
        claims = decoded(self.redeems(asked, self.answered(asked).answer["code"])["id_token"])[1]
        assert claims["nonce"] == asked.nonce
        return claims


def web_application(admin: Administrator, party: RelyingParty, **fields: Any) -> WebApplication:
    """A new one: confidential and first-party unless told."""
    body = {
        "name": unique("Fieldnotes"),
        "app_type": "regular_web",
        "callbacks": [party.callback],
        "grant_types": ["authorization_code", "refresh_token"],
        "oidc_conformant": True,
        **fields,
    }
    return WebApplication(admin, party, admin.made("POST", "clients", body))


def sign_in(page: Page, person: Person, password: str | None = None) -> None:
    """Fill the sign-in form and send it."""
    page.fill("input[name=username]", person.email)
    page.fill("input[name=password]", password or person.password)
    page.click("#sign-in")
