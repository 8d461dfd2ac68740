"""Keys, assertions and files."""

from __future__ import annotations

import json
import ssl
import stat
from pathlib import Path

import pytest

from tallystick.cli.decoding import decode
from tallystick.cli.descriptions import describe
from tallystick.cli.exits import OK, USAGE
from tallystick.cli.identity import private_key_jwt
from tallystick.cli.options import Given
from tallystick.clients.jwk_certificate import certificate_of
from tallystick.jose.algorithms import ALGORITHMS
from tallystick.jose.jwt import parse
from tallystick.jose.keys import public_key_from_jwk, public_key_from_pem
from tallystick.sdk.certificates import thumbprint
from tallystick.sdk.keys import read_private_key

from .conftest import Cli


@pytest.mark.parametrize("alg", sorted(ALGORITHMS))
def test_the_private_key_is_its_owners_alone_and_never_printed(alg: str, cli: Cli, tmp_path: Path) -> None:
    ran = cli("keygen", "--alg", alg)
    assert ran.code == OK
    file = tmp_path / "key.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "PRIVATE" not in ran.out + ran.err
    pair = read_private_key(file.read_text())
    assert public_key_from_pem(ran.out).key == pair.public_key()


def test_nothing_is_overwritten_without_force(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("precious")
    (tmp_path / "link.pem").symlink_to("key.pem")
    for name in ("key.pem", "link.pem"):
        assert cli("keygen", "--out", name).code == USAGE
    assert (tmp_path / "key.pem").read_text() == "precious"
    assert cli("keygen", "--force").code == OK
    assert (tmp_path / "key.pem").read_text() != "precious"


@pytest.mark.parametrize("alg", ["PS256", "Ed25519", "ES384"])
def test_a_jwk_is_used_and_registered_for_the_algorithm_that_it_names(alg: str, cli: Cli, tmp_path: Path) -> None:
    assert cli("keygen", "--jwk", "--out", "k.jwk", "--alg", alg).code == OK
    given = Given(client_id="c", key=tmp_path / "k.jwk")
    shown = private_key_jwt(given).show("c", "https://t/", 0)
    assert parse(shown.form["client_assertion"]).alg == alg
    assert describe("public_key", tmp_path / "k.jwk", None)["alg"] in (alg, "EdDSA")
    assert describe("public_key", tmp_path / "k.jwk", None, alg="RS256")["alg"] == "RS256"


def test_json_and_jwk(cli: Cli, tmp_path: Path) -> None:
    result = cli("keygen", "--jwk", "--json", "--out", "k.json", "--alg", "PS256").json()
    private = json.loads((tmp_path / "k.json").read_text())
    assert "d" in private
    assert "d" not in result["public_jwk"]
    assert private["alg"] == "PS256"
    assert result["public_jwk"].items() <= private.items()
    assert result["kid"] == result["public_jwk"]["kid"]


@pytest.mark.parametrize("alg", ["ES256", "RS256", "Ed25519"])
def test_a_self_signed_certificate_beside_it_works_in_tls(alg: str, cli: Cli, tmp_path: Path) -> None:
    result = cli("keygen", "--alg", alg, "--self-signed", "--subject", "CN=app,O=Example", "--json").json()
    certificate = tmp_path / "key.crt"
    assert result["x5t#S256"] == thumbprint(certificate.read_text())
    ssl.create_default_context().load_cert_chain(certificate, tmp_path / "key.pem")
    jwk = result["public_jwk"]
    assert certificate_of(jwk, public_key_from_jwk(jwk)).thumbprint == result["x5t#S256"]


def test_an_assertion_by_hand(cli: Cli, tmp_path: Path) -> None:
    cli("keygen", "--alg", "Ed25519")
    arguments = [
        "assertion",
        "--client-id",
        "c1",
        "--key",
        "key.pem",
        "--kid",
        "k1",
        "--audience",
        "https://as.example/",
    ]
    ran = cli(*arguments, "--lifetime-s", "30")
    decoded = decode(ran.out.strip())
    assert decoded["header"] == {"alg": "Ed25519", "typ": "JWT", "kid": "k1"}
    claims = decoded["claims"]
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("c1", "c1", "https://as.example/")
    assert claims["exp"] - claims["iat"] == 30
    assert cli(*arguments, "--alg", "EdDSA", "--json").json()["decoded"]["header"]["alg"] == "EdDSA"
    assert cli(*arguments, "--alg", "ES256").code == USAGE


def test_the_issuer_is_the_audience_of_a_named_server(cli: Cli) -> None:
    cli("keygen")
    ran = cli("assertion", "--client-id", "c1", "--key", "key.pem", "--domain", "as.example:8443")
    assert decode(ran.out.strip())["claims"]["aud"] == "https://as.example:8443/"
