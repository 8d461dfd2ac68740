"""attacks.md 36, 37: open redirects. One corpus of URLs that two readers read differently, sent wherever a redirect
URI is read; nobody is ever sent anywhere but to the letters that were registered."""

from __future__ import annotations

import pytest

from tests.authorization.asking import Asking, asking, asking_nobody
from tests.inprocess import InProcess
from tests.signin import Stop

REGISTERED = "https://app.example/callback"
PARSER_DIFFERENTIALS = (
    # another host in whatever a lax reader takes for user, path, query, fragment or port
    "https://app.example@evil.example/callback",
    "https://app.example:443@evil.example/callback",
    "https://evil.example/?https://app.example/callback",
    "https://evil.example#https://app.example/callback",
    "https://evil.example\\@app.example/callback",
    "https://app.example\\.evil.example/callback",
    "https:\\\\app.example/callback",
    "https:/app.example/callback",
    "https:app.example/callback",
    "//app.example/callback",
    "/callback",
    "https://app.example.evil.example/callback",
    "https://evilapp.example/callback",
    "https://app.example%2eevil.example/callback",
    "https://app.example%00.evil.example/callback",
    "https://app.example\u3002evil.example/callback",
    "https://app\uff0eexample/callback",
    "https://\u0430pp.example/callback",
    # the same place to some, by other letters
    "https://APP.example/callback",
    "HTTPS://app.example/callback",
    "http://app.example/callback",
    "https://app.example:443/callback",
    "https://app.example./callback",
    "https://app.example/callback/",
    "https://app.example/Callback",
    "https://app.example/callback?",
    "https://app.example/callback?a=b",
    "https://app.example/callback;a=b",
    "https://app.example/callback#",
    "https://app.example/callback#fragment",
    "https://app.example/callback%20",
    "https://app.example/callback ",
    " https://app.example/callback",
    "https://app.example/callback\t",
    "https://app.example/call\nback",
    "https://app.example/callback\x00",
    "https://app.example/callback%0d%0aSet-Cookie:a=b",
    "https://app.example/callback/../evil",
    "https://app.example/callback/..%2fevil",
    "https://app.example/callback/..;/evil",
    "https://app.example/x/../callback",
    "https://app.example//callback",
    "https://app.example/%63allback",
    # what a browser runs
    "javascript:alert(1)//https://app.example/callback",
    "data:text/html,https://app.example/callback",
    "vbscript:https://app.example/callback",
    # patterns
    "https://*/callback",
    "https://app.example/*",
    ".*",
    "null",
    "undefined",
    "[object Object]",
)


def assert_a_page(stop: Stop) -> None:
    assert (stop.status, stop.location, stop.reply.header("refresh")) == (400, "", "")
    assert "redirect_uri" in stop.error
    assert not [form for form in stop.page.forms if form.action]


def assert_refused_everywhere(app: Asking, uri: str) -> None:
    """As a plain request; for some of the corpus also in every other way that a request can go wrong or right."""
    assert_a_page(app.ask(redirect_uri=uri))
    if len(uri) % 8 == 0:
        for more in ({"prompt": "none"}, {"response_mode": "form_post"}, {"response_type": "nonsense"}):
            assert_a_page(app.ask(redirect_uri=uri, **more))
        assert_a_page(app.browser.post("/authorize", app.parameters(redirect_uri=uri)))


@pytest.mark.parametrize("signed_in", [True, False])
def test_37_no_parser_differential_opens_a_redirect(house: InProcess, signed_in: bool) -> None:
    app = asking(house, callbacks=[REGISTERED]) if signed_in else asking_nobody(house, callbacks=[REGISTERED])
    for uri in PARSER_DIFFERENTIALS:
        assert_refused_everywhere(app, uri)


def test_37_a_native_application_is_no_laxer_but_for_loopback_ports(house: InProcess) -> None:
    app = asking(house, app_type="native", callbacks=[REGISTERED, "http://127.0.0.1/cb", "com.example.app:/cb"])
    for uri in (
        *PARSER_DIFFERENTIALS,
        "com.example.app://evil.example/cb",
        "com.example.app:/cb/",
        "com.example.app:/cb?x=y",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.1:1#@evil.example/cb",
        "http://127.0.0.1:1\\@evil.example/cb",
        "http://2130706433:1/cb",
        "http://127.0.0.1:1/cb/x",
        "http://127.0.0.1:1/cb?x",
        "http://0.0.0.0:1/cb",
        "http://localhost:1/cb",
    ):
        assert_refused_everywhere(app, uri)


def test_36_a_client_cannot_borrow_anothers_redirect_uri(house: InProcess) -> None:
    """Neither its own neighbour's, nor one that it had yesterday."""
    asking(house, callbacks=["https://other.example/callback"])
    app = asking(house, callbacks=[REGISTERED])
    assert_a_page(app.ask(redirect_uri="https://other.example/callback"))
    house.ask("PATCH", f"clients/{app.client['client_id']}", {"callbacks": ["https://new.example/callback"]})
    assert_a_page(app.ask(redirect_uri=REGISTERED))


def test_37_state_and_errors_cannot_split_the_location(house: InProcess) -> None:
    """What a stranger sends comes back encoded: in one header, behind the URI that was registered."""
    app = asking(house, callbacks=[REGISTERED])
    for state in (
        "a\r\nSet-Cookie: b=c",
        "#@evil.example",
        "&code=mine&iss=https://evil.example/",
        "\u2028\u00e4%0d%0a",
    ):
        stop = app.ask(state=state)
        names = [name for name, _ in stop.reply.headers]
        assert names.count("location") == 1
        assert stop.location.startswith(f"{REGISTERED}?")
        assert stop.answer["state"] == state
        assert stop.answer["iss"] == house.issuer
        assert stop.reply.header("location").isascii()
