"""Every command against a real server: what an operator and an application would type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli.exits import FAILED, INACTIVE, NOT_FOUND, NOT_PERMITTED, OK, UNREACHABLE, USAGE
from tallystick.sdk.certificates import TrialAuthority, thumbprint
from tests.administrator import Administrator, unique
from tests.patience import HANGING_S, LOOK_AGAIN_S
from tests.server import Server

from .conftest import Cli, Ran

FOREIGN = TrialAuthority.issue


class Operator:
    """The command line with a server's data directory; every call must end with the code it should."""

    def __init__(self, cli: Cli, server: Server) -> None:
        self.cli = cli
        self.server = server

    def __call__(self, *arguments: object, code: int = OK) -> Ran:
        ran = self.cli(*arguments, "--data", self.server.data)
        assert ran.code == code, ran.err
        return ran

    def json(self, *arguments: object) -> Any:
        """What a command answers with ``--json``; nothing else may be on stdout."""
        ran = self(*arguments, "--json")
        assert ran.err == ""
        return ran.json()

    def as_application(self, *arguments: object, code: int = OK) -> Ran:
        """A command of an application that knows the server's address and authority alone."""
        ran = self.cli(*arguments, "--domain", self.server.domain, "--ca-file", self.server.ca_file)
        assert ran.code == code, ran.err
        return ran


@pytest.fixture
def operator(cli: Cli, server: Server) -> Operator:
    """Someone with a shell on the server's machine."""
    return Operator(cli, server)


@pytest.fixture
def audience(operator: Operator) -> str:
    """An API that binds tokens when it can."""
    identifier = f"https://{unique('cli')}.example/"
    binding = 'proof_of_possession={"mechanism": "mtls", "required": false}'
    operator("resource-servers", "create", identifier, "--scope", "read", "--scope", "write", "--set", binding)
    return identifier


def application(operator: Operator, audience: str, *arguments: object) -> dict[str, Any]:
    """A new application with a grant."""
    client: dict[str, Any] = operator.json("clients", "create", unique("cli"), *arguments)
    operator("grants", "create", client["client_id"], audience, "--scope", "read", "--scope", "write")
    return client


def test_demo_shows_five_tokens_and_two_sign_ins_and_can_be_repeated(operator: Operator, admin: Administrator) -> None:
    before = len(admin.ask("GET", "clients"))
    shown = operator("demo").out
    assert shown.count('"iss"') == 9
    assert (shown.count("x5t#S256"), shown.count('"jkt"'), shown.count("bound to ")) == (2, 1, 3)
    result = operator.json("demo")
    methods = [token["method"] for token in result["tokens"]]
    assert methods[:2] == ["client_secret_basic", "private_key_jwt"]
    assert methods[2:] == ["tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"]
    for token in result["tokens"]:
        bound_to = token["claims"].get("cnf", {})
        assert (bound_to.get("x5t#S256"), bound_to.get("jkt")) == (token["thumbprint"], token["jkt"])
    assert [token["thumbprint"] is None for token in result["tokens"]] == [True, True, False, False, True]
    assert result["tokens"][-1]["jkt"] is not None
    signed_in = result["sign_in"]
    (person,) = admin.ask("GET", f"users-by-email?email={signed_in['email']}")
    assert signed_in["id_token"]["claims"]["sub"] == signed_in["access_token"]["claims"]["sub"] == person["user_id"]
    signed = result["signed_sign_in"]
    assert signed["request"]["header"]["typ"] == "oauth-authz-req+jwt"
    assert signed["response"]["claims"]["state"] == signed["request"]["claims"]["state"]
    assert signed["id_token"]["claims"]["sub"] == person["user_id"]
    assert person["logins_count"] >= 4
    assert admin.ask("GET", f"users/{person['user_id']}/sessions")["sessions"] == []
    assert len(admin.ask("GET", "clients")) == before


