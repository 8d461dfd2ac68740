"""Applications that sign what they ask for, and what becomes of it."""

from __future__ import annotations

import secrets
from typing import Any

from tests.authorization.asking import REDIRECT_URI, Asking, application, check_of
from tests.forge import LEFT_OUT as LEFT_OUT
from tests.forge import Key
from tests.inprocess import InProcess
from tests.people import person, signed_in
from tests.signin import Stop

OUTSIDE = {"redirect_uri": REDIRECT_URI, "state": "s t&a=te"}
"""What stands beside the object: it says where a refusal goes, and nothing else counts."""
FAPI = "fapi2_ms_pkj_mtls"


class Signing(Asking, frozen=True):
    """One application with a key for request objects."""

    key: Key

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
        return {**told, **dates, **asked, **claims}

    def object(self, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any) -> str:
        """The object, signed."""
        return (key or self.key).jwt(self.claims(**claims), **{"typ": "oauth-authz-req+jwt", **(header or {})})

    def carry(self, text: str, **outside: Any) -> Stop:
        """Have the browser carry an object to `/authorize`."""
        parameters = {**OUTSIDE, "client_id": self.client["client_id"], "request": text, **outside}
        sent = {name: value for name, value in parameters.items() if value is not None}
        return self.browser.post("/authorize", sent, from_elsewhere=True)

    def answer(self, **claims: Any) -> dict[str, str]:
        """The answer to an honest object with these claims."""
        return self.carry(self.object(**claims)).answer


def signing(house: InProcess, alg: str = "ES256", level: str | None = None, **fields: Any) -> Signing:
    """An application that signs, in a browser where somebody is signed in."""
    key, life_s = Key(alg, fields.pop("kid", None)), fields.pop("key_life_s", None)
    life = {} if life_s is None else {"expires_at": house.later_iso(life_s)}
    client = application(house, **{**({} if level is None else _of_level(level)), **with_key(key, **life), **fields})
    somebody = f"{secrets.token_hex(8)}@example.org"
    return Signing(house, client, signed_in(house, person(house, somebody)), key)


def with_key(key: Key, **more: Any) -> dict[str, Any]:
    """The field that registers it for request objects."""
    kid = {"kid": key.kid} if key.kid else {}
    credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg, **kid, **more}
    return {"signed_request_object": {"credentials": [credential]}}


def _of_level(level: str) -> dict[str, Any]:
    """What a client of that level has beside: a way to prove itself."""
    credential = {"credential_type": "public_key", "pem": Key("ES256").public_pem, "alg": "ES256"}
    methods = {"private_key_jwt": {"credentials": [credential]}}
    return {"compliance_level": level, "client_authentication_methods": methods}


def refused(app: Signing, stop: Stop, check: str) -> None:
    """Assert that the application heard the one dull thing, and the log which check it was."""
    assert stop.location.startswith(REDIRECT_URI), (stop.status, stop.url, stop.error)
    answer = stop.answer
    assert answer["error"] == "invalid_request_object", answer
    assert answer["error_description"] == "The request object is not acceptable."
    assert answer["state"] == OUTSIDE["state"]
    assert check_of(app.house) == check
