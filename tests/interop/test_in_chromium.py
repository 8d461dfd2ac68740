"""Auth0's libraries for applications that live with a browser, in Chromium: express-openid-connect and auth0-spa-js."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator, Json, unique
from tests.application import decoded
from tests.browser.application import sign_in
from tests.browser.person import Person
from tests.forge import Key
from tests.interop.nodejs import Conversation, conversation
from tests.interop.signing_in import REFRESHING, web_application
from tests.receiver import Shown
from tests.server import Server

LOOKS_MAX = 600
SCOPE = "openid profile email read fly"
"""The last is no scope of any API: it falls away at /authorize."""


def listening(node: Conversation, neighbour: Shown) -> str:
    """The origin at which the script serves."""
    return str(node.step("listen", certificate=str(neighbour.certificate), key=str(neighbour.key)))


@contextmanager
def express_application(
    home: Server, home_admin: Administrator, neighbour: Shown, fields: dict[str, Any], **settings: Any
) -> Iterator[str]:
    """The origin of a web application: these fields here, these settings there."""
    with conversation(home, "express_app.mjs") as node:
        origin = listening(node, neighbour)
        client = web_application(
            home_admin,
            callbacks=[f"{origin}/callback"],
            allowed_logout_urls=[origin],
            oidc_logout={"backchannel_logout_urls": [f"{origin}/backchannel-logout"]},
            **fields,
        )
        credentials = {name: client[name] for name in ("client_id", "client_secret")}
        node.step("serve", issuer=home.issuer, **credentials, **settings)
        yield origin


@pytest.fixture
def express(home: Server, home_admin: Administrator, neighbour: Shown) -> Iterator[str]:
    """The origin of a web application."""
    with express_application(home, home_admin, neighbour, {}) as origin:
        yield origin


def test_express_openid_connect(home: Server, express: str, page: Page, person: Person) -> None:
    who = page.locator("#who")
    page.goto(f"{express}/silent")
    expect(who).to_have_text("nobody")
    page.goto(f"{express}/login")
    sign_in(page, person)
    expect(who).to_have_text("Ada")
    shown = page.goto(f"{express}/profile")
    assert shown is not None
    assert (shown.json()["user"]["email"], shown.json()["renewed"]) == (person.email, True)
    shown = page.goto(f"{express}/userinfo")
    assert shown is not None
    assert shown.json()["sub"] == person.user_id

    # The application forgets; our session is enough for it to know again, and no page is shown.
    page.context.clear_cookies(name="appSession")
    page.context.clear_cookies(name="skipSilentLogin")
    page.goto(f"{express}/silent")
    expect(who).to_have_text("Ada")
    page.goto(f"{express}/logout")
    expect(who).to_have_text("nobody")
    page.goto(f"{express}/login")
    expect(page.locator("[name=password]")).to_be_visible()


def test_express_openid_connect_signs_and_pushes_its_requests(
    home: Server, home_admin: Administrator, neighbour: Shown, page: Page, person: Person
) -> None:
    """Its request objects have no ``typ``, as they may outside FAPI (auth0.md 7.6)."""
    key = Key("ES256")
    credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
    demanded = {
        "signed_request_object": {"required": True, "credentials": [credential]},
        "require_pushed_authorization_requests": True,
    }
    pem = private_key_to_pem(key.private)
    signing = {"requestObjectSigningKey": pem, "requestObjectSigningAlg": "ES256", "pushedAuthorizationRequests": True}
    with express_application(home, home_admin, neighbour, demanded, **signing) as origin:
        page.goto(f"{origin}/login")
        sign_in(page, person)
        expect(page.locator("#who")).to_have_text("Ada")


def test_express_openid_connect_hears_of_a_logout(home: Server, express: str, page: Page, person: Person) -> None:
    who = page.locator("#who")
    page.goto(f"{express}/login")
    sign_in(page, person)
    expect(who).to_have_text("Ada")
    elsewhere = page.context.new_page()
    elsewhere.goto(f"{home.issuer}v2/logout")

    for _ in range(LOOKS_MAX):
        page.goto(express)
        if who.inner_text() == "nobody":
            return
        page.wait_for_timeout(100)
    raise AssertionError("it still believes that they are signed in")


@pytest.fixture
def spa(home: Server, neighbour: Shown) -> Iterator[str]:
    """The origin of an application that is nothing but files; of our site, else Chromium sends no cookie in frames."""
    with conversation(home, "spa_app.mjs") as node:
        yield listening(node, neighbour)


def spa_options(
    home: Server, admin: Administrator, origin: str, bound: Json | None = None, **options: Any
) -> dict[str, Any]:
    """Register it; what its page gives to the library. ``bound`` is the API's demand."""
    client = admin.client(
        name=unique("spa"),
        app_type="spa",
        token_endpoint_auth_method="none",
        grant_types=REFRESHING,
        callbacks=[origin],
        web_origins=[origin],
        allowed_logout_urls=[f"{origin}/?left"],
    )
    api = admin.api(allow_offline_access=True, signing_alg="ES256", proof_of_possession=bound)  # no two tokens alike
    audience = api["identifier"]
    asked = {"redirect_uri": origin, "scope": SCOPE, "audience": audience}
    return {"domain": home.domain, "clientId": client["client_id"], "authorizationParams": asked, **options}