def test_demo_tells_which_token_failed_and_under_which_correlation_id(
    operator: Operator, admin: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = time.time_ns() // 1_000_000
    stranger = TrialAuthority("CN=stranger", now_ms=now_ms)
    monkeypatch.setattr(TrialAuthority, "issue", lambda self, subject, **_: FOREIGN(stranger, subject, now_ms=now_ms))
    before = len(admin.ask("GET", "clients"))
    ran = operator("demo", "--json", code=FAILED)
    assert [token["method"] for token in ran.json()["tokens"]] == [
        *("client_secret_basic", "private_key_jwt", "self_signed_tls_client_auth", "private_key_jwt")
    ]
    assert "error: mTLS with a CA-signed certificate: invalid_client" in ran.err
    assert admin.log(ran.err.partition("correlation id: ")[2].split()[0])["type"] == "feccft"
    assert len(admin.ask("GET", "clients")) == before


def test_demo_that_is_kept_goes_on_by_hand(operator: Operator, tmp_path: Path) -> None:
    result = operator.json("demo", "--keep", tmp_path / "kept")
    by_key, by_authority = result["tokens"][1:3]
    arguments = ["token", "--audience", result["audience"], "--client-id"]
    operator.as_application(*arguments, by_key["client_id"], "--key", tmp_path / "kept" / "private-key-jwt.pem")
    pair = ["--cert", tmp_path / "kept" / "ca-signed.crt", "--key", tmp_path / "kept" / "ca-signed.pem"]
    operator.as_application(*arguments, by_authority["client_id"], *pair)
    operator("demo")


def test_token_by_secret(operator: Operator, audience: str, tmp_path: Path) -> None:
    client = application(operator, audience)
    (tmp_path / "secret").write_text(client["client_secret"])
    who = ["--client-id", client["client_id"], "--client-secret-file", tmp_path / "secret", "--audience", audience]
    token = operator.as_application("token", *who).out.strip()
    assert token.count(".") == 2
    answer = operator.as_application("token", *who, "--json", "--decode", "--scope", "read").json()
    assert answer["decoded"]["claims"]["scope"] == "read"
    for method in ("client_secret_basic", "client_secret_post"):
        operator.as_application("token", *who, "--method", method)
    assert '"scope": "read write"' in operator.as_application("token", *who, "--decode").out
    (tmp_path / "secret").write_text("wrong")
    refused = operator.as_application("token", *who, code=NOT_PERMITTED)
    assert refused.out == ""
    assert "invalid_client" in refused.err
    assert "correlation id: " in refused.err


def test_token_by_private_key_jwt_through_a_rotation(operator: Operator, audience: str, tmp_path: Path) -> None:
    operator.cli("keygen", "--out", "a.pem")
    operator.cli("keygen", "--out", "b.pem", "--alg", "PS256")
    method = ["--auth-method", "private_key_jwt", "--public-key", "a.pem", "--key-alg", "ES256"]
    client_id = application(operator, audience, *method)["client_id"]
    by = ["token", "--audience", audience, "--client-id", client_id, "--key"]
    operator.as_application(*by, "a.pem")
    operator("credentials", "add", client_id, "--file", "b.pem", "--key-alg", "PS256", "--name", "second")
    wait_until(lambda: operator.cli(*by, "b.pem", "--alg", "PS256", "--data", operator.server.data).code == OK)
    first = next(row for row in operator.json("credentials", "list", client_id) if row["name"] != "second")
    assert "private_key_jwt" in operator("credentials", "list", client_id).out
    operator("credentials", "remove", client_id, first["id"])
    operator.as_application(*by, "b.pem", "--alg", "PS256")
    wait_until(lambda: operator.cli(*by, "a.pem", "--data", operator.server.data).code == NOT_PERMITTED)
    operator("credentials", "show", client_id, first["id"], code=NOT_FOUND)


def test_an_assertion_by_hand_is_good_once(operator: Operator, audience: str, admin: Administrator) -> None:
    operator.cli("keygen")
    method = ["--auth-method", "private_key_jwt", "--public-key", "key.pem", "--key-alg", "ES256"]
    client_id = application(operator, audience, *method)["client_id"]
    assertion = operator("assertion", "--client-id", client_id, "--key", "key.pem").out.strip()
    form = {
        "grant_type": "client_credentials",
        "audience": audience,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    statuses = [admin.http.post("oauth/token", data=form).status_code for _ in range(2)]
    assert statuses == [200, 401]


def test_token_by_a_self_signed_certificate(operator: Operator, audience: str, tmp_path: Path) -> None:
    operator.cli("keygen", "--self-signed", "--subject", "CN=cli")
    method = ["--auth-method", "self_signed_tls_client_auth", "--certificate", "key.crt"]
    client_id = application(operator, audience, *method)["client_id"]
    who = ["--client-id", client_id, "--cert", "key.crt", "--key", "key.pem", "--audience", audience]
    answer = operator.as_application("token", *who, "--decode", "--json").json()
    bound_to = answer["decoded"]["claims"]["cnf"]["x5t#S256"]
    assert bound_to == thumbprint((tmp_path / "key.crt").read_text())
    operator.cli("keygen", "--self-signed", "--subject", "CN=cli", "--out", "other.pem")
    other = [*who, "--cert", "other.crt", "--key", "other.pem"]
    assert operator.as_application("token", *other, code=NOT_PERMITTED).out == ""


def test_a_certificate_beside_a_secret_only_binds(operator: Operator, audience: str, tmp_path: Path) -> None:
    operator.cli("keygen", "--self-signed")
    client = application(operator, audience)
    who = ["--client-id", client["client_id"], "--client-secret", client["client_secret"], "--audience", audience]
    answer = operator.as_application(
        "token", *who, "--cert", "key.crt", "--key", "key.pem", "--decode", "--json"
    ).json()
    bound_to = answer["decoded"]["claims"]["cnf"]["x5t#S256"]
    assert bound_to == thumbprint((tmp_path / "key.crt").read_text())


def test_clients_from_beginning_to_end(operator: Operator) -> None:
    name = unique("cli")
    client = operator.json("clients", "create", name, "--set", "description=first")
    client_id = client["client_id"]
    assert operator.json("clients", "show", client_id)["description"] == "first"
    assert name in operator("clients", "list").out
    assert client_id in {row["client_id"] for row in operator.json("clients", "list", "--app-type", "non_interactive")}
    assert operator.json("clients", "update", client_id, "--set", "description=second")["description"] == "second"
    rotated = operator.json("clients", "rotate-secret", client_id, "--overlap-s", "60")
    assert rotated["client_secret"] != client["client_secret"]
    shown = operator("clients", "rotate-secret", client_id).out
    assert "client_secret" in shown
    assert operator.json("clients", "delete", client_id) == {"client_id": client_id, "deleted": True}
    for command in (["show"], ["delete"], ["update", "--set", "name=x"], ["rotate-secret"]):
        refused = operator("clients", command[0], client_id, *command[1:], "--json", code=NOT_FOUND)
        assert refused.out == ""
        assert "inexistent_client" in refused.err


def test_what_the_server_refuses_is_1_with_a_correlation_id(operator: Operator) -> None:
    refused = operator("clients", "create", "n", "--set", "nonsense=1", "--json", code=FAILED)
    assert refused.out == ""
    assert "Additional properties not allowed: nonsense" in refused.err
    assert "correlation id: " in refused.err


def test_a_secret_that_ends(operator: Operator) -> None:
    client_id = operator.json("clients", "create", unique("cli"))["client_id"]
    added = operator.json("credentials", "add", client_id, "--type", "client_secret", "--expires", "1h")
    assert added["client_secret"]
    assert "client_secret" not in operator.json("credentials", "show", client_id, added["id"])
    changed = operator.json("credentials", "expire", client_id, added["id"], "--at", "2099-01-01")
    assert changed["expires_at"] == "2099-01-01T00:00:00.000Z"
    assert operator.json("credentials", "remove", client_id, added["id"]) == {"id": added["id"], "removed": True}


def test_signing_keys(operator: Operator) -> None:
    # PS256: other tests hold tokens that RS256 keys signed.
    current = next(key for key in operator.json("keys", "list") if key["alg"] == "PS256" and key.get("current"))
    assert operator.json("keys", "rotate", "--alg", "PS256")["kid"]
    assert "previous" in operator("keys", "list").out
    assert operator.json("keys", "revoke", current["kid"])["kid"] == current["kid"]
    operator("keys", "revoke", "no-such-key", code=NOT_FOUND)


def test_apis_and_grants(operator: Operator, audience: str) -> None:
    api = operator.json("resource-servers", "show", audience)
    assert audience in operator("resource-servers", "list").out
    updated = operator.json("resource-servers", "update", api["id"], "--set", "token_lifetime=60")
    assert updated["token_lifetime"] == 60
    client_id = operator.json("clients", "create", unique("cli"))["client_id"]
    grant = operator.json("grants", "create", client_id, audience, "--scope", "read")
    assert [row["id"] for row in operator.json("grants", "list", "--client", client_id)] == [grant["id"]]
    operator("grants", "create", client_id, audience, code=FAILED)
    assert operator.json("grants", "delete", grant["id"])["deleted"]
    operator("grants", "create", client_id, audience, "--all-scopes", "--scope", "read", code=USAGE)
    assert operator.json("grants", "create", client_id, audience, "--all-scopes")["allow_all_scopes"]
    assert operator.json("resource-servers", "delete", audience)["deleted"]
    operator("resource-servers", "show", api["id"], code=NOT_FOUND)


def test_certificate_authorities(operator: Operator, tmp_path: Path) -> None:
    name = unique("cli")
    authority = TrialAuthority(f"CN={name}", now_ms=time.time_ns() // 1_000_000)
    (tmp_path / "ca.pem").write_text(authority.certificate_pem)
    added = operator.json("authorities", "add", name, "ca.pem")
    assert name in operator("authorities", "list").out
    assert operator.json("authorities", "show", added["id"])["name"] == name
    assert operator.json("authorities", "remove", added["id"])["removed"]
    operator("authorities", "show", added["id"], code=NOT_FOUND)


def test_a_tenant_of_its_own(operator: Operator) -> None:
    name = unique("cli")
    where = ["--database", operator.server.database] if operator.server.database else []
    created = operator.json("tenants", "create", name, "--host", f"{name}.example", *where)
    assert created["issuer"].startswith(f"https://{name}.example")
    assert created["management"]["client_secret"]
    listed = {tenant["name"]: tenant for tenant in operator.json("tenants", "list", *where)}
    assert listed[name]["issuer"] == created["issuer"]
    assert operator.server.issuer in {tenant["issuer"] for tenant in listed.values()}
    operator("tenants", "create", name, "--host", f"{name}.example", *where, code=FAILED)


def test_settings_of_the_tenant(operator: Operator) -> None:
    before = operator.json("tenant-settings", "show")
    assert before["device_flow"]["mask"] in operator("tenant-settings", "show").out
    changed = operator("tenant-settings", "update", "--set", "support_url=https://help.example/").out
    assert changed == "support_url   https://help.example/\n"
    assert operator.json("tenant-settings", "show", "support_url") == {"support_url": "https://help.example/"}
    assert "support_url" not in operator.json("tenant-settings", "update", "--set", "support_url=null")
    operator("tenant-settings", "show", "support_url", "sandbox", code=USAGE)
    operator("tenant-settings", "update", code=USAGE)
    operator("tenant-settings", "update", "--set", "nonsense=1", code=FAILED)


def test_what_a_token_is_worth_before_and_after_it_is_given_back(operator: Operator, audience: str) -> None:
    client = application(operator, audience)
    who = ["--client-id", client["client_id"], "--client-secret", client["client_secret"]]
    token = operator.as_application("token", *who, "--audience", audience).out.strip()
    signed = operator.as_application("introspect", token, *who, "--signed", "--json").json()
    assert (signed["active"], signed["aud"], signed["jwt"].count(".")) == (True, audience, 2)
    operator.as_application("revoke", token, *who)
    assert operator.as_application("introspect", token, *who, "--signed", code=INACTIVE).out == "active   no\n"


def test_migrate(operator: Operator, tmp_path: Path) -> None:
    where = ["--database", operator.server.database] if operator.server.database else []
    checked = operator.json("migrate", "--check", *where)
    assert checked["up_to_date"] is True
    assert checked["current"] == checked["needed"]
    fresh = ["migrate", "--json", "--database", f"sqlite:///{tmp_path}/fresh.db"]
    assert operator.cli(*fresh, "--check").code == FAILED
    assert not (tmp_path / "fresh.db").exists()
    assert operator.cli(*fresh).json()["up_to_date"] is True
    assert operator.cli(*fresh, "--check").code == OK


def test_an_untrusted_certificate_is_unreachable_and_says_why(operator: Operator) -> None:
    ran = operator.cli("token", "--domain", operator.server.domain, "--client-id", "c1")
    assert ran.code == UNREACHABLE
    assert "--ca-file" in ran.err


def test_serve_refuses_a_port_in_use_in_one_line(operator: Operator, tmp_path: Path) -> None:
    ran = operator.cli("serve", "--data", tmp_path / "new", "--port", operator.server.port, "--mtls-port", 0)
    assert (ran.code, ran.out) == (FAILED, "")
    assert ran.err.count("\n") == 1
    assert f"port {operator.server.port}" in ran.err
    assert not os.path.exists(tmp_path / "new")


def test_c25_serve_stops_at_unreadable_tls_files_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    files = ["--tls-cert", tmp_path / "bad.pem", "--tls-key", tmp_path / "missing.pem"]
    command = [sys.executable, "-m", "tallystick", "serve", "--data", "new", "--port", "0", "--mtls-port", "0"]
    command += map(str, files)
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (FAILED, "")
    assert ran.stderr.startswith("error: ")
    assert ran.stderr.count("\n") == 1


def test_serve_said_what_to_open_and_paste(server: Server) -> None:
    # The first worker is ready before the last one, and the words come when all are.
    wait_until(lambda: "bootstrap.json" in server.log)
    for text in (server.issuer, str(server.ca_file), "tallystick demo", "bootstrap.json"):
        assert text in server.log
    assert json.loads((server.data / "bootstrap.json").read_text())["management"]["client_secret"] not in server.log


def wait_until(happened: Any) -> None:
    """Wait for what another process does or hears of."""
    deadline = time.monotonic() + HANGING_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(LOOK_AGAIN_S)


def test_switch_moves_an_application_from_its_secret_to_a_key(operator: Operator) -> None:
    client_id = operator.json("clients", "create", unique("switched"))["client_id"]
    operator.cli("keygen", "--alg", "ES256", "--out", "switched.pem")
    key = operator("credentials", "add", client_id, "--file", "switched.pem", "--switch", "--json").json()
    client = operator.json("clients", "show", client_id)
    assert client["client_authentication_methods"] == {"private_key_jwt": {"credentials": [{"id": key["id"]}]}}
    operator("credentials", "add", client_id, "--type", "client_secret", "--switch", code=USAGE)
