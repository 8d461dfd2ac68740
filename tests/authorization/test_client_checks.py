"""Who asks, and where the answer goes: before that is proven, every refusal is a page (RFC 6749 4.1.2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.asking import REDIRECT_URI, asking, by_key, on_a_page, sent_back, set_tenant
from tests.inprocess import InProcess


def test_an_unknown_client_is_told_on_a_page(house: InProcess) -> None:
    app = asking(house)
    on_a_page(app, app.ask(client_id="nobody"), "invalid_request", "client_known")
    on_a_page(app, app.ask(client_id=None), "invalid_request", "client_known")


def test_the_global_client_signs_nobody_in(house: InProcess) -> None:
    app = asking(house)
    everybody = house.ask("GET", "clients?is_global=true&fields=client_id")
    on_a_page(app, app.ask(client_id=everybody[0]["client_id"]), "unauthorized_client", "client_usable")


def test_the_management_application_signs_nobody_in(house: InProcess) -> None:
    app = asking(house)
    stop = app.ask(client_id=house.bootstrap["management"]["client_id"])
    assert (stop.status, stop.location) == (400, "")


def test_of_several_redirect_uris_one_must_be_named(house: InProcess) -> None:
    app = asking(house, callbacks=[REDIRECT_URI, "https://app.example/other"])
    on_a_page(app, app.ask(redirect_uri=None), "invalid_request", "redirect_uri_unambiguous")


def test_the_only_redirect_uri_may_be_left_out(house: InProcess) -> None:
    assert asking(house).ask(redirect_uri=None).location.startswith(f"{REDIRECT_URI}?code=")


def test_under_a_profile_the_only_redirect_uri_is_named_too(house: InProcess) -> None:
    """FAPI 1 Advanced 5.2.2, FAPI 2 Security Profile 5.3.2.2."""
    app = asking(house, compliance_level="fapi2_sp_pkj_mtls", **by_key())
    on_a_page(app, app.ask(redirect_uri=None), "invalid_request", "redirect_uri_named")


def test_under_a_profile_an_old_callback_without_tls_gets_nothing(house: InProcess) -> None:
    """Registered before the tenant had a floor. Errors do not go there either."""
    without_tls = "http://localhost/callback"
    app = asking(house, callbacks=[REDIRECT_URI, without_tls])
    assert app.ask(redirect_uri=without_tls).location.startswith(f"{without_tls}?code=")
    set_tenant(house, compliance_level_floor="fapi2_security")
    on_a_page(app, app.ask(redirect_uri=without_tls), "invalid_request", "redirect_uri_secure")
    sent_back(app, app.ask(), "invalid_request", "pushed_as_demanded")


def test_an_unregistered_redirect_uri_is_a_page(house: InProcess) -> None:
    app = asking(house)
    stop = app.ask(redirect_uri="https://evil.example/callback")
    on_a_page(app, stop, "redirect_uri", "redirect_uri_registered")


def test_without_any_registered_redirect_uri_there_is_nowhere_to_go(house: InProcess) -> None:
    app = asking(house, callbacks=[])
    on_a_page(app, app.ask(), "invalid_request", "redirect_uri_registered")
    on_a_page(app, app.ask(redirect_uri=None), "invalid_request", "redirect_uri_registered")


def test_the_query_of_a_redirect_uri_is_compared_and_kept(house: InProcess) -> None:
    """oidcc-redirect-uri-query-OK, -mismatch, -added; FAPI client 2."""
    uri = f"{REDIRECT_URI}?dummy1=lorem&dummy2=ipsum"
    app = asking(house, callbacks=[uri])
    assert app.ask(redirect_uri=uri).location.startswith(f"{uri}&code=")
    for other in (REDIRECT_URI, f"{REDIRECT_URI}?dummy1=lorem", f"{uri}&dummy3=dolor"):
        on_a_page(app, app.ask(redirect_uri=other), "invalid_request", "redirect_uri_registered")


def test_a_wildcard_fits_nothing_not_even_itself(house: InProcess) -> None:
    registered = "https://*.app.example/callback"
    app = asking(house, callbacks=[registered])
    for uri in (registered, "https://a.app.example/callback", None):
        on_a_page(app, app.ask(redirect_uri=uri), "invalid_request", "redirect_uri_registered")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_a_native_application_takes_whichever_loopback_port_it_got(house: InProcess, host: str) -> None:
    """RFC 8252 7.3."""
    native: dict[str, Any] = {
        "app_type": "native",
        "token_endpoint_auth_method": "none",
        "callbacks": [f"http://{host}:1/cb?a=b"],
    }
    app = asking(house, **native)
    pkce = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
    for port in (":49152", ":1", ""):
        uri = f"http://{host}{port}/cb?a=b"
        assert app.ask(redirect_uri=uri, **pkce).location.startswith(f"{uri}&code=")
    others = ("127.0.0.1", "[::1]", "localhost", "127.1", "localhost.evil.example", "127.0.0.1@evil.example")
    wrong = [f"http://{other}:1/cb?a=b" for other in others if other != host]
    wrong += [f"http://{host}:{port}/cb?a=b" for port in ("0", "65536", "00080", "1x", "-1", "1@evil.example")]
    wrong += [f"https://{host}:1/cb?a=b", f"http://{host}:1/cb", f"http://{host}:1/cb/../cb?a=b", f"http://{host}:1"]
    for uri in wrong:
        on_a_page(app, app.ask(redirect_uri=uri, **pkce), "invalid_request", "redirect_uri_registered")


def test_a_web_application_has_its_port_compared(house: InProcess) -> None:
    app = asking(house, callbacks=["http://localhost:3000/cb"])
    stop = app.ask(redirect_uri="http://localhost:3001/cb")
    on_a_page(app, stop, "invalid_request", "redirect_uri_registered")
