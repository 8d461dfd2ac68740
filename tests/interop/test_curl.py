"""curl: the command that documentation shows, with secrets and with certificates that openssl made in the shell."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tallystick.jose import base64url
from tests.administrator import Administrator, unique
from tests.application import Application, decoded
from tests.interop.shell import openssl, run
from tests.patience import settle
from tests.server import Server

VERSION_3 = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=clientAuth")
PKI = """
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
"""


@dataclass
class Pki:
    """Root, intermediate, and a client below it, in files of one directory."""

    directory: Path
    subject: str

    def make(self) -> Pki:
        """As the manuals tell people to."""
        (self.directory / "pki.cnf").write_text(PKI)
        self._sign("root", f"/CN={self.subject} root", "ca")
        self._sign("intermediate", f"/CN={self.subject} intermediate", "ca", below="root")
        self._sign("client", f"/O=Harbour/CN={self.subject}", "client", below="intermediate")
        chain = (self.directory / "client.pem").read_text() + (self.directory / "intermediate.pem").read_text()
        (self.directory / "chain.pem").write_text(chain)
        return self

    def _sign(self, name: str, subject: str, section: str, below: str | None = None) -> None:
        request = ("req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", f"{name}.key", "-subj", subject)
        openssl(*request, "-out", f"{name}.csr", cwd=self.directory)
        signer = ("-CA", f"{below}.pem", "-CAkey", f"{below}.key") if below else ("-key", f"{name}.key")
        sign = ("x509", "-req", "-in", f"{name}.csr", *signer, "-days", "7", "-out", f"{name}.pem")
        openssl(*sign, "-extfile", "pki.cnf", "-extensions", section, cwd=self.directory)

    def pem(self, name: str) -> str:
        """A certificate as openssl wrote it."""
        return (self.directory / f"{name}.pem").read_text()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Made once; nothing in it belongs to one server."""
    return Pki(Path(tmp_path_factory.mktemp("pki")), unique("curl")).make()


@pytest.fixture(scope="module")
def audience(admin: Administrator) -> str:
    """An API whose tokens are bound when a certificate was shown."""
    return str(admin.api(proof_of_possession={"mechanism": "mtls", "required": False})["identifier"])


@pytest.fixture(scope="module")
def ca_signed(admin: Administrator, audience: str, pki: Pki) -> Application:
    """An application known by its subject, below a registered root."""
    made = admin.ask("POST", "certificate-authorities", {"name": unique("curl"), "pem": pki.pem("root")})
    subject = {"credential_type": "cert_subject_dn", "subject_dn": f"CN={pki.subject},O=Harbour"}
    application = admin.application(audience)
    credential = admin.credential(application.client_id, certificate_authority_id=made["id"], **subject)
    admin.use(application.client_id, "tls_client_auth", credential["id"])
    settle()
    return application


def self_signed(directory: Path, *options: str) -> str:
    """A self-signed certificate, `own.pem` with `own.key`, in one command of openssl; its text."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "own.key")
    subject = ("-subj", f"/CN={unique('own')}", "-days", "7", "-out", "own.pem")
    openssl("req", "-x509", "-nodes", *key, *subject, *options, cwd=directory)
    return (directory / "own.pem").read_text()


def curl(server: Server, url: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
    """One request that trusts the server's CA, with the status behind the body."""
    return run("curl", "--silent", "--show-error", "--cacert", server.ca_file, "-w", "\n%{http_code}", *options, url)


def answer_of(done: subprocess.CompletedProcess[str]) -> tuple[int, Any]:
    """Status and JSON body."""
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def form(application: Application, *more: str) -> list[str]:
    """The grant's parameters as curl's options."""
    fields = ["grant_type=client_credentials", f"audience={application.audience}", *more]
    return [part for field in fields for part in ("--data-urlencode", field)]


def thumbprint(directory: Path, name: str) -> str:
    """As openssl prints it, in hex."""
    printed = openssl("x509", "-in", f"{name}.pem", "-noout", "-fingerprint", "-sha256", cwd=directory)
    return printed.partition("=")[2].strip().replace(":", "").lower()


def bound_to(token: str) -> str:
    """The certificate a token is bound to, in hex."""
    return base64url.decode(decoded(token)[1]["cnf"]["x5t#S256"]).hex()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_basic(admin: Administrator, server: Server, host: str) -> None:
    application = admin.application()
    user = f"{application.client_id}:{application.secret}"
    url = f"https://{host}:{server.port}/oauth/token"
    status, body = answer_of(curl(server, url, "--http1.1", "--user", user, *form(application)))
    assert (status, body["token_type"]) == (200, "Bearer")
    assert decoded(body["access_token"])[1]["iss"] == server.issuer


def test_json_body(admin: Administrator, server: Server) -> None:
    application = admin.application()
    body = json.dumps(application.form(client_id=application.client_id, client_secret=application.secret))
    url = f"{server.issuer}oauth/token"
    status, answer = answer_of(curl(server, url, "-H", "Content-Type: application/json", "--data-raw", body))
    assert (status, answer["token_type"]) == (200, "Bearer")


