"""Who asks about tokens: an API's application, and tokens of any shape that the tenant's own key signed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from tallystick.ids import new_opaque_id
from tests.forge import LEFT_OUT
from tests.inprocess import FORM, Answered, InProcess

API = "https://api.example/"
OTHER = "https://other.example/"
INACTIVE = b'{"active":false}'


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A client that asks, with its secret unless a test says otherwise."""

    house: InProcess
    client: dict[str, Any]

    @property
    def client_id(self) -> str:
        return str(self.client["client_id"])

    def ask(
        self,
        token: str,
        *more: tuple[str, str],
        accept: str = "",
        certificates: tuple[bytes, ...] = (),
        host: bytes = b"",
        **form: Any,
    ) -> Answered:
        """One question; ``more`` are parameters that may repeat."""
        proof = {"client_id": self.client_id, "client_secret": self.client.get("client_secret")}
        sent = {name: value for name, value in {**proof, "token": token, **form}.items() if value is not None}
        headers = {b"content-type": FORM, **({b"accept": accept.encode()} if accept else {})}
        content = urlencode([*sent.items(), *more]).encode()
        return self.house.request("POST", "/oauth/introspect", content, headers, certificates, host)

    def told(self, token: str, *more: tuple[str, str], **form: Any) -> dict[str, Any]:
        """The answer, which must be one."""
        answer = self.ask(token, *more, **form)
        assert answer.status == 200, answer
        body: dict[str, Any] = answer.json()
        return body

    def is_blind(self, token: str, **form: Any) -> bool:
        """Whether it is told what nobody may know, byte for byte."""
        answer = self.ask(token, **form)
        return (answer.status, answer.content) == (200, INACTIVE)


def gateway(house: InProcess, identifier: str = API, **fields: Any) -> Asking:
    """The application that stands for an API."""
    kind = {"app_type": "resource_server", "resource_server_identifier": identifier}
    return Asking(house=house, client=house.made("POST", "clients", {"name": "gateway", **kind, **fields}))


def application(house: InProcess, audience: str = API, **fields: Any) -> Asking:
    """One that gets tokens for the API by ``client_credentials``."""
    return Asking(house=house, client=house.client(audience, **fields))


def token_of(asking: Asking, audience: str = API, **form: Any) -> str:
    """A token of the application's own."""
    proof = {"client_id": asking.client_id, "client_secret": asking.client["client_secret"]}
    answer = asking.house.token(**proof, audience=audience, **form)
    assert answer.status == 200, answer
    return str(answer.json()["access_token"])


def signed(house: InProcess, client_id: str, typ: str = "at+jwt", **claims: Any) -> str:
    """A token as the tenant itself would sign it; claims as given replace the good ones."""
    now_s = house.clock.now_ms() // 1000
    good: dict[str, Any] = {
        "iss": house.issuer,
        "sub": f"{client_id}@clients",
        "aud": API,
        "iat": now_s,
        "exp": now_s + 600,
        "client_id": client_id,
        "scope": "read write",
        "jti": new_opaque_id(),
    }
    full = {name: value for name, value in {**good, **claims}.items() if value is not LEFT_OUT}
    signer = house.run(house.worker.ring.signer(house.tenant.tenant_id, "ES256"))
    return signer.sign(msgspec.json.encode(full), typ)
