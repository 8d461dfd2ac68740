"""auth0-deploy-cli carries a tenant to an empty one, and exports from there what it exported here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application, decoded
from tests.certificate_mill import Holder
from tests.docs.pages import ROOT, TEXT, blocks
from tests.forge import Key
from tests.interop.deploy_cli import (
    COMMANDS,
    DOMAINS,
    EXPORT_YAML,
    FOLDER,
    IMPORT_DIRECTORY,
    IMPORT_YAML,
    PREVIEW,
    Tree,
    deploy_cli,
    exported,
    portable,
    state,
    with_pems,
    write,
)
from tests.interop.furnished import (
    DOMAIN,
    KEY_CLIENTS,
    LEDGER,
    LOGIN_PAGE,
    ORDERS,
    PAYMENTS,
    SECRET_CLIENTS,
    SETTINGS,
    Furnished,
    furnish,
)
from tests.patience import settle
from tests.server import Server, running_server


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Administrator]:
    """The tenant that is there already."""
    with running_server(Path(tmp_path_factory.mktemp("source")), workers=1, first_start=True) as server:
        yield Administrator(server)


@pytest.fixture(scope="module")
def kept(source: Administrator) -> Furnished:
    """The source's tenant is filled; what its administrator holds besides."""
    return furnish(source)


