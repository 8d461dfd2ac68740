"""Signed and pushed requests that somebody tampers with: what must never happen, and a long run of it.

No answer is a 5xx. What is taken was signed by the application's own key for requests, for us, in its time, or pushed
by the application; and what it leads to (the pushed row, the pending one, the code, the answer, the tokens) is what
was signed or pushed, whatever stood beside. Nobody is sent to a URI that is not registered, nobody who is not signed in
gets a code, and no socket connects to anywhere. `tests/fuzz/test_requests.py` runs a short and always equal part;
``make fuzz-requests`` goes on for ten minutes.
"""

from __future__ import annotations

import json
import random
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings

from tallystick.authorization.code import AuthorizationCode, code_hash_of
from tallystick.authorization.pending import PendingAuthorization
from tallystick.authorization.pushed_parameters import request_of
from tallystick.authorization.pushed_request import PushedRequest
from tallystick.authorization.pushed_requests import EXPIRES_IN_S
from tallystick.authorization.steps import RESUME, Step
from tallystick.outbound.guarded import Fetched
from tests.application import decoded
from tests.attacks.jose_places import cookies_of
from tests.attacks.jwe_cases import Recipient
from tests.authorization.asking import REDIRECT_URI, VERIFIER
from tests.authorization.request_objects.signing import FAPI, LEFT_OUT, Signing, signing
from tests.forge import Key, b64
from tests.fuzz.endless import Campaign, go_on
from tests.fuzz.request_cases import (
    CASES,
    CHANGES,
    ELSEWHERE,
    FORBIDDEN,
    HONEST,
    IDENTITY,
    INSIDE,
    KEYS,
    OTHER_ADDRESSES,
    PUBLISHED,
    TIMES,
    WAYS,
    WRAPS,
)
from tests.fuzz.request_rules import answer_of, assert_same, is_acceptable, meant_by, text_of, texts_of
from tests.inprocess import FORM, Answered, InProcess
from tests.people import person, signed_in
from tests.signin import visitor


class Names:
    """Implements `outbound.lookup.Lookup`."""

    async def addresses(self, name: str) -> list[str]:
        return [INSIDE[name]]

    async def txt(self, name: str) -> list[str]:
        raise AssertionError(name)


class Request(msgspec.Struct, frozen=True):
    """One request, as somebody made it."""

    app: Signing
    claims: dict[str, Any]
    text: str
    is_honest: bool
    """Whether it may be taken: by the rules, written anew."""
    at_s: int