def spa_signed_in(page: Page, origin: str, options: dict[str, Any], person: Person) -> None:
    """From its page to ours and back."""
    page.goto(origin)
    page.evaluate("options => begin(options)", options)
    page.evaluate("() => { app.loginWithRedirect({appState: {target: '/cart'}}) }")
    page.wait_for_url("**/u/login**")
    sign_in(page, person)
    page.wait_for_url(f"{origin}/?code=*")
    assert page.evaluate("options => begin(options)", options) == {"target": "/cart"}
    user = page.evaluate("() => app.getUser()")
    assert (user["sub"], user["name"], user["email"]) == (person.user_id, "Ada", person.email)


def spa_signed_out(page: Page, origin: str, options: dict[str, Any]) -> None:
    """Away and back; then nothing is to be had without asking."""
    page.evaluate("() => { app.logout({logoutParams: {returnTo: `${location.origin}/?left`}}) }")
    page.wait_for_url(f"{origin}/?left")
    page.evaluate("options => begin(options)", options)
    error = page.evaluate("() => app.getTokenSilently().catch(({error}) => error)")
    assert error == "login_required"


TOKEN = "() => app.getTokenSilently({cacheMode: 'off'})"
USERINFO = """async () => {
  const dpopNonceId = app.options.useDpop ? "userinfo" : undefined;
  const answer = await app.createFetcher({dpopNonceId}).fetchWithAuth(`${app.domainUrl}/userinfo`);
  return (await answer.json()).sub;
}"""


def test_auth0_spa_js_by_frame(home: Server, home_admin: Administrator, spa: str, page: Page, person: Person) -> None:
    options = spa_options(home, home_admin, spa)
    spa_signed_in(page, spa, options, person)
    first = page.evaluate("() => app.getTokenSilently()")
    again = page.evaluate(TOKEN)
    assert first != again
    assert decoded(again)[1]["scope"] == "openid profile email read"
    page.reload()  # what it kept in memory is gone; it asks as it begins
    page.evaluate("options => begin(options)", options)
    assert page.evaluate("() => app.getUser()")["email"] == person.email
    spa_signed_out(page, spa, options)


@pytest.mark.parametrize("cache", ["memory", "localstorage"])
def test_auth0_spa_js_by_refresh_tokens(
    home: Server, home_admin: Administrator, spa: str, page: Page, person: Person, cache: str
) -> None:
    """In memory a worker holds the refresh token; in local storage the page does, worth nothing without its key."""
    bound = cache == "localstorage"
    options = spa_options(
        home,
        home_admin,
        spa,
        {"mechanism": "dpop", "required": True} if bound else None,
        useRefreshTokens=True,
        useRefreshTokensFallback=True,
        cacheLocation=cache,
        useDpop=bound,
    )
    spa_signed_in(page, spa, options, person)
    tokens = [page.evaluate(TOKEN) for _ in range(3)]
    assert len(set(tokens)) == 3
    claims = decoded(tokens[2])[1]
    assert claims["scope"] == "openid profile email read offline_access"
    # A library that has to ask twice for a nonce of ours can only do so because CORS lets it read the header.
    assert (list(claims.get("cnf", {})), page.evaluate(USERINFO)) == (["jkt"] if bound else [], person.user_id)
    spa_signed_out(page, spa, options)