@pytest.fixture(scope="module")
def first(source: Administrator, kept: Furnished, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The first export."""
    assert kept.pems
    return exported(source.server, Path(tmp_path_factory.mktemp("first")))


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Administrator]:
    """Another deployment, empty."""
    with running_server(tmp_path, workers=1, first_start=True) as server:
        yield Administrator(server)


def test_the_documentation_shows_what_runs_here() -> None:
    page = "".join(block.code for block in blocks(ROOT / "docs/auth0-tools.md") if block.kind == TEXT)
    shown = [line for line in page.splitlines() if line.startswith("a0deploy ")]
    assert shown == [f"a0deploy {command}" for command in COMMANDS]


def test_the_export_holds_the_whole_tenant(first: Tree) -> None:
    names = {content["name"] for path, content in first.items() if path.startswith("clients/")}
    assert names == {"Management application", *KEY_CLIENTS, *(client["name"] for client in SECRET_CLIENTS)}
    assert {path for path in first if path.startswith("resource-servers/")} == {
        f"resource-servers/{name}.json" for name in ("Orders", "Payments", "Ledger")
    }
    tenant = first["tenant.json"]
    assert {name: tenant[name] for name in SETTINGS if name not in ("flags", "error_page")} == {
        name: value for name, value in SETTINGS.items() if name not in ("flags", "error_page")
    }
    assert tenant["flags"].items() >= SETTINGS["flags"].items()
    assert (first["pages/login.html"], first["pages/error_page.html"]) == (
        LOGIN_PAGE["custom_login_page"],
        SETTINGS["error_page"]["html"],
    )
    assert first[DOMAINS][0].items() >= DOMAIN.items()
    assert first["clients/By two keys.json"]["client_authentication_methods"] == {
        "private_key_jwt": {
            "credentials": [{"name": name, "credential_type": "public_key"} for name in ("key 1", "key 2")]
        }
    }


def test_a_tenant_moves_by_one_yaml_file(
    first: Tree, source: Administrator, target: Administrator, kept: Furnished, tmp_path: Path
) -> None:
    """No id, no address and no secret of a deployment stands in the files; see `portable` for what else differs."""
    deploy_cli(source.server, tmp_path, EXPORT_YAML)
    file = tmp_path / FOLDER / "tenant.yaml"
    file.write_text(with_pems(file.read_text(), kept.pems))
    deploy_cli(target.server, tmp_path, IMPORT_YAML)
    assert portable(exported(target.server, tmp_path / "second")) == portable(first)
    assert "No changes detected." in deploy_cli(target.server, tmp_path / "second", PREVIEW)
    check_applications(target, kept, tmp_path)

    before = state(target)
    deploy_cli(target.server, tmp_path, IMPORT_YAML)
    assert state(target) == before


def test_a_tenant_becomes_what_the_directory_says(
    first: Tree, target: Administrator, kept: Furnished, tmp_path: Path
) -> None:
    """With AUTH0_ALLOW_DELETE, by a tool that itself authenticates by private key JWT."""
    tool = login_by_key(target, tmp_path)
    directory = write(first, tmp_path / "files", kept.pems)
    deploy_cli(target.server, directory, IMPORT_DIRECTORY, **tool)
    robot = secret_of(target, "By secret in the body")
    before = state(target)

    drift(target)
    deploy_cli(target.server, directory, IMPORT_DIRECTORY, AUTH0_ALLOW_DELETE="true", **tool)
    assert state(target) == before
    assert robot.by_secret().status_code == 200
    second = portable(exported(target.server, tmp_path / "second"))
    # Beyond it there is only the tool's own application, with its grant.
    assert {path: second[path] for path in first} == portable(first)


def check_applications(target: Administrator, kept: Furnished, directory: Path) -> None:
    """The keys came along in the file; authorities are Tallystick's own, and are registered once."""
    client_id = client_id_of(target, "By two keys")
    for key in kept.keys.values():
        assert by_key(target.server, client_id, key, ORDERS).json()["scope"] == "write read"
    client_id = client_id_of(target, "By certificate")
    for name in ("old", "new"):
        answer = by_certificate(target.server, client_id, kept.holders[name], directory)
        assert decoded(answer.json()["access_token"])[1]["cnf"] == {"x5t#S256": kept.holders[name].thumbprint}
    client_id = client_id_of(target, "By subject")
    assert by_certificate(target.server, client_id, kept.holders["subject"], directory).status_code == 401
    target.ask("POST", "certificate-authorities", {"name": "root", "pem": kept.root.pem})
    settle()
    assert by_certificate(target.server, client_id, kept.holders["subject"], directory).status_code == 200


def login_by_key(admin: Administrator, directory: Path) -> dict[str, str]:
    """An application for the tool, which authenticates by key; the tool's settings."""
    audience = admin.server.bootstrap["management"]["audience"]
    key = Key("RS256")
    credential = {"name": "tool", "credential_type": "public_key", "pem": key.public_pem}
    client = admin.client(client_authentication_methods={"private_key_jwt": {"credentials": [credential]}})
    admin.ask(
        "POST",
        "client-grants",
        {"client_id": client["client_id"], "audience": audience, "allow_all_scopes": True},
    )
    file = directory / "deploy-cli.pem"
    file.write_text(private_key_to_pem(key.private))
    settle()
    return {"AUTH0_CLIENT_ID": client["client_id"], "AUTH0_CLIENT_SIGNING_KEY_PATH": str(file)}


def secret_of(admin: Administrator, name: str) -> Application:
    """The application with a secret that is known here."""
    client_id = client_id_of(admin, name)
    secret = admin.ask("POST", f"clients/{client_id}/rotate-secret")["client_secret"]
    settle()
    return Application(admin.server, client_id, LEDGER, secret=secret)


def drift(admin: Administrator) -> None:
    """What somebody did by hand since."""
    extra = admin.api()
    admin.grant(admin.client()["client_id"], extra["identifier"])
    robot = client_id_of(admin, "By secret in the body")
    admin.grant(robot, extra["identifier"])
    admin.credential(robot, credential_type="public_key", name="forgotten", pem=Key("ES256").public_pem)
    keys = client_id_of(admin, "By two keys")
    admin.credential(keys, credential_type="public_key", name="forgotten", pem=Key("RS256").public_pem)
    admin.ask("PATCH", f"clients/{client_id_of(admin, 'By certificate')}", {"oidc_conformant": True})
    admin.ask("PATCH", "tenants/settings", {"friendly_name": "Other", "flags": {"revoke_refresh_token_grant": False}})


def client_id_of(admin: Administrator, name: str) -> str:
    """The application of that name."""
    return str({client["name"]: client["client_id"] for client in admin.ask("GET", "clients")}[name])


def by_key(server: Server, client_id: str, key: Key, audience: str) -> httpx.Response:
    """A token request with an assertion signed by the key."""
    form = {"grant_type": "client_credentials", "audience": audience, "client_assertion_type": JWT_BEARER}
    return server.http().post("oauth/token", data=form | {"client_assertion": key.assertion(client_id, server.issuer)})


def by_certificate(server: Server, client_id: str, holder: Holder, directory: Path) -> httpx.Response:
    """A token request over a connection that showed the certificate."""
    form = {"grant_type": "client_credentials", "audience": PAYMENTS, "client_id": client_id}
    return server.http(holder.files(directory)).post("oauth/token", data=form)
