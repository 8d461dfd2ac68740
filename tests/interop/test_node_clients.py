"""Clients from npm: openid-client, oauth4webapi, and Auth0's SDKs of every living generation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator, unique
from tests.application import decoded
from tests.certificate_mill import Holder, authority, leaf
from tests.forge import Key
from tests.interop.nodejs import run_node
from tests.server import Server

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")

Task = dict[str, Any]


@pytest.fixture(scope="module")
def audience(admin: Administrator) -> str:
    """An API whose tokens follow RFC 9068, as oauth4webapi checks it, and are bound when a certificate was shown."""
    binding = {"mechanism": "mtls", "required": False}
    return str(admin.api(token_dialect="rfc9068_profile", proof_of_possession=binding)["identifier"])


@pytest.fixture(scope="module")
def by_key(admin: Administrator, audience: str) -> list[Task]:
    """An application for each algorithm."""
    applications = [admin.key_application(alg, audience) for alg in ALGORITHMS]
    return [
        {
            "alg": application.key.alg,
            "client_id": application.client_id,
            "pem": private_key_to_pem(application.key.private),
        }
        for application in applications
    ]


@pytest.fixture(scope="module")
def holders(
    admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Task, Holder]]:
    """One application known by its subject below a registered authority, one by its very certificate."""
    directory = Path(tmp_path_factory.mktemp("certificates"))
    root = authority(unique("node-root"))
    admin.ask("POST", "certificate-authorities", {"name": unique("node"), "pem": root.pem})
    subject = unique("node")
    signed, own = leaf(subject, root), leaf(unique("node"))
    credentials = {
        "tls_client_auth": (signed, {"credential_type": "cert_subject_dn", "subject_dn": f"CN={subject}"}),
        "self_signed_tls_client_auth": (own, {"credential_type": "x509_cert", "pem": own.pem}),
    }
    made = {}
    for method, (holder, fields) in credentials.items():
        application = admin.application(audience)
        admin.use(application.client_id, method, admin.credential(application.client_id, **fields)["id"])
        certificate, key = holder.files(directory)
        files = {"certificate": str(certificate), "key": str(key)}
        made[method] = {"name": method, "client_id": application.client_id, **files}, holder
    return made


@pytest.fixture(scope="module")
def task(
    server: Server, admin: Administrator, audience: str, by_key: list[Task], holders: dict[str, tuple[Task, Holder]]
) -> Task:
    """Everything that openid-client and oauth4webapi need."""
    application = admin.application(audience)
    return {
        "issuer": server.issuer,
        "audience": audience,
        "scope": "read",
        "secret": {"client_id": application.client_id, "client_secret": application.secret},
        "keys": by_key,
        "certificates": [task for task, _ in holders.values()],
    }


@pytest.fixture
def sdk_task(server: Server, audience: str, holders: dict[str, tuple[Task, Holder]]) -> Task:
    """Everything that Auth0's SDKs need."""
    key, manager = Key("RS256"), Key("RS256")
    return {
        "domain": server.domain,
        "mtls_domain": f"localhost:{server.mtls_port}",
        "management": server.bootstrap["management"],
        "audience": audience,
        "public_pem": key.public_pem,
        "private_pem": private_key_to_pem(key.private),
        "manager_public_pem": manager.public_pem,
        "manager_private_pem": private_key_to_pem(manager.private),
        "certificates": [task for task, _ in holders.values()],
    }


def bound_to(token: str) -> str | None:
    """The certificate a token is bound to."""
    binding: dict[str, str] = decoded(token)[1].get("cnf", {})
    return binding.get("x5t#S256")


def test_openid_client(server: Server, task: Task, holders: dict[str, tuple[Task, Holder]]) -> None:
    result = run_node(server, "openid_client.mjs", task)
    assert result["discovered"]["issuer"] == server.issuer
    assert result["discovered"]["mtls_endpoint_aliases"]["token_endpoint"] == f"{server.mtls_url}oauth/token"
    answers = [result["client_secret_post"], result["client_secret_basic"], *result["private_key_jwt"].values()]
    assert {(answer["token_type"], answer["scope"]) for answer in answers} == {("bearer", "read")}
    assert set(result["private_key_jwt"]) == set(ALGORITHMS)
    assert result["wrong_secret"] == {"error": "invalid_client", "status": 401, "code": "OAUTH_RESPONSE_BODY_ERROR"}
    assert result["wrong_basic"]["status"] == 401
    assert result["wrong_basic"]["challenges"][0]["scheme"] == "basic"
    for method, (_, holder) in holders.items():
        assert bound_to(result["mtls"][method]["access_token"]) == holder.thumbprint


