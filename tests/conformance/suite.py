"""A flow as the suite runs it: authorization, sign-in where the server asks for it, tokens, userinfo, every check."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tests.administrator import Json
from tests.conformance.front_channel import check_answer
from tests.conformance.given import Given, given_at_userinfo, given_for_code, given_in_front
from tests.conformance.provider import Provider
from tests.conformance.relying_party import CALLBACK_WITH_QUERY, RelyingParty, registered
from tests.people import PASSWORD
from tests.signin import Stop, Visitor

LOGIN, CONSENT = "/u/login", "/u/consent"


class Flow(Struct, frozen=True, kw_only=True):
    """What happened in one flow."""

    browser: Visitor
    stop: Stop
    """Where the browser left the server."""
    answer: dict[str, str]
    tokens: Json
    raw_id_token: str
    id_token: Json
    """Its claims."""
    userinfo: Json


class Plan(Struct, frozen=True, kw_only=True):
    """One plan against one server: two clients with different credentials, and a person with every claim."""

    provider: Provider
    client: RelyingParty
    second_client: RelyingParty
    email: str

    def varied(self, **defaults: str) -> Plan:
        """The same, with these parameters in every authorization request."""
        client, second = (replace(party, defaults=defaults) for party in (self.client, self.second_client))
        return replace(self, client=client, second_client=second)

    def flow(
        self,
        browser: Visitor | None = None,
        *,
        party: RelyingParty | None = None,
        asks: bool | None = None,
        by_post: bool = False,
        redeem: dict[str, str] | None = None,
        request: dict[str, str] | None = None,
        **parameters: str | None,
    ) -> Flow:
        """A whole flow. The page for signing in is seen where the server ``asks``, as it must a new browser alone."""
        party, must_ask = party or self.client, browser is None if asks is None else asks
        browser, request = browser or self.provider.browser(), request or party.request(**parameters)
        stop = party.send(browser, request, by_post=by_post)
        assert (stop.path == LOGIN) == must_ask, f"{stop.status} at {stop.url}: {stop.error}"
        if must_ask:
            stop = self.sign_in(stop)
        if stop.path == CONSENT and request.get("prompt") == "consent":
            stop = stop.press("allow")
        answer = check_answer(party, request, stop)
        given = _given(party, request, answer, redeem or {})
        return Flow(
            browser=browser,
            stop=stop,
            answer=answer,
            tokens=given.tokens,
            raw_id_token=given.raw_id_token,
            id_token=given.id_token,
            userinfo=given_at_userinfo(party, request, given),
        )

    def sign_in(self, stop: Stop) -> Stop:
        """What a person does at the page they must recognise; where the browser comes out."""
        check_login_page(stop)
        return stop.press("sign-in", username=self.email, password=PASSWORD)


def plan_of(provider: Provider) -> Plan:
    """The basic plan against a server: response type code, answers in the query, two clients, one person."""
    return Plan(
        provider=provider,
        client=registered(provider, "client_secret_basic"),
        second_client=registered(provider, "client_secret_basic", CALLBACK_WITH_QUERY),
        email=provider.person(),
    )


def check_login_page(stop: Stop) -> None:
    """The page a person must recognise: it asks for name and password, and can be left."""
    assert (stop.status, stop.path) == (200, LOGIN), f"{stop.status} at {stop.url}: {stop.error}"
    form, _ = stop.page.button("sign-in")
    assert form.method == "POST"
    assert {"username", "password"} <= set(form.fields)
    stop.page.button("cancel")
    assert "frame-ancestors 'none'" in stop.reply.header("content-security-policy")


def _given(party: RelyingParty, request: dict[str, str], answer: dict[str, str], redeem: dict[str, str]) -> Given:
    """What came last, which is what the client has to go by."""
    in_front = given_in_front(party, request, answer)
    if "code" not in answer:
        return in_front
    given = given_for_code(party, request, answer, redeem)
    for name in ("iss", "sub"):  # Core 3.3.3.6: the same in both channels
        assert in_front.id_token.get(name, given.id_token[name]) == given.id_token[name]
    return given
