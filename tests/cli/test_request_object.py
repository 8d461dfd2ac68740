"""`tallystick request-object`: what it signs, what it sends where, and what it prints."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tallystick.cli.exits import OK, USAGE
from tallystick.jose import jwe
from tallystick.jose.private_keys import generate_private_key, private_key_to_pem, public_key_for
from tallystick.sdk.keys import public_jwk
from tests.application import decoded

from .conftest import Cli, FakeServer

ASKED = ("response_type=code", "scope=openid read", 'claims={"id_token": {"acr": null}}', "max_age=5", "state=a=b")
KEY = generate_private_key("RS256")


@pytest.fixture
def signing(tmp_path: Path) -> list[str]:
    """Options that name a key for requests."""
    (tmp_path / "requests.pem").write_text(private_key_to_pem(generate_private_key("ES256")))
    return ["--signing-key", str(tmp_path / "requests.pem"), "--signing-kid", "r-1"]


def test_a_request_is_signed_without_any_server(cli: Cli, signing: list[str]) -> None:
    local = ["--client-id", "c1", "--audience", "https://as.example/"]
    ran = cli("request-object", *ASKED, *signing, *local, "--lifetime-s", 60)
    assert (ran.code, ran.err) == (OK, "")
    header, claims = decoded(ran.out.strip())
    assert header == {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": "r-1"}
    assert (claims["iss"], claims["aud"], claims["client_id"]) == ("c1", "https://as.example/", "c1")
    assert (claims["scope"], claims["state"], claims["max_age"]) == ("openid read", "a=b", 5)
    assert claims["claims"] == {"id_token": {"acr": None}}
    assert claims["exp"] - claims["nbf"] == 60
    assert cli("request-object", *ASKED, *signing, *local, "--json").json()["decoded"]["claims"]["state"] == "a=b"
    for wrong in (["x"], ["=1"], ["a=1", "a=2"], ["claims={"], ["request=x"], ["a=1", "--signing-alg", "RS256"]):
        assert cli("request-object", *wrong, *signing, *local).code == USAGE
    for nobody in ([], ["--client-id", ""]):
        assert cli("request-object", *ASKED, *signing, "--audience", "https://as.example/", *nobody).code == USAGE


def test_the_url_opens_it(cli: Cli, fake: FakeServer, at_fake: list[str], signing: list[str]) -> None:
    metadata = fake.answers["GET /.well-known/openid-configuration"]
    assert isinstance(metadata, tuple)
    metadata[1]["authorization_endpoint"] = fake.url + "authorize"
    ran = cli("request-object", *ASKED, *signing, *at_fake, "--url")
    assert ran.out.startswith(f"{fake.url}authorize?")
    query = dict(parse_qsl(urlsplit(ran.out.strip()).query))
    assert set(query) == {"client_id", "request"}
    assert decoded(query["request"])[1]["aud"] == fake.url


def test_a_pushed_one_is_encrypted_and_named(
    cli: Cli, fake: FakeServer, at_fake: list[str], signing: list[str]
) -> None:
    metadata = fake.answers["GET /.well-known/openid-configuration"]
    assert isinstance(metadata, tuple)
    assert "pushed_authorization_request_endpoint" in cli("request-object", *ASKED, *signing, *at_fake, "--push").err
    metadata[1].update(
        authorization_endpoint=fake.url + "authorize",
        pushed_authorization_request_endpoint=fake.url + "oauth/par",
        jwks_uri=fake.url + "jwks",
    )
    published = {**public_jwk(public_key_for(KEY), "RSA-OAEP-256", "e-1"), "use": "enc"}
    fake.answers["GET /jwks"] = (200, {"keys": [published]})
    fake.answers["POST /oauth/par"] = (201, {"request_uri": "urn:x", "expires_in": 30})
    ran = cli("request-object", *ASKED, *signing, *at_fake, "--push", "--encrypt", "--json")
    assert ran.json()["url"] == f"{fake.url}authorize?client_id=c1&request_uri=urn%3Ax"
    assert ran.json()["expires_in"] == 30
    form = {name: values[0] for name, values in parse_qs(fake.asked[-1][2].decode()).items()}
    assert (form["client_id"], form["client_secret"]) == ("c1", "hush")
    opened = jwe.decrypt(jwe.parse(form["request"], size_bytes_max=9999), KEY, "RSA-OAEP-256")
    assert decoded(opened.decode())[1]["iss"] == "c1"
    refused = cli("request-object", *ASKED, *signing, *at_fake, "--encrypt", "--encryption-alg", "ECDH-ES")
    assert "no key to encrypt to" in refused.err


def test_a_key_for_requests_is_put_to_that_use(cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(private_key_to_pem(generate_private_key("ES256")))
    client = {"client_id": "c2", "signed_request_object": {"required": True, "credentials": [{"id": "old"}]}}
    fake.answers |= {
        "POST /api/v2/clients/c2/credentials": (201, {"id": "new"}),
        "GET /api/v2/clients/c2": (200, client),
        "PATCH /api/v2/clients/c2": (200, client),
    }
    arguments = ["credentials", "add", "c2", "--file", "key.pem", *at_fake]
    assert cli(*arguments, "--usage", "signed_request_object").code == OK
    assert fake.asked[-1][2] == b'{"signed_request_object":{"credentials":[{"id":"old"},{"id":"new"}]}}'
    assert cli(*arguments, "--usage", "nothing").code == USAGE
    assert cli(*arguments, "--usage", "signed_request_object", "--switch").code == USAGE
