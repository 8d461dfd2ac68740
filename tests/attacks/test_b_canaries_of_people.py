"""B19 again, for what people and their applications hold: passwords, cookies, codes, tokens, factors, links.

One walk through everything, by right and wrong turns; afterwards neither the process's output nor the tenant's log nor
any file of the deployment holds any of it, but for the mail that carries its link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.web.cookies import BROWSER, SESSION
from tests.application import now_ms
from tests.authorization.asking import CHALLENGE, REDIRECT_URI, VERIFIER, Asking, application
from tests.inprocess import InProcess, in_process
from tests.people import PASSWORD
from tests.signin import visitor
from tests.ui.factor_steps import Somebody
from tests.ui.mails import mails, newest

MISTYPED = "canary mistyped battery staple"
NEW_PASSWORD = "canary of a new battery staple"
STATE, NONCE, LOGIN_HINT = "canary-of-the-state", "canary-of-the-nonce", "canary-of-a-login-hint@example.org"
PLAIN_MESSAGES = ("canary-of-the-state", "canary-of-the-nonce", "canary-of-a-login-hint")
"""Kept while a request waits, as it came; the log has no use for them."""


@pytest.fixture
def talkative(tmp_path: Path) -> Iterator[InProcess]:
    """A deployment that writes down every request."""
    with in_process(tmp_path / "data", now_ms(), access_log=True) as running:
        yield running


class Walk:
    """What was held on the way."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.held = {"password": PASSWORD, "mistyped": MISTYPED, "new password": NEW_PASSWORD, "verifier": VERIFIER}
        self.somebody = Somebody(house)
        self.app = Asking(house, application(house), visitor(house))

    def tokens(self, label: str, answer: Any) -> dict[str, Any]:
        """Remember tokens: of JWTs the signature, for claims are no secret."""
        tokens: dict[str, Any] = answer.json()
        for name in ("access_token", "id_token", "refresh_token"):
            if name in tokens:
                self.held[f"{label} {name}"] = tokens[name].rpartition(".")[2]
        return tokens

    def cookies(self, label: str, browser: Any) -> None:
        for name in (BROWSER, SESSION):
            if name in browser.cookies:
                self.held[f"{label} {name}"] = browser.cookies[name]

    def factors(self) -> None:
        """An app, its key and its recovery codes; a wrong password before."""
        jane = self.somebody
        jane.at_login().press("sign-in", username=jane.user.email, password=MISTYPED)
        jane.add_app()
        self.cookies("account", jane.browser)
        self.held["TOTP key"] = jane.key
        self.held |= {f"recovery code {each}": each for each in jane.codes}

    def sign_in(self) -> str:
        """For the application, with a wrong code first; the code."""
        app, jane = self.app, self.somebody
        page = app.ask(
            scope="openid offline_access",
            code_challenge=CHALLENGE,
            code_challenge_method="S256",
            state=STATE,
            nonce=NONCE,
            login_hint=LOGIN_HINT,
        )
        factor = page.press("sign-in", username=jane.user.email, password=PASSWORD)
        self.cookies("half signed in", app.browser)
        factor = factor.press("sign-in", otp="000000")
        code = factor.press("sign-in", otp=jane.code()).answer["code"]
        self.cookies("signed in", app.browser)
        self.held["code"] = code
        return code

    def redeem(self, code: str) -> None:
        """By wrong turns and right ones: another client, no verifier, twice; a refresh token likewise."""
        house, stranger = self.house, application(self.house)
        mine, other = _proof(self.app.client), _proof(stranger)
        form: dict[str, Any] = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        house.token(**form, **other, code_verifier=VERIFIER)
        house.token(**form, **mine)
        tokens = self.tokens("first", house.token(**form, **mine, code_verifier=VERIFIER))
        refresh: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        house.token(**refresh, **other)
        house.token(**{**refresh, "refresh_token": tokens["refresh_token"] + "x"}, **mine)
        self.tokens("second", house.token(**refresh, **mine))
        for token in (tokens["access_token"], tokens["id_token"], tokens["refresh_token"]):
            house.request("GET", "/userinfo", headers={b"authorization": f"Bearer {token}".encode()})
        self.hints(tokens)
        house.token(**form, **mine, code_verifier=VERIFIER)  # the code again: all of it is withdrawn

    def hints(self, tokens: dict[str, Any]) -> None:
        """Tokens where a hint belongs: in a request that waits, in one that is refused, and at the logout."""
        for name in ("id_token", "access_token", "refresh_token"):
            self.app.ask(id_token_hint=tokens[name], prompt="login", state=STATE, login_hint=LOGIN_HINT)
            visitor(self.house).get(f"/oidc/logout?id_token_hint={tokens[name]}&state={STATE}")
        self.app.browser.get(f"/oidc/logout?id_token_hint={tokens['id_token']}&state={STATE}")

    def forgotten(self) -> None:
        """A mailed link, used wrongly and rightly."""
        house, browser = self.house, visitor(self.house)
        seen = mails(house)
        browser.get("/u/reset").press("reset", username=self.somebody.user.email)
        link = newest(house, seen).link
        self.held["ticket"] = link.rpartition("=")[2]
        visitor(house).get(link + "x")
        browser.get(link).press("set-password", password=NEW_PASSWORD)


def _proof(client: dict[str, Any]) -> dict[str, Any]:
    return {name: client[name] for name in ("client_id", "client_secret")}


def searched(house: InProcess) -> Iterator[tuple[str, bytes]]:
    private = {"bootstrap.json", "master.key"}
    for path in house.settings.data.rglob("*"):
        if path.is_file() and path.name not in private and path.suffix != ".eml":
            yield str(path.relative_to(house.settings.data)), path.read_bytes()


def test_b19_what_people_hold_is_nowhere(talkative: InProcess, capfd: pytest.CaptureFixture[str]) -> None:
    house = talkative
    walk = Walk(house)
    walk.factors()
    walk.redeem(walk.sign_in())
    walk.forgotten()
    house.ask("GET", "logs?per_page=100")
    rows = house.run(house.worker.storage.log_page(house.tenant.tenant_id, limit=1000))
    output = "".join(capfd.readouterr())
    assert {row.event.type for row in rows} >= {"s", "fp", "f"}
    assert "refused" in output
    told = [("the output", output.encode()), ("the log", repr(rows).encode())]
    assert len(walk.held) > 20
    secrets = {**walk.held, **{each: each for each in PLAIN_MESSAGES}}
    assert [(label, place) for place, text in told for label, each in secrets.items() if each.encode() in text] == []
    files = [(place, content) for place, content in searched(house)]
    assert any(place.endswith(".db") for place, _ in files)
    found = [(label, place) for place, text in files for label, each in walk.held.items() if each.encode() in text]
    assert found == []
    assert not re.search(rb"set-cookie|__Host-", output.encode(), re.IGNORECASE)