def test_wrong_secret(admin: Administrator, server: Server) -> None:
    application = admin.application()
    user = ("--user", f"{application.client_id}:wrong")
    status, body = answer_of(curl(server, f"{server.issuer}oauth/token", *user, *form(application)))
    assert (status, body["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_ca_signed_with_its_intermediate(server: Server, ca_signed: Application, pki: Pki, version: str) -> None:
    options = ["--http1.1", f"--tlsv{version}", "--tls-max", version]
    options += ["--cert", str(pki.directory / "chain.pem"), "--key", str(pki.directory / "client.key")]
    url = f"{server.mtls_url}oauth/token"
    status, body = answer_of(curl(server, url, *options, *form(ca_signed, f"client_id={ca_signed.client_id}")))
    assert status == 200, body
    assert bound_to(body["access_token"]) == thumbprint(pki.directory, "client")


def test_ca_signed_without_its_intermediate(server: Server, ca_signed: Application, pki: Pki) -> None:
    """The root alone is registered: a leaf alone leads nowhere."""
    options = ["--cert", str(pki.directory / "client.pem"), "--key", str(pki.directory / "client.key")]
    done = curl(server, f"{server.mtls_url}oauth/token", *options, *form(ca_signed, f"client_id={ca_signed.client_id}"))
    status, body = answer_of(done)
    assert (status, body["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_self_signed(admin: Administrator, server: Server, audience: str, tmp_path: Path, version: str) -> None:
    application = admin.application(audience)
    pem = self_signed(tmp_path, *VERSION_3)
    credential = admin.credential(application.client_id, credential_type="x509_cert", pem=pem)
    assert credential["thumbprint_sha256"]
    admin.use(application.client_id, "self_signed_tls_client_auth", credential["id"])
    options = ["--http1.1", f"--tlsv{version}", "--tls-max", version]
    options += ["--cert", str(tmp_path / "own.pem"), "--key", str(tmp_path / "own.key")]
    url = f"{server.mtls_url}oauth/token"
    status, body = answer_of(curl(server, url, *options, *form(application, f"client_id={application.client_id}")))
    assert status == 200, body
    assert bound_to(body["access_token"]) == thumbprint(tmp_path, "own")


def test_self_signed_as_openssl_makes_it_unasked(admin: Administrator, tmp_path: Path) -> None:
    """`openssl req -x509` says CA:TRUE unless told: welcome where the certificate itself is registered."""
    application = admin.application()
    pem = self_signed(tmp_path)
    credential = admin.credential(application.client_id, credential_type="x509_cert", pem=pem)
    admin.use(application.client_id, "self_signed_tls_client_auth", credential["id"])


def test_version_1_is_refused_with_the_option_that_helps(admin: Administrator, tmp_path: Path) -> None:
    """What `openssl x509 -req` makes without -extfile; the text before the PEM block must not matter either."""
    request = ("req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", "old.key", "-subj", "/CN=old")
    openssl(*request, "-out", "old.csr", cwd=tmp_path)
    made = openssl("x509", "-req", "-in", "old.csr", "-signkey", "old.key", "-days", "7", cwd=tmp_path)
    application = admin.application()
    answer = admin.call(
        "POST", f"clients/{application.client_id}/credentials", {"credential_type": "x509_cert", "pem": made}
    )
    assert answer.status_code == 400
    assert "version 1" in answer.json()["message"]
    assert "-extfile" in answer.json()["message"]


def test_text_around_the_certificate_is_refused_for_what_it_is(admin: Administrator, tmp_path: Path) -> None:
    """`openssl x509 -text` prints the fields before the block, and people paste both; we read the block alone."""
    self_signed(tmp_path, *VERSION_3)
    printed = openssl("x509", "-in", "own.pem", "-text", cwd=tmp_path)
    assert printed.startswith("Certificate:")
    application = admin.application()
    body = {"credential_type": "x509_cert", "pem": printed}
    answer = admin.call("POST", f"clients/{application.client_id}/credentials", body)
    assert answer.status_code == 400
    assert "This is not PEM with certificates alone" in answer.json()["message"]


def test_public_keys_as_openssl_writes_them(admin: Administrator, tmp_path: Path) -> None:
    """SPKI by default, PKCS#1 by `-RSAPublicKey_out`."""
    application = admin.application()
    for number, form_of_key in enumerate(["-pubout", "-RSAPublicKey_out"]):
        openssl("genrsa", "-out", f"{number}.key", "2048", cwd=tmp_path)
        pem = openssl("rsa", "-in", f"{number}.key", form_of_key, cwd=tmp_path)
        assert admin.credential(application.client_id, credential_type="public_key", pem=pem, alg="PS256")["id"]


def test_private_key_sent_by_mistake(admin: Administrator, tmp_path: Path) -> None:
    openssl("genrsa", "-out", "own.key", "2048", cwd=tmp_path)
    application = admin.application()
    body = {"credential_type": "public_key", "pem": (tmp_path / "own.key").read_text()}
    answer = admin.call("POST", f"clients/{application.client_id}/credentials", body)
    assert answer.status_code == 400
    assert "private" in answer.json()["message"]
