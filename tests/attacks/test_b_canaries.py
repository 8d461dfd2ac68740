"""B19 secrets in logs, exports, audit, errors, admin reads (CVE-2026-16104, keycloak#42516).

Recognisable values go through every door, in good and bad requests; afterwards nothing that the server keeps, prints
or answers may hold them, nor a plain hash of them, nor the deployment's own keys.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application
from tests.attacks.expect import accepted, refused
from tests.certificate_mill import leaf
from tests.forge import Key, b64
from tests.postgres import binaries, cluster
from tests.server import Server, running_server

CHOSEN = "canary-chosen-0123456789-ABCDEFGHIJKLMNOPQ"
MISTYPED = "canary-mistyped-0123456789-ABCDEFGHIJKLMNO"


class Watched:
    """An administrator all of whose answers are kept, with the secrets that are not to be seen again."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.answers: list[bytes] = []
        self.canaries: dict[str, bytes] = {}
        self.admin = Administrator(server)
        self.admin.http.event_hooks["response"].append(self._keep)

    def watch(self, application: Application) -> Application:
        """The application, its answers kept as well."""
        application.http.event_hooks["response"].append(self._keep)
        return application

    def _keep(self, answer: httpx.Response) -> None:
        self.answers.append(repr(answer.headers.multi_items()).encode() + answer.read())

    def plant(self, label: str, secret: str) -> str:
        """From now on this value must not be found, nor what it is trivially computed from."""
        digest = sha256(secret.encode())
        self.canaries[label] = secret.encode()
        self.canaries[f"{label}, base64"] = b64encode(secret.encode())[:-4]
        self.canaries[f"{label}, SHA-256"] = digest.hexdigest().encode()
        self.canaries[f"{label}, SHA-256 bytes"] = digest.digest()
        self.canaries[f"{label}, SHA-256 base64"] = b64encode(digest.digest())[:-1]
        self.canaries[f"{label}, SHA-256 base64url"] = b64(digest.digest()).encode()
        return secret

    def leaks(self, *places: tuple[str, bytes]) -> list[str]:
        """Which canaries are found where."""
        return [
            f"{label} in {place}" for place, content in places for label, c in self.canaries.items() if c in content
        ]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A deployment of its own, talkative, so that all of it can be searched."""
    directory = Path(tmp_path_factory.mktemp("canary"))
    options: dict[str, Any] = {"workers": 1, "arguments": ("--log-level", "debug"), "first_start": True}
    if request.param == "sqlite":
        with running_server(directory, **options) as server:
            yield Watched(server)
        return
    with cluster() as postgres, running_server(directory, postgres.create_database(), **options) as server:
        yield Watched(server)


def kept_by(server: Server) -> list[tuple[str, bytes]]:
    """All that the server keeps and prints; of its directory everything that is not there to hold a secret."""
    private = {"bootstrap.json", "master.key"}
    files = [path for path in server.data.rglob("*") if path.is_file() and path.name not in private]
    places = [(str(path.relative_to(server.data)), path.read_bytes()) for path in files]
    if server.database is not None:
        dump = subprocess.run([str(binaries() / "pg_dump"), server.database], capture_output=True, check=True)
        places.append(("pg_dump", dump.stdout))
    return [*places, ("output", server.log.encode())]


def by_every_door(watched: Watched, application: Application, secret: str) -> None:
    """The secret in good and bad places."""
    form = application.form(client_id=application.client_id, client_secret=secret)
    basic = (application.client_id, secret)
    application.post(form)
    application.http.post("oauth/token", json=form)
    application.post(application.form(), auth=basic)
    application.post(form, auth=basic)  # two methods
    application.post({**form, "grant_type": "password", "password": secret})
    application.post({**form, "scope": "not-granted"})
    application.post({**form, "audience": "https://not-there.example/"})
    application.post(form, auth=("NoSuchClient", secret))
    application.http.post("oauth/token", content=f"client_secret={secret}&client_secret={secret}".encode())
    application.http.post("oauth/token", json={"client_secret": [secret]})
    application.http.post("oauth/token", content=f'{{"client_secret": "{secret}"'.encode())
    application.http.post("oauth/token", params=form)
    application.http.get("oauth/token", params=form)
    application.http.get("api/v2/clients", headers={"Authorization": f"Bearer {secret}"})
    application.http.get(f"{secret}/{secret}", headers={"Cookie": secret, "X-Secret": secret})
    watched.admin.call("PATCH", f"clients/{application.client_id}", {"client_secret": secret, "nonsense": 1})


def test_b19_secrets_are_nowhere(watched: Watched) -> None:
    admin, audience = watched.admin, str(watched.admin.api()["identifier"])
    application = watched.watch(admin.application(audience))
    watched.answers.clear()  # the answer that generated a secret shows it, that one alone
    generated = watched.plant("generated", application.secret or "")
    chosen = watched.plant("chosen", CHOSEN)
    mistyped = watched.plant("mistyped", MISTYPED)
    accepted(application.by_secret())
    for secret in (generated, mistyped):
        by_every_door(watched, application, secret)
    set_by_hand = admin.call("PATCH", f"clients/{application.client_id}", {"client_secret": chosen})
    assert set_by_hand.json()["client_secret"] == chosen
    watched.answers.remove(watched.answers[-1])
    by_every_door(watched, application, chosen)
    for path in ("clients", f"clients/{application.client_id}", f"clients/{application.client_id}/credentials"):
        assert admin.call("GET", path).is_success
    assert watched.leaks(*kept_by(watched.server), *(("an answer", answer) for answer in watched.answers)) == []


def test_b19_assertions_are_nowhere(watched: Watched) -> None:
    application = watched.watch(watched.admin.key_application("ES256"))
    assertions = [
        application.good_assertion(),
        application.good_assertion(aud="https://victim.example/"),
        Key("ES256").assertion(application.client_id, application.server.issuer),
        application.key.assertion("NoSuchClient", application.server.issuer),
    ]
    accepted(application.by_assertion(assertions[0]))
    for assertion in assertions:
        refused(application.by_assertion(assertion))
        application.by_assertion(assertion, client_secret="both")
        application.http.get("api/v2/clients", headers={"Authorization": f"Bearer {assertion}"})
        application.post(application.form(client_assertion_type=JWT_BEARER + "x", client_assertion=assertion))
        watched.canaries[f"signature {assertions.index(assertion)}"] = assertion.rpartition(".")[2].encode()
    assert watched.leaks(*kept_by(watched.server), *(("an answer", answer) for answer in watched.answers)) == []


def test_b19_what_is_asked_about_and_what_stands_in_claims_is_nowhere(watched: Watched) -> None:
    """Explanations and `debug` see assertions, certificates and claims: no secret comes out of them again."""
    admin = watched.admin
    application = watched.watch(admin.key_application("ES256"))
    secret = watched.plant("secret in a claim", secrets.token_urlsafe(48))
    chosen = watched.plant("short secret in a claim", secrets.token_hex(16))
    nested = Key("ES256").assertion("somebody", "https://elsewhere.example/")
    watched.canaries["nested token's signature"] = nested.rpartition(".")[2].encode()
    watched.canaries["nested token's claims"] = nested.split(".")[1].encode()
    places: list[dict[str, Any]] = [
        {name: value} for value in (secret, chosen, nested) for name in ("iss", "sub", "aud", "jti", "password", "exp")
    ]
    places += [{"aud": [secret, nested]}, {"aud": f"https://u:{secret}@h.example/{secret}?{secret}"}, {secret: chosen}]
    header = {"kid": secret, "jku": nested, "note": chosen}
    shown = [application.good_assertion(**claims) for claims in places]
    shown.append(application.key.assertion(application.client_id, application.server.issuer, header))
    for number, assertion in enumerate(shown):
        watched.canaries[f"signature asked about {number}"] = assertion.rpartition(".")[2].encode()
        answer = application.by_assertion(assertion)
        diagnosis = admin.call("POST", "debug/assertion", {"assertion": assertion})
        assert diagnosis.status_code == 200
        application.http.get("api/v2/clients", headers={"Authorization": f"Bearer {assertion}"})
        application.by_assertion(assertion, client_id=secret)
        correlation_id = answer.headers["X-Correlation-Id"]
        assert admin.call("GET", f'logs?q=correlation_id:"{correlation_id}"').is_success
    # In the wrong fields altogether, and where `debug` refuses.
    application.post(application.form(client_id=secret, client_secret=application.client_id))
    application.post(application.form(), auth=(chosen, application.client_id))
    admin.call("POST", "debug/assertion", {"assertion": nested, "client_id": chosen, "host": "nobody.example"})
    admin.call("POST", "debug/assertion", {"assertion": [secret]})
    admin.call("POST", "debug/assertion", {"assertion": nested, "client_secret": 1})
    holder = leaf("CN=canary")
    watched.canaries["private key asked about"] = holder.key_pem.splitlines()[1].encode()
    admin.call("POST", "debug/certificate", {"pem": holder.pem + holder.key_pem})
    assert watched.leaks(*kept_by(watched.server), *(("an answer", answer) for answer in watched.answers)) == []


def test_b19_issued_tokens_are_nowhere(watched: Watched) -> None:
    application = watched.admin.application()
    tokens = [accepted(application.by_secret()), watched.admin.token]
    kept = b"".join(content for _, content in kept_by(watched.server))
    assert all(token.rpartition(".")[2].encode() not in kept for token in tokens)


def test_b19_the_deployments_own_keys_are_nowhere(watched: Watched) -> None:
    server = watched.server
    bootstrap = json.loads((server.data / "bootstrap.json").read_text())
    master = (server.data / "master.key").read_bytes().strip()
    own = Watched.__new__(Watched)
    own.canaries = {"master key": master.rstrip(b"="), "master key, bytes": urlsafe_b64decode(master)}
    Watched.plant(own, "management secret", bootstrap["management"]["client_secret"])
    Watched.plant(own, "administrator's password", bootstrap["admin"]["password"])
    places = [*kept_by(server), *(("an answer", answer) for answer in watched.answers)]
    assert own.leaks(*places) == []
    # Keys of its own lie sealed: no private half of a JWK, no private PEM but that of the local CA's files.
    for place, content in places:
        assert not re.search(rb'"(d|p|q|dp|dq|qi)": ?"[A-Za-z0-9_-]{20,}"', content), place
        assert place.startswith("tls/") or b"PRIVATE KEY" not in content, place


def test_b19_what_holds_a_secret_is_for_its_owner_alone(watched: Watched) -> None:
    data = watched.server.data
    for path in (data / "bootstrap.json", data / "master.key", *data.glob("tls/*key*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_b19_a_private_key_sent_by_mistake_is_refused_and_forgotten(watched: Watched) -> None:
    application = watched.watch(watched.admin.application())
    pem = private_key_to_pem(Key("ES256").private)
    line = pem.splitlines()[1]
    body = {"credential_type": "public_key", "pem": pem, "alg": "ES256"}
    answer = watched.admin.call("POST", f"clients/{application.client_id}/credentials", body)
    assert answer.status_code == 400
    assert "private" in answer.json()["message"]
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "A" * 43,
        "y": "A" * 43,
        "d": "canary-of-a-private-jwk-member-0123456789ab",
    }
    by_jwk = {"credential_type": "public_key", "jwk": jwk, "alg": "ES256"}
    assert watched.admin.call("POST", f"clients/{application.client_id}/credentials", by_jwk).status_code == 400
    watched.canaries |= {"private PEM": line.encode(), "private JWK": jwk["d"].encode()}
    assert watched.leaks(*kept_by(watched.server), *(("an answer", answer) for answer in watched.answers)) == []
