"""Bound tokens at APIs of others: Auth0's verifiers for Express and for Python take ours, and nobody else's proof."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tallystick.sdk.dpop import DpopKey
from tests.administrator import Administrator, Json, unique
from tests.application import Application, decoded
from tests.certificate_mill import Holder, leaf
from tests.interop.conftest import trust
from tests.interop.nodejs import conversation
from tests.patience import settle
from tests.receiver import Shown
from tests.server import Server

HERE = "https://api.example/orders"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def holder() -> Holder:
    """A certificate that nobody registered."""
    return leaf(unique("bound"))


@pytest.fixture(scope="module")
def files(holder: Holder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate, and its key."""
    return holder.files(tmp_path_factory.mktemp("bound"))


def application_of(admin: Administrator, mechanism: str) -> tuple[Application, str]:
    """An application with a secret, and the API that takes tokens bound so alone."""
    api = admin.api(
        proof_of_possession={"mechanism": mechanism, "required": True},
        token_dialect="rfc9068_profile",  # with a jti: no two tokens alike
    )
    application = admin.application(api["identifier"])
    settle()
    return application, api["identifier"]


def by_secret(application: Application) -> Json:
    """The form of a token request."""
    return application.form(client_id=application.client_id, client_secret=application.secret)


def by_certificate(home: Server, application: Application, files: tuple[Path, Path]) -> str:
    """A token bound to the certificate."""
    with home.http(files) as http:
        answer = http.post("oauth/token", data=by_secret(application)).json()
    assert answer.get("token_type") == "Bearer", answer
    return str(answer["access_token"])


def by_key(home: Server, application: Application, key: DpopKey) -> str:
    """A token bound to the key."""
    proof = key.proof("POST", home.issuer + "oauth/token", now_ms=now_ms())
    with home.http() as http:
        answer = http.post("oauth/token", data=by_secret(application), headers={"DPoP": proof}).json()
    assert answer.get("token_type") == "DPoP", answer
    assert decoded(answer["access_token"])[1]["cnf"] == {"jkt": key.jkt}
    return str(answer["access_token"])


class ExpressApi:
    """The API, called from outside."""

    def __init__(self, origin: str, ca_file: Path) -> None:
        self.origin = origin
        self.ca_file = ca_file

    def get(self, headers: Json, certificate: tuple[Path, Path] | None = None) -> tuple[int, Json]:
        """Status and what was answered."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if certificate is not None:
            context.load_cert_chain(*certificate)
        with httpx.Client(verify=context, trust_env=False) as http:
            answer = http.get(self.origin + "/", headers=headers)
        return answer.status_code, answer.json()


Serve = Callable[[str], ExpressApi]
"""Starts an API for an audience."""


@pytest.fixture
def express(home: Server, neighbour: Shown) -> Iterator[Serve]:
    """Makes an API for an audience."""
    with conversation(home, "express_api.mjs") as node:

        def serve(audience: str) -> ExpressApi:
            shown = {"certificate": str(neighbour.certificate), "key": str(neighbour.key)}
            return ExpressApi(node.step("serve", issuer=home.issuer, audience=audience, **shown), neighbour.ca_file)

        yield serve


def test_express_checks_the_certificate(
    home: Server, home_admin: Administrator, express: Serve, holder: Holder, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """RFC 8705 3 at a resource server that others wrote; with the certificate, another one, and none."""
    application, audience = application_of(home_admin, "mtls")
    token = by_certificate(home, application, files)
    api, bearer = express(audience), {"Authorization": f"Bearer {token}"}
    status, claims = api.get(bearer, files)
    assert (status, claims.get("cnf")) == (200, {"x5t#S256": holder.thumbprint}), claims
    assert api.get(bearer)[0] == 400  # "A client certificate is required"
    status, refused = api.get(bearer, leaf(unique("thief")).files(tmp_path))
    assert (status, refused["error"]) == (401, "invalid_token"), refused


def test_express_checks_the_proof(home: Server, home_admin: Administrator, express: Serve) -> None:
    """RFC 9449 7 there: the key's own proof for this request, and no bearer."""
    application, audience = application_of(home_admin, "dpop")
    key, api = DpopKey.generate(), express(audience)
    token = by_key(home, application, key)

    def asked(scheme: str, proof: str | None) -> tuple[int, Json]:
        return api.get({"Authorization": f"{scheme} {token}", **({} if proof is None else {"DPoP": proof})})

    good = key.proof("GET", api.origin + "/", now_ms=now_ms(), access_token=token)
    assert asked("DPoP", good)[0] == 200
    for scheme, proof in (
        ("Bearer", None),
        ("Bearer", good),
        ("DPoP", None),
        ("DPoP", DpopKey.generate().proof("GET", api.origin + "/", now_ms=now_ms(), access_token=token)),
        ("DPoP", key.proof("GET", api.origin + "/", now_ms=now_ms(), access_token=token + "x")),
        ("DPoP", key.proof("POST", api.origin + "/", now_ms=now_ms(), access_token=token)),
    ):
        assert asked(scheme, proof)[0] in (400, 401), (scheme, proof)


def test_auth0_api_python_checks_the_proof(
    home: Server, home_admin: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Auth0's verifier for Python: the proof for this request with this token, and not the same one elsewhere or later.

    It keeps no memory of a ``jti``: the same proof for the same request within its window is for the API to remember.
    """
    with pytest.warns(match=r"authlib\.jose module is deprecated"):
        from auth0_api_python import ApiClient, ApiClientOptions
    from auth0_api_python.errors import BaseAuthError

    trust(home, monkeypatch)
    application, audience = application_of(home_admin, "dpop")
    key = DpopKey.generate()
    token, other = (by_key(home, application, key) for _ in range(2))
    client = ApiClient(ApiClientOptions(domain=home.domain, audience=audience, dpop_required=True))
    proof = key.proof("GET", HERE, now_ms=now_ms(), access_token=token)

    def verified(proof: str, token: str = token, *, url: str = HERE, method: str = "GET", scheme: str = "DPoP") -> Any:
        headers = {"authorization": f"{scheme} {token}", "dpop": proof}
        return asyncio.run(client.verify_request(headers, method, url))

    assert verified(proof)["cnf"] == {"jkt": key.jkt}
    old = key.proof("GET", HERE, now_ms=now_ms() - 400_000, access_token=token)
    replays: dict[str, Any] = {
        "at another URL": lambda: verified(proof, url="https://api.example/transfers"),
        "by another method": lambda: verified(proof, method="POST"),
        "with another token": lambda: verified(proof, other),
        "later": lambda: verified(old),
        "by a bearer": lambda: verified(proof, scheme="Bearer"),
        "by a thief": lambda: verified(DpopKey.generate().proof("GET", HERE, now_ms=now_ms(), access_token=token)),
    }
    for what, replay in replays.items():
        with pytest.raises(BaseAuthError):
            _ = replay(), pytest.fail(f"taken {what}")
