"""One flow for every level: push, visit, answer, code, tokens. It conforms, unless a step is told otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec

from tallystick.clients.client import Client
from tallystick.profiles import DPOP, PROFILES, Profile
from tallystick.records import Decision
from tests.application import JWT_BEARER, decoded
from tests.authorization.asking import CHALLENGE, REDIRECT_URI, VERIFIER, check_of
from tests.clientauth.evidence import der
from tests.forge import LEFT_OUT, Key
from tests.inprocess import FORM, Answered, InProcess
from tests.people import person, signed_in
from tests.profiles.forms import Json, Keys, body_of, new_keys
from tests.sender.holder import ask, key_for, proof_for
from tests.signin import Stop, Visitor

API = "https://api.example/"
OTHER_MECHANISM = "https://dpop.example/"
"""An API that takes bound tokens of another mechanism than ours alone."""


class Refusal(msgspec.Struct, frozen=True):
    """How a step was refused: what the client heard, and the check that the log blames."""

    error: str
    check: str


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """One application at one level, and a browser in which somebody is signed in."""

    house: InProcess
    level: str
    keys: Keys
    client_id: str
    browser: Visitor

    @property
    def profile(self) -> Profile:
        """What the level demands."""
        return PROFILES[self.level]

    def with_client(self, registered_as: Json | None = None, **fields: Any) -> Flow:
        """The same with an application of its own, which differs in these fields and was never judged by its level."""
        keys = new_keys()
        body = {**body_of("none", keys, client_authentication_methods=methods(self.level, keys)), **fields}
        client = self.house.made("POST", "clients", {**body, **(registered_as or {})})
        put_under(self.house, client["client_id"], self.level)
        return msgspec.structs.replace(self, keys=keys, client_id=client["client_id"])

    def with_keys(self, authentication: Key | None = None, signing: Key | None = None) -> Flow:
        """The same with an application of other keys, which was never judged by its level."""
        keys = new_keys()
        keys = Keys(authentication or keys.authentication, signing or keys.signing, keys.holder)
        body = body_of("none", keys, client_authentication_methods=methods(self.level, keys))
        client = self.house.made("POST", "clients", body)
        put_under(self.house, client["client_id"], self.level)
        return msgspec.structs.replace(self, keys=keys, client_id=client["client_id"])

    def proof(self, aud: str | list[str] | None = None) -> Json:
        """What it authenticates with, beside the certificate of the connection."""
        if "private_key_jwt" not in self.profile.authentication_methods:
            return {"client_id": self.client_id}
        now_s = self.house.clock.now_ms() // 1000
        assertion = self.keys.authentication.assertion(
            self.client_id, aud or self.house.issuer, iat=now_s, exp=now_s + 60
        )
        return {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}

    def parameters(self, **changes: Any) -> Json:
        """A request; None leaves a parameter out."""
        plain = {
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": "openid read offline_access",
            "audience": API,
            "state": "state",
            "nonce": "nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        if plain["response_type"] in self.profile.signed_response_types:
            plain["response_mode"] = "jwt"
        return {name: value for name, value in {**plain, **changes}.items() if value is not None}

    def signed(self, header: Json | None = None, claims: Json | None = None, **changes: Any) -> Json:
        """The same as a request object; ``header`` and ``claims`` as in :class:`tests.forge.Key`."""
        now_s = self.house.clock.now_ms() // 1000
        about = {"iss": self.client_id, "aud": self.house.issuer, "iat": now_s, "nbf": now_s, "exp": now_s + 300}
        said = {**self.parameters(**changes), **about, "jti": uuid4().hex}
        header = {"typ": "oauth-authz-req+jwt", **(header or {})}
        text = self.keys.signing.jwt(
            {name: value for name, value in {**said, **(claims or {})}.items() if value is not LEFT_OUT}, **header
        )
        return {"client_id": self.client_id, "request": text}

    def request(self, **changes: Any) -> Json:
        """As its profile wants it: signed, or plain."""
        return self.signed(**changes) if self.profile.requires_signed_request else self.parameters(**changes)

    def push(self, request: Json, proof: Json | None = None) -> Answered:
        """Push it."""
        form = urlencode({**request, **(self.proof() if proof is None else proof)}).encode()
        return self.house.request("POST", "/oauth/par", form, {b"content-type": FORM}, self.certificates)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """What its connection shows."""
        return (der(self.keys.holder),)

    @property
    def holds_key(self) -> bool:
        """Whether its tokens are bound by a key of its own, and not by its certificate."""
        return self.profile.sender_constraint == frozenset({DPOP})

    def proofs(self) -> tuple[str, ...]:
        """What it proves possession with at the token endpoint, beside the certificate."""
        return (proof_for(self.house, key_for()),) if self.holds_key else ()

    def visit(self, request: Json | None = None) -> Stop:
        """Push a request and come for it; the answer."""
        pushed = self.push(self.request() if request is None else request)
        assert pushed.status == 201, (pushed.content, check_of(self.house))
        query = {"client_id": self.client_id, "request_uri": pushed.json()["request_uri"]}
        return self.browser.get(f"/authorize?{urlencode(query)}")

    def answer(self, request: Json | None = None) -> dict[str, str]:
        """The members of the answer, out of a JWT where it is one."""
        return members(self.visit(request))

    def code(self, **changes: Any) -> str:
        """A code."""
        answer = self.answer(self.request(**changes))
        assert "code" in answer, (answer, check_of(self.house))
        return answer["code"]

    def redeem(
        self,
        code: str,
        *,
        certificates: tuple[bytes, ...] | None = None,
        aud: str | None = None,
        proofs: tuple[str, ...] | None = None,
    ) -> Answered:
        """What the code gives."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        shown = self.certificates if certificates is None else certificates
        form |= {"code_verifier": VERIFIER, **self.proof(aud)}
        return ask(self.house, *(self.proofs() if proofs is None else proofs), certificates=shown, **form)

    def refresh(self, refresh_token: str) -> Answered:
        """What a refresh token gives."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return ask(self.house, *self.proofs(), certificates=self.certificates, **form, **self.proof())

    def tokens(self) -> Json:
        """The whole way."""
        answer = self.redeem(self.code())
        assert answer.status == 200, (answer.content, check_of(self.house))
        body: Json = answer.json()
        return body

    def heard(self, answer: Answered) -> Refusal | None:
        """How a direct answer refuses; None if it does not."""
        return None if answer.status < 300 else Refusal(answer.json()["error"], check_of(self.house))

    def heard_at(self, stop: Stop) -> Refusal | None:
        """The same of an answer through the browser."""
        error = members(stop).get("error") if stop.location or stop.page.forms else stop.error.partition(" ")[0]
        return None if error is None else Refusal(error, check_of(self.house))


def members(stop: Stop) -> dict[str, str]:
    """An authorization response, whichever way it came."""
    answer = stop.answer
    return decoded(answer["response"])[1] if "response" in answer else answer


def methods(level: str, keys: Keys) -> Json:
    """How applications of a level authenticate."""
    own: Json = body_of(level, keys)["client_authentication_methods"]
    return own


def put_under(house: InProcess, client_id: str, level: str) -> None:
    """Set a level past everything that judges it, as a database that was restored could hold it."""
    worker, tenant_id = house.worker, house.tenant.tenant_id

    async def decide() -> Decision[None]:
        client = await worker.storage.get(Client, tenant_id, client_id)
        assert client is not None
        changed = msgspec.structs.replace(client, metadata={**client.metadata, "compliance_level": level})
        return Decision(None, saves=(changed,))

    house.run(worker.writer.carry_out(tenant_id, decide))


def flow(house: InProcess, level: str) -> Flow:
    """An application that meets the level, and what it may ask for."""
    house.api(API, allow_offline_access=True)
    house.api(OTHER_MECHANISM, proof_of_possession={"mechanism": "dpop", "required": False})
    keys = new_keys()
    client = house.made("POST", "clients", body_of(level, keys))
    browser = signed_in(house, person(house))
    return Flow(house=house, level=level, keys=keys, client_id=client["client_id"], browser=browser)
