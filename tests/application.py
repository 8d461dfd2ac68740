"""An application as the tests play it: it holds credentials and asks the token endpoint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.jose import base64url
from tallystick.jose.private_keys import private_key_to_pem
from tests.forge import Key

if TYPE_CHECKING:
    import httpx

    from tallystick.sdk.certificates import Issued
    from tests.server import Server

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def now_ms() -> int:
    """The time of day."""
    return time.time_ns() // 1_000_000


def decoded(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, not verified."""
    header, payload, _ = token.split(".")
    return msgspec.json.decode(base64url.decode(header)), msgspec.json.decode(base64url.decode(payload))


class Application:
    """One registered application and what it holds."""

    def __init__(self, server: Server, client_id: str, audience: str, secret: str | None = None) -> None:
        self.server = server
        self.client_id = client_id
        self.audience = audience
        self.secret = secret
        self.keys: list[Key] = []
        self.credential_id = ""
        self.http = server.http()

    def new_key(self, alg: str = "ES256", kid: str | None = None) -> Key:
        """A fresh key; still to be registered."""
        self.keys.append(Key(alg, kid))
        return self.keys[-1]

    @property
    def key(self) -> Key:
        """The key it registered last."""
        return self.keys[-1]

    def form(self, **parameters: Any) -> dict[str, Any]:
        """The grant's parameters; None leaves one out."""
        form = {"grant_type": "client_credentials", "audience": self.audience, **parameters}
        return {name: value for name, value in form.items() if value is not None}

    def post(self, form: Any = None, http: httpx.Client | None = None, **options: Any) -> httpx.Response:
        """A request to the token endpoint, exactly as given."""
        return (http or self.http).post("oauth/token", data=form, **options)

    def by_secret(self, **parameters: Any) -> httpx.Response:
        """A token request with the secret in the body."""
        return self.post(self.form(client_id=self.client_id, client_secret=self.secret, **parameters))

    def good_assertion(self, **claims: Any) -> str:
        """What an honest client would send."""
        return self.key.assertion(self.client_id, self.server.issuer, **claims)

    def by_assertion(
        self, assertion: str | None = None, http: httpx.Client | None = None, **form: Any
    ) -> httpx.Response:
        """A token request with a client assertion."""
        shown = assertion if assertion is not None else self.good_assertion()
        return self.post(self.form(client_assertion_type=JWT_BEARER, client_assertion=shown, **form), http)

    def by_certificate(self, http: httpx.Client, **form: Any) -> httpx.Response:
        """A token request over a connection that showed a certificate."""
        return self.post(self.form(client_id=self.client_id, **form), http)


def certificate_files(directory: Path, issued: Issued, *chain: str) -> tuple[Path, Path]:
    """A client certificate (with intermediates) and its key as files, for TLS libraries."""
    certificate, key = directory / f"{issued.thumbprint}.pem", directory / f"{issued.thumbprint}.key"
    certificate.write_text("".join([issued.certificate_pem, *chain]))
    key.write_text(private_key_to_pem(issued.key))
    return certificate, key
