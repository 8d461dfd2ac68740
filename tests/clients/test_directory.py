"""The directory: loaded once per change, keys parsed then, nothing withdrawn or unreferenced among them."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tallystick.clients.client import Client
from tallystick.clients.credential import CLIENT_SECRET, PUBLIC_KEY, X509_CERT, Credential
from tallystick.clients.directory import ClientDirectory
from tallystick.jose.keys import jwk_of, public_key_of
from tests.forge import Key
from tests.memory import MemoryRecords

KEY = public_key_of(Key("ES256").private.public_key())


def credential(id: str, kind: str = PUBLIC_KEY, **more: object) -> Credential:
    row = Credential(tenant_id="t", id=id, client_id="c", credential_type=kind, created_at_ms=0, updated_at_ms=0)
    key = {"public_jwk": jwk_of(KEY), "alg": "ES256"} if kind == PUBLIC_KEY else {}
    return msgspec.structs.replace(row, **{**key, **more})


def client(usage: str, *ids: str) -> Client:
    methods = {usage: {"credentials": [{"id": id} for id in ids]}}
    return Client(
        tenant_id="t",
        client_id="c",
        name="c",
        metadata={"client_authentication_methods": methods},
        created_at_ms=0,
        updated_at_ms=0,
    )


def test_what_is_referenced_is_ready_and_the_rest_is_not() -> None:
    records = MemoryRecords(
        client("private_key_jwt", "two", "one", "gone", "broken", "never"),
        credential("one"),
        credential("two"),
        credential("gone", withdrawn_at_ms=1),
        credential("broken", public_jwk={"kty": "RSA", "n": "AA", "e": "AQAB"}),
        credential("uploaded only"),
        credential("pinned", X509_CERT),
        credential("secret", CLIENT_SECRET, secret_hash="abc"),
        credential("withdrawn secret", CLIENT_SECRET, withdrawn_at_ms=1),
    )
    found = asyncio.run(ClientDirectory(records, records).find("t", "c"))
    assert found is not None
    assert [(key.credential.id, key.algorithm, key.public_key.thumbprint) for key in found.keys] == [
        ("two", "ES256", KEY.thumbprint),
        ("one", "ES256", KEY.thumbprint),
    ]
    assert [(row.id, hash) for row, hash in found.secrets] == [("secret", b"abc")]
    assert (found.certificates, found.subjects, found.profile.name) == ((), (), "none")
    assert [row.id for row in found.credentials] == ["one", "two", "broken", "uploaded only", "pinned", "secret"]


@pytest.mark.parametrize(
    ("usage", "member"), [("self_signed_tls_client_auth", "certificates"), ("tls_client_auth", "subjects")]
)
def test_each_mtls_method_sees_its_own(usage: str, member: str) -> None:
    records = MemoryRecords(client(usage, "one"), credential("one", X509_CERT))
    found = asyncio.run(ClientDirectory(records, records).find("t", "c"))
    rows = {name: [row.id for row in getattr(found, name)] for name in ("keys", "certificates", "subjects")}
    assert rows == {"keys": [], "certificates": [], "subjects": []} | {member: ["one"]}


def test_nothing_is_loaded_twice_until_something_changed() -> None:
    records = MemoryRecords(client("private_key_jwt", "one"), credential("one"))
    directory = ClientDirectory(records, records)

    async def loads() -> int:
        for _ in range(3):
            assert await directory.find("t", "c") is not None
            assert await directory.find("t", "unknown") is None
            await directory.authorities("t")
        return records.loads

    before = asyncio.run(loads())
    assert asyncio.run(loads()) == before
    records.revisions["t"] = 1
    assert asyncio.run(loads()) == 2 * before


def test_clients_of_another_tenant_do_not_exist() -> None:
    records = MemoryRecords(client("private_key_jwt", "one"), credential("one"))
    assert asyncio.run(ClientDirectory(records, records).find("u", "c")) is None
