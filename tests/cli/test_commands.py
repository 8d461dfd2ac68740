"""What commands send to the Management API, and what they keep to themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli.descriptions import SUBJECT_MEMBERS, TYPES, describe
from tallystick.cli.exits import OK, USAGE, Failed
from tallystick.cli.moments import moment
from tallystick.clients.credential_fields import CREDENTIAL_FIELDS
from tallystick.jose.private_keys import generate_private_key, private_key_to_pem
from tests.forge import Key
from tests.recipient import rsa_key

from .conftest import Cli, FakeServer

METHODS = "client_authentication_methods"


def sent(fake: FakeServer, method: str) -> list[tuple[str, Any]]:
    """Path and body of the calls with a method, tokens aside."""
    calls = [call for call in fake.asked if call[0] == method and call[1].startswith("/api/v2/")]
    return [(path.removeprefix("/api/v2/"), json.loads(body) if body else None) for _, path, body, _ in calls]


def test_a_private_key_named_by_mistake_never_travels(
    cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path
) -> None:
    fake.answers["POST /api/v2/clients"] = (201, {"client_id": "c2"})
    key = tmp_path / "key.pem"
    key.write_text(private_key_to_pem(generate_private_key("ES256")))
    ran = cli(
        "clients",
        "create",
        "n",
        "--auth-method",
        "private_key_jwt",
        "--public-key",
        key,
        "--key-alg",
        "ES256",
        *at_fake,
    )
    assert ran.code == OK
    ((_, body),) = sent(fake, "POST")
    (credential,) = body[METHODS]["private_key_jwt"]["credentials"]
    assert credential["pem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert (credential["alg"], credential["credential_type"]) == ("ES256", "public_key")
    refused = cli("clients", "create", "n", "--auth-method", "tls_client_auth", "--certificate", key, *at_fake)
    assert refused.code == USAGE
    assert "private key" in refused.err
    assert not any(b"PRIVATE KEY" in call[2] for call in fake.asked)


def test_set_and_body(cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path) -> None:
    fake.answers["PATCH /api/v2/clients/c%2F2"] = (200, {"client_id": "c/2"})
    (tmp_path / "b.json").write_text('{"name": "a", "callbacks": []}')
    arguments = ["--body", "b.json", "--set", "name=b=c", "--set", "oidc_conformant=true", "--set", "x=null"]
    ran = cli("clients", "update", "c/2", *arguments, *at_fake)
    assert (ran.code, ran.err) == (OK, "")
    expected = {"name": "b=c", "callbacks": [], "oidc_conformant": True, "x": None}
    assert sent(fake, "PATCH") == [("clients/c%2F2", expected)]
    for wrong in (["--set", "x"], ["--set", "=1"], ["--body", "none.json"], []):
        assert cli("clients", "update", "c/2", *wrong, *at_fake).code == USAGE


def test_adding_a_credential_puts_it_to_use_beside_the_others(
    cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(private_key_to_pem(generate_private_key("ES256")))
    client = {"client_id": "c2", METHODS: {"private_key_jwt": {"credentials": [{"id": "old"}]}}}
    fake.answers |= {
        "POST /api/v2/clients/c2/credentials": (201, {"id": "new"}),
        "GET /api/v2/clients/c2": (200, client),
        "PATCH /api/v2/clients/c2": (200, client),
    }
    ran = cli("credentials", "add", "c2", "--file", "key.pem", "--key-alg", "ES256", "--json", *at_fake)
    assert ran.json() == {"id": "new"}
    expected = {METHODS: {"private_key_jwt": {"credentials": [{"id": "old"}, {"id": "new"}]}}}
    assert sent(fake, "PATCH") == [("clients/c2", expected)]
    fake.asked.clear()
    assert cli("credentials", "add", "c2", "--file", "key.pem", "--no-activate", *at_fake).code == OK
    assert sent(fake, "PATCH") == []


def test_removing_a_credential_takes_it_out_of_use_first(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    client = {
        "client_id": "c2",
        METHODS: {"private_key_jwt": {"credentials": [{"id": "a"}, {"id": "b"}]}},
        "signed_request_object": {"required": True, "credentials": [{"id": "a"}]},
    }
    fake.answers |= {
        "GET /api/v2/clients/c2/credentials/a": (200, {"id": "a"}),
        "GET /api/v2/clients/c2": (200, client),
        "PATCH /api/v2/clients/c2": (200, client),
        "DELETE /api/v2/clients/c2/credentials/a": (204, b""),
    }
    assert cli("credentials", "remove", "c2", "a", "--json", *at_fake).json() == {"id": "a", "removed": True}
    body = {METHODS: {"private_key_jwt": {"credentials": [{"id": "b"}]}}, "signed_request_object": {"credentials": []}}
    assert sent(fake, "PATCH") == [("clients/c2", body)]
    assert sent(fake, "DELETE") == [("clients/c2/credentials/a", None)]


def test_lists_go_on_until_a_page_is_not_full(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers["GET /api/v2/client-grants"] = (200, [{"id": "g"}])
    assert cli("grants", "list", "--client", "c2", "--json", *at_fake).json() == [{"id": "g"}]
    assert sent(fake, "GET")[0][0] == "client-grants?client_id=c2&page=0&per_page=100"


def test_the_secret_can_come_from_a_variable_or_stdin(
    cli: Cli, fake: FakeServer, at_fake: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYSTICK_CLIENT_SECRET", "from the variable")
    assert cli("token", *at_fake[:4]).out == "opaque\n"
    assert b"client_secret=from+the+variable" in fake.asked[-1][2]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-01-31T12:00:00Z", "2027-01-31T12:00:00.000Z"),
        ("2027-01-31T12:00:00+02:00", "2027-01-31T10:00:00.000Z"),
        ("2027-01-31", "2027-01-31T00:00:00.000Z"),
    ],
)
def test_a_moment_as_people_write_it(text: str, meant: str) -> None:
    assert moment(text) == meant


@pytest.mark.parametrize("text", ["", "soon", "0d", "-1d", "1y", "99999999d"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Failed):
        moment(text)


def test_every_type_of_credential_is_spelled_as_the_server_spells_it() -> None:
    assert set(TYPES) == set(CREDENTIAL_FIELDS)
    for credential_type, member in SUBJECT_MEMBERS.items():
        body = describe(credential_type, None, "the name", name="n")
        assert body == {"credential_type": credential_type, "name": "n", member: "the name"}
        assert set(body) <= set(CREDENTIAL_FIELDS[credential_type])


@pytest.mark.parametrize(
    ("client", "verdict"),
    [(None, "nothing is wrong with it by itself"), ({"client_id": "c", "name": "n", "method": "m"}, "accepted")],
)
def test_a_certificate_is_accepted_only_for_somebody(
    cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path, client: dict[str, str] | None, verdict: str
) -> None:
    told = {"client": client | {"profile": "none"}} if client else {}
    fake.answers["POST /api/v2/debug/certificate"] = (200, {"accepted": True, "check": None, "rules": [], **told})
    (tmp_path / "c.pem").write_text("certificate")
    ran = cli("debug", "certificate", "c.pem", *at_fake)
    assert ran.code == OK
    assert f"verdict: {verdict}" in ran.out


def test_keys_that_are_a_set_are_not_replaced_by_the_way(
    cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(private_key_to_pem(generate_private_key("ES256")))
    by_address = {"jwks_uri": "https://app.example/jwks.json"}
    client = {"client_id": "c2", METHODS: {"private_key_jwt": by_address}, "signed_request_object": by_address}
    fake.answers |= {
        "POST /api/v2/clients/c2/credentials": (201, {"id": "new"}),
        "GET /api/v2/clients/c2": (200, client),
    }
    for usage in ([], ["--usage", "signed_request_object"]):
        ran = cli("credentials", "add", "c2", "--file", "key.pem", *usage, *at_fake)
        assert ran.code != OK
        assert "jwks_uri" in ran.err
    assert sent(fake, "PATCH") == []


def test_key_sets_are_listed_key_by_key(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    found = {
        "usage": "private_key_jwt",
        "jwks_uri": "https://app.example/jwks.json",
        "keys": [{"kid": "one", "algs": ["ES256"], "thumbprint": "t"}],
        "certificates": [{"kid": "three", "thumbprint_sha256": "x", "subject": "CN=three"}],
        "refused": [{"kid": "two", "check": "key.use", "reason": ""}],
        "last_error": "status: It answered 503.",
    }
    fake.answers["POST /api/v2/clients/c2/key-sets/refresh"] = (200, [found])
    ran = cli("credentials", "key-sets", "c2", "--refresh", *at_fake)
    assert all(word in ran.out for word in ("one", "ES256", "two", "key.use", "three"))
    assert "503" in ran.err
    fake.answers["GET /api/v2/clients/c2/key-sets"] = (200, [found])
    assert cli("credentials", "key-sets", "c2", "--json", *at_fake).json() == [found]
    unasked = {**found, "keys": [], "certificates": [], "refused": [], "fetched_at": None, "last_error": None}
    for answer, told in (([unasked], "not asked yet"), ([], "no JWK Set")):
        fake.answers["GET /api/v2/clients/c2/key-sets"] = (200, answer)
        assert told in cli("credentials", "key-sets", "c2", *at_fake).err


def test_an_api_that_wants_its_tokens_encrypted(cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path) -> None:
    fake.answers["POST /api/v2/resource-servers"] = (201, {"id": "r"})
    for alg, key in (("ECDH-ES", Key()), ("RSA-OAEP-256", Key("RS256", private=rsa_key()))):
        (tmp_path / "key.pem").write_text(key.public_pem)
        arguments = ("--encryption-key", "key.pem", "--encryption-kid", "k", *at_fake)
        assert cli("resource-servers", "create", "https://a.example/", *arguments).code == OK
        expected = {"format": "compact-nested-jwe", "encryption_key": {"alg": alg, "pem": key.public_pem, "kid": "k"}}
        assert sent(fake, "POST")[-1][1]["token_encryption"] == expected
    (tmp_path / "key.pem").write_text(Key("Ed25519").public_pem)
    (tmp_path / "private.pem").write_text(private_key_to_pem(Key().private))
    fake.asked.clear()
    for wrong in (("--encryption-kid", "k"), ("--encryption-key", "key.pem"), ("--encryption-key", "private.pem")):
        assert cli("resource-servers", "create", "https://a.example/", *wrong, *at_fake).code == USAGE
    assert sent(fake, "POST") == []
