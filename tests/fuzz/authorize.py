"""`/authorize` with whatever parameters and cookies, some pushed first: what must never happen, and a long run of it.

No answer is a 5xx, and nobody is sent, by redirect or by form, to anything but the letters of a registered redirect
URI. `tests/fuzz/test_authorize.py` runs a short and always equal part; `make fuzz-authorize` goes on for ten minutes
with fresh seeds: ``make fuzz-authorize ARGS="--seconds 60 --seed 7"``.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tallystick.authorization.steps import RESUME, Step
from tallystick.web.cookies import BROWSER, SESSION
from tests.attacks.test_e_redirects import PARSER_DIFFERENTIALS
from tests.authorization.asking import CHALLENGE, GRANTS, REDIRECT_URI, Asking, application, asking, set_tenant
from tests.fuzz.endless import Campaign, go_on
from tests.html_page import HtmlPage
from tests.inprocess import FORM, Answered, InProcess
from tests.people import person, signed_in
from tests.signin import visitor

LOOPBACK = "http://127.0.0.1/cb"
API = "https://api.example/"
FIRST, THIRD, NATIVE = "first", "third", "native"
_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
_CLAIMS = (
    '{"id_token":{"acr":{"essential":true}}}',
    "{",
    "[]",
    '{"userinfo":null}',
    '{"id_token":{"sub":{"value":1}}}',
)
_DETAILS = (
    '[{"type":"payment","amount":"1.00"}]',
    '[{"type":"payment","amount":1e400}]',
    '[{"type":"payment","a":{"b":{"c":{"d":{"e":{}}}}}}]',
    '[{"type":"payment","type":"other"}]',
    '[{"type":"other","x":"\\ud800"}]',
    "[" * 2000,
)
_VALUES: dict[str, tuple[str, ...]] = {
    "client_id": (FIRST, THIRD, NATIVE, "nobody"),
    "redirect_uri": (REDIRECT_URI, f"{REDIRECT_URI}?a=b", "http://127.0.0.1:49152/cb", *PARSER_DIFFERENTIALS),
    "response_type": ("code", "code id_token", "id_token token", "token", "code id_token token", "none"),
    "response_mode": ("query", "fragment", "form_post", "web_message", "jwt", "query.jwt", "form_post.jwt"),
    "scope": ("openid", "openid profile offline_access", "read", "openid offline_access online_access", '"'),
    "state": ("s", "#&?=", "\r\nLocation: https://evil.example/"),
    "nonce": ("n", "\x00"),
    "prompt": ("none", "login", "consent", "select_account", "create", "none login"),
    "max_age": ("0", "1", "-1", "9" * 30),
    "audience": (API, "https://localhost:8443/api/v2/", "https://localhost:8443/userinfo", "x"),
    "resource": (API, "x#y"),
    "code_challenge": (CHALLENGE, CHALLENGE[:-1]),
    "code_challenge_method": ("S256", "plain"),
    "claims": _CLAIMS,
    "authorization_details": _DETAILS,
    "acr_values": ("phr", "urn:mace:incommon:iap:bronze x", " "),
    "id_token_hint": ("x", "e30.e30.e30"),
    "ui_locales": ("de", "xx-YY;q=z", "\u0000"),
    "login_hint": ("jane@example.org",),
    "screen_hint": ("signup",),
    "request": ("e30.e30.",),
    "request_uri": ("https://app.example/r",),
    "web_message": ("1",),
}


def parameters() -> st.SearchStrategy[dict[str, str]]:
    """A request that is mostly right, with some of it changed, missing, or made up."""
    mostly = {"client_id": st.sampled_from(_VALUES["client_id"]), "response_type": st.just("code")}
    changed = {name: st.sampled_from(values) | _TEXT for name, values in _VALUES.items()}
    made_up = st.dictionaries(_TEXT, _TEXT, max_size=2)
    right = st.fixed_dictionaries(mostly, optional={"redirect_uri": st.just(REDIRECT_URI), "scope": st.just("openid")})
    wrong = st.fixed_dictionaries({}, optional=changed)
    return st.builds(lambda one, two, three: {**one, **two, **three}, right, wrong, made_up)


_COOKIES = st.sampled_from(("none", "session", "other", "garbage", "swapped", "twice"))
_WAY = st.sampled_from(("GET", "GET", "GET", "POST", "both", "again", "push"))
CASES = {"sent": parameters(), "cookies": _COOKIES, "way": _WAY, "state": st.sampled_from(("own", "foreign")) | _TEXT}


class Target:
    """A deployment with three applications, and the browsers of two people."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.statuses: Counter[str] = Counter()
        set_tenant(house, implicit_and_hybrid_supported=True)
        house.api(API, allow_offline_access=True, authorization_details=[{"type": "payment"}])
        grants = [*GRANTS, "implicit"]
        first = asking(house, grant_types=grants, web_origins=["https://app.example"])
        third = application(house, is_first_party=False, callbacks=[REDIRECT_URI, f"{REDIRECT_URI}?a=b"])
        native = application(house, app_type="native", callbacks=[LOOPBACK])
        self.ids = {FIRST: first.client["client_id"], THIRD: third["client_id"], NATIVE: native["client_id"]}
        self.secrets = {one["client_id"]: one.get("client_secret", "") for one in (first.client, third, native)}
        self.proven = {
            self.ids[FIRST]: (REDIRECT_URI,),
            self.ids[THIRD]: (REDIRECT_URI, f"{REDIRECT_URI}?a=b"),
            self.ids[NATIVE]: (LOOPBACK, "http://127.0.0.1:49152/cb"),
        }
        self.session = first.browser.cookies[SESSION]
        self.other = signed_in(house, person(house, "other@example.org")).cookies[SESSION]
        waiting = Asking(house, first.client, visitor(house))
        self.foreign = Asking(house, first.client, visitor(house)).ask().state
        assert waiting.ask().path == Step.SIGN_IN
        self.browser = waiting.browser.cookies[BROWSER]

    def check(self, sent: dict[str, str], cookies: str, way: str, state: str) -> None:
        """One request, and what must hold of its answer."""
        given = {**sent, "client_id": self.ids.get(sent["client_id"], sent["client_id"])}
        if way == "push":
            answer = self._pushed(given, cookies)
        elif way == "again" and state == "own":
            answer = self._resumed(given, cookies)
        else:
            answer = self._send(given, cookies, way, self.foreign if state == "foreign" else state)
        self.statuses[f"{way} {answer.status}"] += 1
        assert answer.status < 500, answer
        proven = self.proven.get(given["client_id"], ())
        location = answer.headers.get("location", "")
        if location and not location.startswith((*Step, RESUME)):
            self._assert_proven(location, proven)
        if answer.headers.get("content-type", "").startswith("text/html"):
            for form in HtmlPage(answer.text).forms:
                if not form.action.startswith("/u/") and form.action:
                    self._assert_proven(form.action, proven)

    def _assert_proven(self, url: str, proven: tuple[str, ...]) -> None:
        fits = [uri for uri in proven if url == uri or url.startswith((f"{uri}?", f"{uri}&", f"{uri}#"))]
        assert fits, url
        assert url.isascii()
        assert url.isprintable()

    def _pushed(self, given: dict[str, str], cookies: str) -> Answered:
        """The request pushed, and then visited with what was pushed beside it."""
        client_id = given["client_id"]
        form = {**given, "client_secret": self.secrets.get(client_id, "x")}
        answer = self.house.request("POST", "/oauth/par", urlencode(form).encode(), {b"content-type": FORM})
        self.statuses[f"par {answer.status}"] += 1
        assert "location" not in answer.headers
        if answer.status != 201:
            return answer
        name = {"client_id": client_id, "request_uri": answer.json()["request_uri"]}
        return self._send({**given, **name}, cookies, "GET", "")

    def _resumed(self, given: dict[str, str], cookies: str) -> Answered:
        """The request begun by somebody who is not signed in, and gone on with in a browser that may be another."""
        alone = {b"cookie": f"{BROWSER}={self.browser}".encode()}
        begun = self.house.request("GET", f"/authorize?{urlencode(given)}", headers=alone)
        location = begun.headers.get("location", "")
        if not location.startswith(tuple(Step)):
            return begun
        return self._send(given, cookies, "again", location.rpartition("state=")[2])

    def _send(self, given: dict[str, str], cookies: str, way: str, state: str) -> Answered:
        headers = {b"cookie": self._cookies(cookies)} if cookies != "none" else {}
        encoded = urlencode(given)
        if way == "again":
            return self.house.request("GET", f"{RESUME}?state={quote(state)}", headers=headers)
        if way == "GET":
            return self.house.request("GET", f"/authorize?{encoded}", headers=headers)
        path = "/authorize" if way == "POST" else f"/authorize?{encoded}"
        return self.house.request("POST", path, encoded.encode(), {**headers, b"content-type": FORM})

    def _cookies(self, cookies: str) -> bytes:
        pairs = {
            "session": f"{SESSION}={self.session}; {BROWSER}={self.browser}",
            "other": f"{SESSION}={self.other}; {BROWSER}={self.browser}",
            "garbage": f"{SESSION}=\x01\xff;;=;{BROWSER}",
            "swapped": f"{SESSION}={self.browser}; {BROWSER}={self.session}",
            "twice": f"{SESSION}={self.session}; {SESSION}={self.other}; {BROWSER}={self.browser}",
        }
        return pairs[cookies].encode("latin-1")


def campaign(target: Target, examples: int, random_seed: int | None) -> None:
    """So many cases; the same ones each time without a seed."""
    bounds: dict[str, Any] = {"max_examples": examples, "deadline": None, "database": None}
    bounds["suppress_health_check"] = list(HealthCheck)
    bounds["phases"] = (Phase.generate, Phase.shrink)

    @given(**CASES)
    def judge(sent: dict[str, str], cookies: str, way: str, state: str) -> None:
        target.house.clock.advance(0.2)  # else one address would soon have begun too many sign-ins
        target.check(sent, cookies, way, state)

    seeded = judge if random_seed is None else seed(random_seed)(judge)
    settings(**bounds, derandomize=random_seed is None)(seeded)()


def begin(house: InProcess) -> Campaign:
    """The campaign in this deployment."""
    target = Target(house)
    return partial(campaign, target, 500), target.statuses


if __name__ == "__main__":
    sys.exit(go_on(sys.argv[1:], "make fuzz-authorize", "requests", begin))
