"""Request objects of any content, signed, encrypted, carried or pushed, some of them tampered with.

Nothing may answer 5xx, nobody may be sent anywhere but to the registered redirect URI, and nothing but what the
application signed may lead to a code. `python -m tests.fuzz.request_objects --seconds 600` goes on for a while.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.authorization.asking import REDIRECT_URI
from tests.authorization.request_objects.encrypting import encrypted
from tests.authorization.request_objects.signing import FAPI, Signing, signing
from tests.forge import LEFT_OUT
from tests.fuzz.endless import Campaign, go_on
from tests.inprocess import InProcess

_TEXT = st.text(max_size=12) | st.text(st.characters(codec=None), max_size=4)
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from((2**53, -1, 1e300))
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_CLAIMS = (
    *("iss", "aud", "client_id", "sub", "exp", "nbf", "iat", "jti", "request", "request_uri"),
    *("redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age", "claims"),
    *("audience", "resource", "authorization_details", "id_token_hint", "code_challenge", "acr_values", "ui_locales"),
)
_HEADER = st.dictionaries(st.sampled_from(("alg", "typ", "kid", "crit", "b64", "zip", "jwk", "cty")), _JSON, max_size=2)
CASES: dict[str, st.SearchStrategy[Any]] = {
    "claims": st.dictionaries(st.sampled_from(_CLAIMS) | _TEXT, _JSON | st.just(LEFT_OUT), max_size=3),
    "header": st.just({}) | _HEADER,
    "change": st.none() | st.tuples(st.floats(0, 1, exclude_max=True), st.characters(codec="utf-8")),
    "is_encrypted": st.booleans(),
    "is_fapi": st.booleans(),
    "is_pushed": st.booleans(),
}


class Target:
    """A deployment with two applications that sign, one of them under FAPI."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.apps = {False: signing(house), True: signing(house, level=FAPI)}
        self.statuses: Counter[str] = Counter()

    def check(
        self,
        claims: dict[str, Any],
        header: dict[str, Any],
        change: tuple[float, str] | None,
        is_encrypted: bool,
        is_fapi: bool,
        is_pushed: bool,
    ) -> None:
        """One object, and what must hold of its answer."""
        app = self.apps[is_fapi]
        text = honest = app.object(header, **claims)
        if is_encrypted:
            text = honest = encrypted(self.house, text)
        if change is not None:
            at = int(change[0] * len(text))
            text = text[:at] + change[1] + text[at + 1 :]
        is_taken = self._push(app, text) if is_pushed else self._carry(app, text)
        assert not is_taken or text == honest, "what was changed on its way was taken"
        assert not is_taken or header.get("alg", app.key.alg) == app.key.alg

    def _push(self, app: Signing, text: str) -> bool:
        answer = app.push(text)
        self.statuses[f"push {answer.status}"] += 1
        assert answer.status < 500, answer
        assert "location" not in answer.headers
        return answer.status == 201

    def _carry(self, app: Signing, text: str) -> bool:
        stop = app.carry(text)
        self.statuses[f"carry {stop.status}"] += 1
        assert stop.status < 500, stop
        assert not stop.location or stop.location.startswith((f"{REDIRECT_URI}?", f"{REDIRECT_URI}#")), stop.location
        return "code=" in stop.location


def campaign(target: Target, examples: int, random_seed: int | None) -> None:
    """So many objects; without a seed always the same ones."""

    @given(**CASES)
    def judge(**case: Any) -> None:
        target.check(**case)

    seeded = judge if random_seed is None else seed(random_seed)(judge)
    bounds: dict[str, Any] = {"max_examples": examples, "deadline": None, "database": None}
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings(**bounds, derandomize=random_seed is None, suppress_health_check=checks)(seeded)()


def begin(house: InProcess) -> Campaign:
    """The campaign in this deployment."""
    target = Target(house)
    return partial(campaign, target, 500), target.statuses


if __name__ == "__main__":
    sys.exit(go_on(sys.argv[1:], "python -m tests.fuzz.request_objects", "objects", begin))
