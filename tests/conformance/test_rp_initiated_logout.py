"""The modules of the OpenID plan for RP-initiated logout, by their names (conformance.md 6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests import forge
from tests.inprocess import InProcess
from tests.logout.leaving import AFTER, Leaving, leaving
from tests.signin import Stop

STATE = "a state & more/ä"


@pytest.fixture
def jane(house: InProcess) -> Leaving:
    """Somebody who is signed in."""
    return leaving(house)


def logout(jane: Leaving, **parameters: str) -> Stop:
    return jane.browser.get(f"/oidc/logout?{urlencode(parameters)}")


def is_redirected(stop: Stop, **query: str) -> bool:
    """Whether the browser went to the registered URL with exactly this query."""
    parts = urlsplit(stop.location)
    return (
        stop.status == 303
        and f"{parts.scheme}://{parts.netloc}{parts.path}" == AFTER
        and query == dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    )


def is_refused(jane: Leaving, stop: Stop, check: str) -> bool:
    """Whether an error page stands there, nobody was redirected, nothing ended, and the log knows why."""
    (row,) = jane.rows("flo")
    return (
        (stop.status, stop.location) == (400, "")
        and "invalid_request" in stop.error
        and jane.is_signed_in
        and row.details["check"] == check
    )


def is_asked(jane: Leaving, stop: Stop) -> bool:
    """Whether the person is asked, and still signed in meanwhile."""
    return (stop.status, stop.location) == (200, "") and "sign-out" in stop.page.by_id and jane.is_signed_in


def is_told(jane: Leaving, stop: Stop) -> bool:
    """Whether the person is signed out and a page says so."""
    return stop.status == 200 and "signed-out" in stop.page.by_id and not jane.is_signed_in


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(house: InProcess) -> None:
    def document() -> dict[str, Any]:
        found: dict[str, Any] = house.request("GET", "/.well-known/openid-configuration").json()
        return found

    assert document()["end_session_endpoint"] == f"{house.issuer}oidc/logout"
    house.ask("PATCH", "tenants/settings", {"oidc_logout": {"rp_logout_end_session_endpoint_discovery": False}})
    assert "end_session_endpoint" not in document()


def test_oidcc_rp_initiated_logout(jane: Leaving) -> None:
    hint = jane.id_token()
    stop = logout(jane, id_token_hint=hint, post_logout_redirect_uri=AFTER, state=STATE)
    assert is_redirected(stop, state=STATE)
    assert not jane.is_signed_in
    (row,) = jane.rows("slo")
    assert (row.client_id, row.user_id) == (jane.client_id, jane.user.user_id)
    # The same once more finds nobody signed in, and does no harm.
    assert is_redirected(logout(jane, id_token_hint=hint, post_logout_redirect_uri=AFTER, state="2"), state="2")


def test_oidcc_rp_initiated_logout_no_state(jane: Leaving) -> None:
    assert is_redirected(logout(jane, id_token_hint=jane.id_token(), post_logout_redirect_uri=AFTER))
    assert not jane.is_signed_in


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(jane: Leaving) -> None:
    stop = logout(jane, id_token_hint=jane.id_token(), post_logout_redirect_uri="https://evil.example/", state="s")
    assert is_refused(jane, stop, "logout.redirect_uri")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(jane: Leaving) -> None:
    stop = logout(jane, id_token_hint=jane.id_token(), post_logout_redirect_uri=f"{AFTER}?a=b", state="s")
    assert is_refused(jane, stop, "logout.redirect_uri")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(jane: Leaving) -> None:
    _, payload, _ = jane.id_token().split(".")
    none = forge.b64(b'{"alg":"none"}')
    stop = logout(jane, id_token_hint=f"{none}.{payload}.", post_logout_redirect_uri=AFTER, state="s")
    assert is_refused(jane, stop, "jwt.alg")


def test_oidcc_rp_initiated_logout_bad_id_token_hint(jane: Leaving) -> None:
    # Signed by another key that claims to be ours.
    header, payload, signature = jane.id_token().split(".")
    forged = signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)
    stop = logout(jane, id_token_hint=f"{header}.{payload}.{forged}", post_logout_redirect_uri=AFTER, state="s")
    assert is_refused(jane, stop, "jwt.signature")


def test_oidcc_rp_initiated_logout_no_id_token_hint(jane: Leaving) -> None:
    assert is_refused(jane, logout(jane, post_logout_redirect_uri=AFTER, state="s"), "logout.redirect_uri")


def test_oidcc_rp_initiated_logout_no_params(jane: Leaving) -> None:
    stop = logout(jane)
    assert is_asked(jane, stop)
    assert is_told(jane, stop.press("sign-out"))


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(jane: Leaving) -> None:
    assert is_told(jane, logout(jane, id_token_hint=jane.id_token(), state="s"))


def test_oidcc_rp_initiated_logout_only_state(jane: Leaving) -> None:
    stop = logout(jane, state="s")
    assert is_asked(jane, stop)
    assert is_told(jane, stop.press("sign-out"))
