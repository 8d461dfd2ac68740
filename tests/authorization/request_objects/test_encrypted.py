"""Request objects that are encrypted to the tenant: RFC 9101 6.1, OpenID Connect Core 6.1; attacks.md 33."""

from __future__ import annotations

import json

import pytest

from tests.authorization.request_objects.encrypting import encrypted
from tests.authorization.request_objects.signing import LEFT_OUT, refused, signing
from tests.forge import b64
from tests.inprocess import InProcess


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"])
def test_what_is_signed_and_then_encrypted_is_taken(house: InProcess, alg: str, enc: str) -> None:
    app = signing(house)
    answer = app.carry(encrypted(house, app.object(), alg, enc)).answer
    assert (answer["state"], "code" in answer) == ("inside", True)


def test_only_gcm_is_taken(house: InProcess) -> None:
    app = signing(house)
    refused(app, app.carry(encrypted(house, app.object(), enc="A128CBC-HS256")), "request_object.enc")


def test_what_is_inside_must_be_signed(house: InProcess) -> None:
    """attacks.md 33, CVE-2026-9793: anybody can encrypt."""
    app = signing(house)
    claims = json.dumps(app.claims())
    unsigned = f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(claims.encode())}."
    refused(app, app.carry(encrypted(house, unsigned)), "jwt.alg")
    refused(app, app.carry(encrypted(house, claims)), "jwt.parts")
    refused(app, app.carry(encrypted(house, "ä")), "request_object.content")


def test_one_layer_is_enough(house: InProcess) -> None:
    app = signing(house)
    refused(app, app.carry(encrypted(house, encrypted(house, app.object()))), "jwt.parts")


def test_every_rule_holds_inside(house: InProcess) -> None:
    app = signing(house)
    refused(app, app.carry(encrypted(house, app.object(client_id=LEFT_OUT))), "request_object.client_id")
    refused(app, app.carry(encrypted(house, app.object(key=signing(house).key))), "jwt.signature")


def test_what_was_changed_on_its_way_is_refused(house: InProcess) -> None:
    app = signing(house)
    *head, content, tag = encrypted(house, app.object()).split(".")
    changed = ("A" if content[0] != "A" else "B") + content[1:]
    refused(app, app.carry(".".join([*head, changed, tag])), "jwe.decryption")
