"""Client certificates over real TLS: shown at the alias, rotated, and the tokens bound to what was shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import requests

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.adapters.httpx import perform
from tallystick.sdk.adapters.requests import perform as perform_by_requests
from tallystick.sdk.application import Application
from tallystick.sdk.certificates import Issued, self_signed
from tallystick.sdk.exchange import ClientCertificate
from tallystick.sdk.methods import SelfSignedTlsClientAuth
from tallystick.sdk.rotation import Rotating
from tallystick.sdk.tokens import Tokens
from tests.administrator import Administrator
from tests.application import certificate_files, decoded, now_ms
from tests.server import Server


def certificate(directory: Path) -> tuple[Issued, ClientCertificate]:
    """A new certificate, and its files."""
    key = generate_private_key("ES256")
    issued = Issued(key, self_signed(key, "CN=app", now_ms=now_ms()))
    return issued, ClientCertificate(*certificate_files(directory, issued))


def test_rfc8705_one_certificate_gives_way_to_the_next(server: Server, admin: Administrator, tmp_path: Path) -> None:
    audience = admin.api(proof_of_possession={"mechanism": "mtls", "required": True})["identifier"]
    (old, old_files), (new, new_files) = certificate(tmp_path), certificate(tmp_path)
    credentials = [
        {"credential_type": "x509_cert", "pem": issued.certificate_pem, "name": issued.thumbprint}
        for issued in (old, new)
    ]
    methods = {"self_signed_tls_client_auth": {"credentials": credentials}}
    client = admin.client(client_authentication_methods=methods, jwt_configuration={"alg": "RS256"})
    admin.grant(client["client_id"], audience)
    moment = now_ms()

    def tokens(by: Callable[[Application], Tokens], now: int) -> Tokens:
        method = Rotating(SelfSignedTlsClientAuth(old_files), SelfSignedTlsClientAuth(new_files), at_ms=moment)
        return by(Application(server.issuer, client["client_id"], method, clock=lambda: now))

    def by_httpx(application: Application) -> Tokens:
        def showing(shown: ClientCertificate | None) -> httpx.Client:
            return server.http((shown.cert_file, shown.key_file) if shown else None)

        return perform(showing, application.client_credentials(audience=audience))

    def by_requests(application: Application) -> Tokens:
        with requests.Session() as session:
            session.verify, session.trust_env = str(server.ca_file), False
            return perform_by_requests(session, application.client_credentials(audience=audience))

    for by in (by_httpx, by_requests):
        for now, issued, files in ((moment - 1, old, old_files), (moment, new, new_files)):
            got = tokens(by, now)
            assert got.certificate == files
            assert decoded(got.access_token)[1]["cnf"] == {"x5t#S256": issued.thumbprint}