def test_oauth4webapi(server: Server, task: Task, holders: dict[str, tuple[Task, Holder]]) -> None:
    """Its resource server's half accepts our tokens: signature by our JWKS, and the claims of RFC 9068."""
    result = run_node(server, "oauth4webapi.mjs", task)
    assert result["same_metadata"]
    assert {result[method]["client_id"] for method in ("post", "basic")} == {task["secret"]["client_id"]}
    assert {alg: claims["client_id"] for alg, claims in result["private_key_jwt"].items()} == {
        key["alg"]: key["client_id"] for key in task["keys"]
    }
    assert result["refused"] == {"error": "invalid_client", "status": 401}
    for method, (_, holder) in holders.items():
        assert bound_to(result["mtls"][method]) == holder.thumbprint


def test_auth0_auth_js(server: Server, task: Task, holders: dict[str, tuple[Task, Holder]]) -> None:
    result = run_node(server, "auth0_auth_js.mjs", task | {"domain": server.domain})
    assert result["discovered"]["issuer"] == server.issuer
    answers = [result["by_secret"], *result["private_key_jwt"].values()]
    assert {answer["scope"] for answer in answers} == {"read write"}
    assert set(result["private_key_jwt"]) == set(ALGORITHMS)
    assert result["wrong_secret"]["error"] == "invalid_client"
    assert result["wrong_secret"]["name"] == "TokenByClientCredentialsError"
    for method, (_, holder) in holders.items():
        assert bound_to(result["mtls"][method]["accessToken"]) == holder.thumbprint


def check_life(result: dict[str, Any], audience: str) -> None:
    """What `application_life.mjs` saw."""
    client_id = result["made"]["client_id"]
    assert (result["grant"]["client_id"], result["grant"]["scope"]) == (client_id, ["read"])
    for answer in ("by_secret", "by_rotated_secret", "by_key"):
        claims = decoded(result[answer]["access_token"])[1]
        assert (claims["client_id"], claims["aud"], claims["scope"]) == (client_id, audience, "read")
    assert result["switched"]["client_authentication_methods"] == {
        "private_key_jwt": {"credentials": [{"id": result["credential"]["id"]}]}
    }
    assert result["old_secret"]["error"] == "invalid_client"
    assert result["prolonged"]["expires_at"] == "2099-01-01T00:00:00.000Z"
    assert [one["name"] for one in result["listed"]] == ["first"]
    assert result["left"] == []
    assert result["paged"] == {"found": True, "repeated": 0}
    assert result["found"] == {"api": True, "grants": [result["grant"]["id"]]}
    assert result["settings"]["mtls"] == {"enable_endpoint_aliases": True}
    assert result["gone"] == {"name": "NotFoundError", "statusCode": 404, "errorCode": "inexistent_client"}


def test_auth0(server: Server, sdk_task: Task, holders: dict[str, tuple[Task, Holder]]) -> None:
    result = run_node(server, "auth0.mjs", sdk_task)
    check_life(result, sdk_task["audience"])
    assert result["old_secret"]["statusCode"] == 401
    for method, (_, holder) in holders.items():
        assert bound_to(result["mtls"][method]["access_token"]) == holder.thumbprint


def test_auth0_of_the_next_generation(server: Server, admin: Administrator, sdk_task: Task) -> None:
    """v7 also manages as an application that authenticates by key."""
    credential = {"credential_type": "public_key", "pem": sdk_task["manager_public_pem"], "alg": "RS256"}
    methods = {"private_key_jwt": {"credentials": [credential]}}
    manager = admin.client(name=unique("manager"), client_authentication_methods=methods)
    admin.grant(manager["client_id"], sdk_task["management"]["audience"], ["read:clients"])
    result = run_node(server, "auth0_v7.mjs", sdk_task | {"manager": manager["client_id"]})
    check_life(result, sdk_task["audience"])
    assert result["manager"] == {"name": manager["name"]}


def test_auth0_of_the_previous_generation(
    server: Server, sdk_task: Task, holders: dict[str, tuple[Task, Holder]]
) -> None:
    result = run_node(server, "auth0_legacy.mjs", sdk_task)
    for answer in ("by_secret", "by_rotated_secret", "by_key"):
        assert (result[answer]["token_type"], result[answer]["scope"]) == ("Bearer", "read")
    assert result["old_secret"] == {"error": "invalid_client", "statusCode": 401}
    assert (result["prolonged"], result["listed"], result["left"]) == ("2099-01-01T00:00:00.000Z", ["first"], [])
    assert (result["totals"]["start"], result["totals"]["limit"], len(result["totals"]["clients"])) == (0, 1, 1)
    assert result["gone"] == {"statusCode": 404, "errorCode": "inexistent_client"}
    for method, (_, holder) in holders.items():
        assert bound_to(result["mtls"][method]["access_token"]) == holder.thumbprint