class Target:
    """A deployment with an ordinary application and one under FAPI Message Signing, and two browsers."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.outcomes: Counter[str] = Counter()
        uris = [PUBLISHED, *FORBIDDEN]
        callbacks = [REDIRECT_URI, ELSEWHERE]
        self.proof_key, self.stranger = Key(), Key()
        self.plain = signing(house, request_uris=uris, callbacks=callbacks)
        self.fapi = signing(house, level=FAPI, callbacks=callbacks)
        self.other = signing(house)
        keys = house.request("GET", "/.well-known/jwks.json").json()["keys"]
        ec, rsa = (next(key for key in keys if key["use"] == "enc" and key["kty"] == kty) for kty in ("EC", "RSA"))
        self.tenant = Recipient(ec, rsa)
        self.published = b""
        self.begin()

    def begin(self) -> None:
        """Sign in anew: time passes."""
        self.house.forget_token()
        self.browser = signed_in(self.house, person(self.house, f"{random.getrandbits(60)}@example.org"))
        self.nobody = visitor(self.house)

    def check(
        self,
        level: str,
        said: dict[str, Any],
        times: dict[str, Any],
        key: str,
        change: str,
        place: int,
        wrap: str,
        way: str,
        outer: dict[str, str],
        odd: str,
        who: str,
        waits_s: int,
    ) -> None:
        """One request, and what must hold of everything it leads to."""
        self.house.clock.advance(2)
        app = self.fapi if level == "fapi" else self.plain
        request = self._made(app, said, times, key, change, place, wrap)
        beside = {**outer, "client_id": self.other.client["client_id"]} if "client_id" in outer else dict(outer)
        if way in ("push", "plain push"):
            self._pushed(request, beside, odd, who, waits_s, is_signed=way == "push")
            return
        sent = {"client_id": app.client["client_id"], **beside}
        if way in ("GET", "POST"):
            sent["request"] = request.text
        else:
            others = {"reference": (PUBLISHED,), "forbidden": FORBIDDEN, "other address": OTHER_ADDRESSES}[way]
            sent["request_uri"] = others[place % len(others)]
            self.published = request.text.encode("utf-8", "replace")
            self.house.clock.advance(5)  # what could not be used is left alone for so long
            request = self._made_again(request, is_good=way == "reference" and "client_id" not in outer)
        may = request.is_honest and level == "plain" and "client_id" not in outer
        answer = self._visit(sent, who, "POST" if way == "POST" else "GET")
        outcome = self._judge(answer, request, who, may=may)
        self.outcomes[f"{way} {outcome}"] += 1

    def _made_again(self, request: Request, *, is_good: bool) -> Request:
        return msgspec.structs.replace(request, is_honest=request.is_honest and is_good)

    # What is sent

    def _made(
        self, app: Signing, said: dict[str, Any], times: dict[str, Any], key: str, change: str, place: int, wrap: str
    ) -> Request:
        now_s, client_id, issuer = app.now_s, app.client["client_id"], self.house.issuer
        meant = {
            "aud": {"issuer and other": ["other", issuer], "issuer without slash": issuer.rstrip("/")},
            "client_id": {"other": self.other.client["client_id"]},
            "sub": {"own": client_id},
        }
        claims = {name: meant_by(meant.get(name, {}), value) for name, value in said.items()}
        dates = {name: now_s + off if isinstance(off, int | float) else off for name, off in times.items()}
        mode = {"response_mode": "jwt"} if app is self.fapi else {}
        all_claims = app.claims(**{**mode, **claims, **dates})
        left = {name: value for name, value in all_claims.items() if value is not LEFT_OUT}
        keys = {
            "own": app.key,
            "other": self.other.key,
            "stranger": self.stranger,
            "proof": app.own_key or self.proof_key,
        }
        header = {"crit": ["exp"]} if change == "crit" else {}
        text = keys[key].jwt(left, typ="oauth-authz-req+jwt", **header)
        text = self._changed(app, text, left, change, place)
        is_honest = key == "own" and not change and wrap in ("", "sealed") and is_acceptable(app, left, now_s, issuer)
        return Request(app, left, self._wrapped(text, left, wrap, place), is_honest, now_s)

    def _changed(self, app: Signing, text: str, claims: dict[str, Any], change: str, place: int) -> str:
        head, body, signature = text.split(".")
        other = b64(json.dumps({**claims, "scope": "openid email profile", "state": "theirs"}).encode())
        at = place % len(text)
        return {
            "payload": f"{head}.{other}.{signature}",
            "signature": f"{head}.{body}.{app.object(state='another').split('.')[2]}",
            "byte": text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :],
            "cut": text[: at or 1],
            "none": f"{b64(b'{}')}.{body}." if place % 2 else f"eyJhbGciOiJub25lIn0.{body}.",
            "alg": f"{b64(json.dumps({'alg': 'HS256', 'typ': 'oauth-authz-req+jwt'}).encode())}.{body}.{signature}",
        }.get(change, text)

    def _wrapped(self, text: str, claims: dict[str, Any], wrap: str, place: int) -> str:
        if not wrap:
            return text
        content = json.dumps(claims).encode() if wrap == "unsigned" else text.encode()
        sealed = self.tenant.sealed(
            content, {"zip": "DEF"} if wrap == "zip" else None, ("ECDH-ES", "RSA-OAEP-256")[place % 2]
        )
        if wrap == "twice":
            return self.tenant.sealed(sealed.encode())
        if wrap == "broken":
            at = place % len(sealed)
            return sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        return sealed

    def _visit(self, sent: dict[str, str], who: str, method: str = "GET") -> Answered:
        headers = cookies_of(self.browser) if who == "own" else {}
        query = urlencode(sent)
        if method == "POST":
            return self.house.request("POST", "/authorize", query.encode(), {**headers, b"content-type": FORM})
        return self.house.request("GET", f"/authorize?{query}", headers=headers)

    def _pushed(
        self, request: Request, beside: dict[str, str], odd: str, who: str, waits_s: int, *, is_signed: bool
    ) -> None:
        app = request.app
        told = {"request": request.text} if is_signed else texts_of(request.claims)
        form = {**beside, **told, "client_id": app.client["client_id"], **app._proof()}
        content = urlencode(form).encode("utf-8", "surrogatepass") + odd.encode()
        answer = self.house.request("POST", "/oauth/par", content, {b"content-type": FORM})
        kind = ("signed" if is_signed else "plain") + (" fapi" if app is self.fapi else "")
        self.outcomes[f"{kind} push {answer.status}"] += 1
        assert answer.status in (201, 400, 401, 403, 413), answer
        assert "location" not in answer.headers
        if answer.status != 201:
            return
        client_id = app.client["client_id"]
        more = {name: value for name, value in parse_qsl(odd) if name not in told}
        formed = request_of({**more, **beside, **told}, client_id)
        expected = request_of(request.claims, client_id) if is_signed else formed
        assert not is_signed or request.is_honest, request
        assert is_signed or app is not self.fapi, "it must be signed"
        storage, tenant_id = self.house.worker.storage, self.house.tenant.tenant_id
        (row,) = self.house.run(storage.find(PushedRequest, tenant_id, newest_first=True, limit=1))
        assert row.client_id == client_id
        assert_same(row.parameters, expected)
        self.house.clock.advance(waits_s)
        visited = {"client_id": client_id, **beside, "request_uri": answer.json()["request_uri"]}
        asked = msgspec.structs.replace(request, claims=expected)
        for turn in range(2):
            may = turn == 0 and waits_s < EXPIRES_IN_S and "client_id" not in beside
            outcome = self._judge(self._visit(visited, who), asked, who, may=may)
            self.outcomes[f"{kind} visit {turn} {outcome}"] += 1
            if outcome != "code":
                break

    # What must hold

    def _judge(self, answer: Answered, request: Request, who: str, *, may: bool) -> str:
        """What became of it: ``code``, ``page`` for a person, ``error`` for the application, or the status."""
        assert answer.status < 500, answer
        location = answer.headers.get("location", "")
        if location.startswith((*Step, RESUME)):
            assert may, (request, location)
            self._assert_waiting(location, request)
            return "page"
        told, target = answer_of(answer, location)
        if target:
            assert any(
                target.startswith(uri) and target[len(uri) :][:1] in ("", "?", "&", "#")
                for uri in (REDIRECT_URI, ELSEWHERE)
            ), target
        if not told:
            return str(answer.status)
        if "code" not in told:
            assert "error" in told, told
            assert not told.keys() & {"access_token", "id_token"}
            return "error"
        assert may, request
        assert who == "own", request
        assert target.startswith(str(request.claims["redirect_uri"])), (target, request)
        assert told.get("state") == text_of(request.claims.get("state")), (told, request)
        self._assert_code(told["code"], request)
        return "code"

    def _assert_waiting(self, location: str, request: Request) -> None:
        tenant_id = self.house.tenant.tenant_id
        pending_id = dict(parse_qsl(urlsplit(location).query))["state"]
        pending = self.house.run(self.house.worker.storage.get(PendingAuthorization, tenant_id, pending_id))
        assert pending is not None
        assert pending.client_id == request.app.client["client_id"]
        assert_same(pending.parameters, request_of(request.claims, pending.client_id))

    def _assert_code(self, code: str, request: Request) -> None:
        house, claims, client = self.house, request.claims, request.app.client
        tenant_id = house.tenant.tenant_id
        kept = house.run(
            house.worker.storage.get(AuthorizationCode, tenant_id, code_hash_of(house.worker.handles, tenant_id, code))
        )
        assert kept is not None
        assert (kept.client_id, kept.redirect_uri) == (client["client_id"], claims["redirect_uri"])
        assert kept.nonce == (claims.get("nonce") or None)
        assert kept.code_challenge == claims.get("code_challenge")
        # Where none was asked for, the server has a default (RFC 6749 3.3).
        asked = set(claims.get("scope", "").split())
        assert not asked or set(kept.scope) <= asked
        if request.app is self.fapi:
            return  # its tokens want a certificate
        form = {name: client[name] for name in ("client_id", "client_secret")}
        form |= {"grant_type": "authorization_code", "code": code, "redirect_uri": claims["redirect_uri"]}
        form |= {"code_verifier": VERIFIER} if "code_challenge" in claims else {}
        answer = house.request("POST", "/oauth/token", urlencode(form).encode(), {b"content-type": FORM})
        assert answer.status == 200, (answer, request)
        tokens = answer.json()
        assert set(tokens.get("scope", "").split()) <= set(kept.scope)
        if "id_token" in tokens:
            assert decoded(tokens["id_token"])[1].get("nonce") == (claims.get("nonce") or None)


@contextmanager
def nobody_asked(target: Target) -> Iterator[list[Any]]:
    """The guarded client as it is, but for one address that answers; every connection that a socket tried."""
    dialled: list[Any] = []
    outbound = target.house.worker.outbound
    real = type(outbound).get

    async def get(self: Any, url: str, **options: Any) -> Fetched:
        if url == PUBLISHED:
            return Fetched(status=200, content_type="application/jwt", headers={}, content=target.published)
        return await real(self, url, **options)

    def connect(_: socket.socket, address: Any) -> None:
        dialled.append(address)
        raise OSError("nobody is asked")

    with (
        patch.object(type(outbound), "get", get),
        patch.object(outbound, "_lookup", Names()),
        patch.object(socket.socket, "connect", connect, create=True),
    ):
        yield dialled


def campaign(target: Target, examples: int, random_seed: int | None) -> None:
    """So many cases; the same ones each time without a seed."""
    bounds: dict[str, Any] = {"max_examples": examples, "deadline": None, "database": None}
    bounds |= {"suppress_health_check": list(HealthCheck), "phases": (Phase.generate, Phase.shrink)}
    target.begin()

    with nobody_asked(target) as dialled:

        @given(**CASES)
        def judge(**case: Any) -> None:
            target.check(**case)
            assert dialled == []

        seeded = judge if random_seed is None else seed(random_seed)(judge)
        settings(**bounds, derandomize=random_seed is None)(seeded)()


def sweep(target: Target) -> None:
    """An honest request that differs in one thing, by every way, one after the other."""
    single: list[dict[str, Any]] = [{}, {"who": "nobody"}, {"waits_s": EXPIRES_IN_S}, {"waits_s": EXPIRES_IN_S + 1}]
    single += [{"outer": {"client_id": "other"}}, {"outer": {"scope": "openid email", "redirect_uri": ELSEWHERE}}]
    single += [{"said": {name: value}} for name, values in IDENTITY.items() for value in values]
    single += [{"times": {name: value}} for name, values in TIMES.items() for value in values]
    for name, values in (("key", KEYS), ("change", CHANGES), ("wrap", WRAPS)):
        single += [{name: value, "place": 7} for value in values]
    target.begin()
    with nobody_asked(target) as dialled:
        for level, ways in (("plain", WAYS), ("fapi", ("GET", "push", "plain push"))):
            for way, different in product(ways, single):
                target.check(**{**HONEST, "level": level, "way": way, **different})
    assert dialled == []


def begin(house: InProcess) -> Campaign:
    """The campaign in this deployment."""
    target = Target(house)
    return partial(campaign, target, 500), target.outcomes


if __name__ == "__main__":
    sys.exit(go_on(sys.argv[1:], "make fuzz-requests", "answers", begin))
