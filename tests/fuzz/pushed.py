"""`/oauth/par` with whatever forms, proofs and request objects: what must never happen, and a long run of it.

No answer is a 5xx or leads anywhere; a refusal is JSON in one form; what is kept is what an honest client said, letter
by letter, and no part of a proof; an object that was changed in one place is never taken; nobody is asked for anything.
`tests/fuzz/test_pushed.py` runs a short and always equal part; ``make fuzz-pushed`` goes on for ten minutes.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections import Counter
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tallystick.authorization.pushed_parameters import request_of
from tallystick.authorization.pushed_request import PushedRequest
from tests.authorization.request_objects.signing import Signing, signing
from tests.forge import Key
from tests.fuzz.authorize import API, parameters
from tests.fuzz.endless import Campaign, go_on
from tests.inprocess import FORM, Answered, InProcess

FORBIDDEN = ("https://169.254.169.254/", "https://localhost:8443/x", "http://[::1]/", "https://app.example/r")
_TEXT = st.text(max_size=30)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=5,
)
_CLAIM = st.sampled_from(
    ("iss", "aud", "exp", "nbf", "iat", "jti", "client_id", "state", "claims", "prompt", "resource")
)
_BYTES = st.one_of(
    st.binary(max_size=200), st.lists(st.sampled_from([*"%&=+;\x00", "%00", "request", "\xff"])).map("".join)
)
CASES = {
    "form": parameters(),
    "proof": st.sampled_from(("secret", "secret", "secret", "header", "wrong", "nothing", "garbage", "two")),
    "object": st.sampled_from(("none", "honest", "honest", "other key", "unsigned", "cut", "changed", "nested")),
    "claims": st.dictionaries(_CLAIM | _TEXT, _JSON, max_size=2),
    "place": st.integers(0, 2_000),
    "address": st.sampled_from(("", "", "", *FORBIDDEN)),
    "raw": st.none() | _BYTES,
}


class Target:
    """A deployment with one application that pushes by secret and signs."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.outcomes: Counter[str] = Counter()
        house.api(API, allow_offline_access=True)
        self.app: Signing = signing(house)
        self.client_id, self.secret = self.app.client["client_id"], self.app.client["client_secret"]
        self.other_key = Key()

    def check(
        self,
        form: dict[str, str],
        proof: str,
        object: str,
        claims: dict[str, Any],
        place: int,
        address: str,
        raw: bytes | str | None,
    ) -> None:
        """One push, and what must hold of its answer."""
        said = self.app.claims(**claims)
        honest = self.app.object(**claims)
        sent = {name: value for name, value in form.items() if name not in ("request", "request_uri")}
        sent = {**sent, "client_id": self.client_id}
        if object != "none":
            sent["request"] = self._object(object, honest, place)
        if address:
            sent["request_uri"] = address
        fields, headers = self._proven(sent, proof)
        content = urlencode(fields).encode("utf-8")
        if raw is not None:
            content += b"&" + (raw if isinstance(raw, bytes) else raw.encode("latin-1"))
        answer = self.house.request("POST", "/oauth/par", content, {**headers, b"content-type": FORM})
        self.outcomes[f"{object} {answer.status}"] += 1
        self._judge(answer, raw)
        if answer.status == 201:
            assert proof in ("secret", "header"), proof
            assert not address
            is_signed = object != "none"
            assert not is_signed or sent["request"] == honest
            self._assert_kept(request_of(said, self.client_id) if is_signed else sent, exactly=raw is None)

    def _object(self, object: str, honest: str, place: int) -> str:
        header, payload, signature = honest.split(".")
        if object == "other key":
            return self.app.object(key=self.other_key)
        if object == "unsigned":
            return f"eyJhbGciOiJub25lIn0.{payload}."
        if object == "cut":
            return honest[: 1 + place % (len(honest) - 1)]  # an empty one is left out
        if object == "changed":
            at = place % len(honest)
            return honest[:at] + ("A" if honest[at] != "A" else "B") + honest[at + 1 :]
        if object == "nested":
            return f"{header}.{payload}.{signature}.{header}.{payload}"
        return honest

    def _proven(self, sent: dict[str, str], proof: str) -> tuple[dict[str, str], dict[bytes, bytes]]:
        basic = b"Basic " + b64encode(f"{self.client_id}:{self.secret}".encode())
        by_form = {**sent, "client_secret": self.secret}
        return {
            "secret": (by_form, {}),
            "header": (sent, {b"authorization": basic}),
            "wrong": ({**sent, "client_secret": self.secret[:-1]}, {}),
            "nothing": (sent, {}),
            "garbage": (sent, {b"authorization": b"Basic \xff="}),
            "two": (by_form, {b"authorization": basic}),
        }[proof]

    def _judge(self, answer: Answered, raw: bytes | str | None) -> None:
        assert answer.status in (201, 400, 401, 403, 413), answer
        assert "location" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        if answer.status != 201:
            assert set(answer.json()) == {"error", "error_description", "correlation_id"}
            assert self.secret not in answer.text

    def _assert_kept(self, said: dict[str, Any], *, exactly: bool) -> None:
        """The youngest row is what was said, in its letters; numbers and objects of claims are text by then."""
        storage, tenant_id = self.house.worker.storage, self.house.tenant.tenant_id
        (row,) = self.house.run(storage.find(PushedRequest, tenant_id, newest_first=True, limit=1))
        assert row.client_id == self.client_id
        assert self.secret not in repr(row)
        for name, value in row.parameters.items():
            told = said.get(name)
            assert not exactly or told is not None, name
            assert not exactly or not isinstance(told, str) or told == value, name


def campaign(target: Target, examples: int, random_seed: int | None) -> None:
    """So many cases; the same ones each time without a seed. Whoever is asked for anything fails it."""
    bounds: dict[str, Any] = {"max_examples": examples, "deadline": None, "database": None}
    bounds |= {"suppress_health_check": list(HealthCheck), "phases": (Phase.generate, Phase.shrink)}

    @given(**CASES)
    def judge(**case: Any) -> None:
        target.check(**case)

    async def get(*asked: Any, **more: Any) -> None:
        raise AssertionError(f"somebody was asked: {asked}, {more}")

    seeded = judge if random_seed is None else seed(random_seed)(judge)
    with patch.object(type(target.house.worker.outbound), "get", get):
        settings(**bounds, derandomize=random_seed is None)(seeded)()


def begin(house: InProcess) -> Campaign:
    """The campaign in this deployment; between its rounds time passes."""
    target = Target(house)

    def play(random_seed: int) -> None:
        campaign(target, 500, random_seed)
        house.clock.advance(60)

    return play, target.outcomes


if __name__ == "__main__":
    sys.exit(go_on(sys.argv[1:], "make fuzz-pushed", "pushes", begin))
