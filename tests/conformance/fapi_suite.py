"""A FAPI flow as the suite runs it: pushed request, browser, tokens bound to certificate or key, the resource."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.administrator import Json
from tests.application import decoded
from tests.conformance.back_channel import check_tokens
from tests.conformance.fapi_clients import fapi_party
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_proofs import Prover
from tests.conformance.front_channel import check_answer
from tests.conformance.given import Given, given_at_userinfo, given_for_code
from tests.conformance.provider import Provider, in_house, jane
from tests.conformance.suite import LOGIN, Flow, check_login_page
from tests.inprocess import InProcess
from tests.people import PASSWORD, signed_in
from tests.signin import Stop, Visitor

API = "https://bank.example/"
OAUTH = {"scope": "read", "audience": API}
"""What plain_oauth asks for in place of ``openid``."""
MANAGEMENT_SCOPE = "read:tenant_settings"
COMBINATIONS = ("pkj-mtls", "mtls-mtls", "pkj-dpop", "mtls-dpop")
"""How clients prove themselves, and what binds their tokens."""
VARIANTS = {
    f"{profile}-{combination}{suffix}": (f"fapi2_{profile}_{combination.replace('-', '_')}", response_mode)
    for profile, suffix, response_mode in (("sp", "", ""), ("ms", "", ""), ("ms", "-jarm", "jwt"))
    for combination in COMBINATIONS
}
"""Name of a plan → its clients' level, and the response mode; none is plain_response."""
SIGNING = tuple(name for name in VARIANTS if name.startswith("ms-"))
"""The plans of Message Signing: signed_non_repudiation, with plain_response and with jarm."""
JARM = tuple(name for name in VARIANTS if name.endswith("-jarm"))
BY_KEY = tuple(name for name in VARIANTS if "-pkj-" in name)
"""K: the plans whose clients prove themselves by key."""
BY_PROOF = tuple(name for name in VARIANTS if "-dpop" in name)
"""D: the plans whose tokens are bound by DPoP."""
FAPI1_VARIANTS = {"fapi1-pkj": ("fapi1_adv_pkj_par", "jwt"), "fapi1-mtls": ("fapi1_adv_mtls_par", "jwt")}
"""The same for FAPI 1 Advanced, whose modules are not all here (`test_contradictions`)."""


class FapiPlan(Struct, frozen=True, kw_only=True):
    """One plan: two clients with different keys and certificates, and a person with every claim."""

    provider: Provider
    level: str
    client: FapiParty
    second_client: FapiParty
    email: str
    signed_in: Callable[[], Visitor]
    """A browser in which the person is signed in already; or will be, by the page for that."""

    @property
    def management_audience(self) -> str:
        """The Management API: what programs get tokens for."""
        return f"{self.provider.issuer}api/v2/"

    @property
    def management_url(self) -> str:
        """The resource there that these tokens open."""
        return f"{self.management_audience}tenants/settings"

    @property
    def parties(self) -> tuple[FapiParty, FapiParty]:
        """Both clients."""
        return self.client, self.second_client

    def varied(self, **defaults: str) -> FapiPlan:
        """The same, with these parameters in every authorization request."""
        client, second = (replace(one, defaults={**one.defaults, **defaults}) for one in self.parties)
        return replace(self, client=client, second_client=second)

    def party(self, **fields: Any) -> FapiParty:
        """A first client that is registered with these fields too."""
        made = fapi_party(self.provider, self.level, **fields)
        return replace(made, defaults=self.client.defaults)

    def proving(self, changed: Callable[[Prover], Prover]) -> FapiPlan:
        """The same, whose clients make their DPoP proofs otherwise."""
        client, second = (replace(one, prover=changed(one.prover)) for one in self.parties if one.prover is not None)
        return replace(self, client=client, second_client=second)

    def sign_in(self, stop: Stop) -> Stop:
        """What a person does at the page they must recognise; where the browser comes out."""
        check_login_page(stop)
        return stop.press("sign-in", username=self.email, password=PASSWORD)

    def answered(self, party: FapiParty, request: dict[str, str], browser: Visitor | None = None) -> Stop:
        """Where the browser leaves the server; in one without a session the person signs in."""
        stop = party.send(browser or self.signed_in(), request)
        stop = self.sign_in(stop) if stop.path == LOGIN else stop
        return stop.press("allow") if request.get("prompt") == "consent" else stop

    def code(self, party: FapiParty | None = None, **parameters: str | None) -> str:
        """A code; nothing is redeemed."""
        party = party or self.client
        request = party.request(**parameters)
        return check_answer(party, request, self.answered(party, request))["code"]

    def flow(self, party: FapiParty | None = None, browser: Visitor | None = None, **parameters: str | None) -> Flow:
        """A whole flow."""
        party = party or self.client
        request = party.request(**parameters)
        stop = self.answered(party, request, browser)
        answer = check_answer(party, request, stop)
        given = _given(party, request, answer)
        check_bound(party, given.tokens["access_token"])
        is_openid = "openid" in request["scope"].split()
        return Flow(
            browser=stop.visitor,
            stop=stop,
            answer=answer,
            tokens=given.tokens,
            raw_id_token=given.raw_id_token,
            id_token=given.id_token,
            userinfo=given_at_userinfo(party, request, given) if is_openid else {},
        )


def _given(party: FapiParty, request: dict[str, str], answer: dict[str, str]) -> Given:
    """What the code gives; without ``openid`` no ID token, and what was asked for in detail comes back (RFC 9396 7)."""
    if "openid" in request["scope"].split():
        return given_for_code(party, request, answer, {})
    details = [name for name in ("authorization_details",) if name in request]
    tokens = check_tokens(party, party.redeem(answer["code"]), request["scope"], *details)
    for name in details:
        assert tokens[name] == json.loads(request[name])
    return Given(tokens=tokens)


def check_bound(party: FapiParty, access_token: str) -> None:
    """RFC 8705 3.1, RFC 9449 6.1: the token names the certificate, or the key, with which it was got."""
    claims: Json = decoded(access_token)[1]
    assert claims["cnf"] == party.confirmation


def fapi_plan_of(house: InProcess, variant: str) -> FapiPlan:
    """A plan of :data:`VARIANTS` or :data:`FAPI1_VARIANTS`, in this process."""
    user = jane(house)
    return fapi_plan_at(in_house(house), variant, user.email, lambda: signed_in(house, user))


def fapi_plan_at(
    provider: Provider, variant: str, email: str, signed_in: Callable[[], Visitor] | None = None
) -> FapiPlan:
    """The same by any door, for this person."""
    level, response_mode = {**VARIANTS, **FAPI1_VARIANTS}[variant]
    client, second = (fapi_party(provider, level, is_second=is_second) for is_second in (False, True))
    plan = FapiPlan(
        provider=provider,
        level=level,
        client=client,
        second_client=second,
        email=email,
        signed_in=signed_in or provider.browser,
    )
    for party in plan.parties:
        grant = {"client_id": party.client_id, "audience": plan.management_audience, "scope": [MANAGEMENT_SCOPE]}
        provider.made("POST", "client-grants", grant)
    return plan.varied(response_mode=response_mode) if response_mode else plan
