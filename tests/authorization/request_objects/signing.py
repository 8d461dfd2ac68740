"""Applications that sign what they ask for, and what becomes of it."""

from __future__ import annotations

import secrets
from typing import Any

from tests.application import JWT_BEARER
from tests.authorization.asking import REDIRECT_URI, Asking, application, check_of
from tests.authorization.pushing import PKCE, post, proof_of
from tests.forge import LEFT_OUT as LEFT_OUT
from tests.forge import Key
from tests.inprocess import Answered, InProcess
from tests.people import person, signed_in
from tests.signin import Stop

OUTSIDE = {"redirect_uri": REDIRECT_URI, "state": "s t&a=te"}
"""What stands beside the object: it says where a refusal goes, and nothing else counts."""
FAPI = "fapi2_ms_pkj_mtls"


class Signing(Asking, frozen=True):
    """One application with a key for request objects."""

    key: Key
    own_key: Key | None = None
    """What it proves itself with where its level demands that requests are pushed; None: a secret."""

    @property
    def now_s(self) -> int:
        """The time in the house."""
        return self.house.clock.now_ms() // 1000

    def claims(self, **claims: Any) -> dict[str, Any]:
        """What an honest object says, with changes; :data:`LEFT_OUT` removes a claim."""
        client_id = self.client["client_id"]
        told = {"iss": client_id, "aud": self.house.issuer, "client_id": client_id}
        dates = {"iat": self.now_s, "nbf": self.now_s, "exp": self.now_s + 60}
        asked = {"redirect_uri": REDIRECT_URI, "response_type": "code", "scope": "openid", "state": "inside"}
        return {**told, **dates, **asked, **(PKCE if self.own_key else {}), **claims}

    def object(self, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any) -> str:
        """The object, signed."""
        return (key or self.key).jwt(self.claims(**claims), **{"typ": "oauth-authz-req+jwt", **(header or {})})

    def carry(self, text: str, **outside: Any) -> Stop:
        """Have the browser carry an object to `/authorize`."""
        parameters = {**OUTSIDE, "client_id": self.client["client_id"], "request": text, **outside}
        sent = {name: value for name, value in parameters.items() if value is not None}
        return self.browser.post("/authorize", sent, from_elsewhere=True)

    def push(self, text: str, **beside: Any) -> Answered:
        """Push an object to `/oauth/par`."""
        return post(self, {"client_id": self.client["client_id"], "request": text, **self._proof(), **beside})

    def _proof(self) -> dict[str, Any]:
        if self.own_key is None:
            return proof_of(self)
        dates: dict[str, Any] = {"iat": self.now_s, "exp": self.now_s + 60}
        assertion = self.own_key.assertion(self.client["client_id"], self.house.issuer, **dates)
        return {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}

    def answer(self, **claims: Any) -> dict[str, str]:
        """The answer to an honest object with these claims."""
        return self.carry(self.object(**claims)).answer


def signing(house: InProcess, alg: str = "ES256", level: str | None = None, **fields: Any) -> Signing:
    """An application that signs, in a browser where somebody is signed in; of a FAPI ``level`` it pushes."""
    key, life_s = Key(alg, fields.pop("kid", None)), fields.pop("key_life_s", None)
    own_key = None if level is None else Key("ES256")
    life = {} if life_s is None else {"expires_at": house.later_iso(life_s)}
    proof = {} if own_key is None else {"compliance_level": level, **by_key(own_key)}
    client = application(house, **{**proof, **with_key(key, **life), **fields})
    somebody = f"{secrets.token_hex(8)}@example.org"
    return Signing(house, client, signed_in(house, person(house, somebody)), key, own_key)


def with_key(key: Key, **more: Any) -> dict[str, Any]:
    """The field that registers it for request objects."""
    return {"signed_request_object": {"credentials": [_credential(key, **more)]}}


def by_key(key: Key) -> dict[str, Any]:
    """The field that registers it for client assertions."""
    return {"client_authentication_methods": {"private_key_jwt": {"credentials": [_credential(key)]}}}


def _credential(key: Key, **more: Any) -> dict[str, Any]:
    kid = {"kid": key.kid} if key.kid else {}
    return {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg, **kid, **more}


def refused(app: Signing, stop: Stop, check: str) -> None:
    """Assert that the application heard the one dull thing, and the log which check it was."""
    assert stop.location.startswith(REDIRECT_URI), (stop.status, stop.url, stop.error)
    answer = stop.answer
    assert answer["error"] == "invalid_request_object", answer
    assert answer["error_description"] == "The request object is not acceptable."
    assert answer["state"] == OUTSIDE["state"]
    assert check_of(app.house) == check


def refuses(app: Signing, text: str, check: str) -> None:
    """Assert that an object is refused where an application of this level brings it: carried, or pushed."""
    if app.own_key is None:
        refused(app, app.carry(text), check)
        return
    answer = app.push(text)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request_object"), answer.content
    assert answer.json()["error_description"] == "The request object is not acceptable."
    assert check_of(app.house) == check


def takes(app: Signing, text: str) -> None:
    """Assert that it is taken there."""
    if app.own_key is None:
        answer = app.carry(text).answer
        assert "code" in answer, answer
        return
    pushed = app.push(text)
    assert pushed.status == 201, pushed.content
