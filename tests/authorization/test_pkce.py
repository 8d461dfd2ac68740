"""Proof key for code exchange (RFC 7636): S256 or nothing, and never left out by whoever has no other proof."""

from __future__ import annotations

from typing import Any

from tests.authorization.asking import CHALLENGE, asking, sent_back
from tests.inprocess import InProcess

PUBLIC: dict[str, Any] = {"app_type": "spa", "token_endpoint_auth_method": "none"}


def test_plain_is_refused(house: InProcess) -> None:
    app = asking(house, **PUBLIC)
    for method in ("plain", "s256", "S512", None):
        stop = app.ask(code_challenge=CHALLENGE, code_challenge_method=method)
        sent_back(app, stop, "invalid_request", "pkce_method")


def test_a_malformed_challenge_is_refused(house: InProcess) -> None:
    app = asking(house, **PUBLIC)
    for challenge in (CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE[:-1] + "=", CHALLENGE[:-1] + "+", None):
        stop = app.ask(code_challenge=challenge, code_challenge_method="S256")
        sent_back(app, stop, "invalid_request", "pkce_challenge")


def test_a_public_client_needs_a_challenge(house: InProcess) -> None:
    app = asking(house, **PUBLIC)
    sent_back(app, app.ask(), "invalid_request", "pkce_present")
    sent_back(app, app.ask(code_challenge=""), "invalid_request", "pkce_present")
    assert app.tokens(code_challenge=CHALLENGE, code_challenge_method="S256")["access_token"]


def test_a_confidential_client_may_leave_it_out(house: InProcess) -> None:
    """The OpenID basic plan sends none."""
    assert asking(house).tokens()["access_token"]


def test_a_client_may_demand_it(house: InProcess) -> None:
    """A profile's demand: tests/profiles."""
    app = asking(house, require_pkce=True)
    sent_back(app, app.ask(), "invalid_request", "pkce_present")
    assert app.code(code_challenge=CHALLENGE, code_challenge_method="S256")
