"""The keys of a usage, whichever of the three sources it has: for request objects and for encryption."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tallystick.clients.client_keys import RecipientKey
from tests.application import now_ms
from tests.authorization.asking import check_of
from tests.authorization.request_objects.signing import signing
from tests.forge import Key
from tests.inprocess import InProcess, in_process
from tests.publisher import Published, public_jwk

URL = "https://app.example/jwks.json"
KEY, NEXT = Key("ES256", "key-one-of-2"), Key("ES256", "key-two-of-2")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with in_process(tmp_path_factory.mktemp("keys") / "data", now_ms()) as running:
        yield running


@pytest.fixture
def published(house: InProcess) -> Published:
    house.clock.advance(60)
    house.forget_token()
    outbound = Published()
    outbound.serve(house.worker.key_sets)
    return outbound


def test_request_objects_are_signed_with_keys_by_address(house: InProcess, published: Published) -> None:
    published.put(URL, public_jwk(KEY))
    app = signing(house, signed_request_object={"jwks_uri": URL})
    assert "code" in app.carry(app.object(key=KEY)).answer
    published.put(URL, public_jwk(NEXT), public_jwk(KEY))
    house.clock.advance(10)
    assert "code" in app.carry(app.object(key=NEXT)).answer
    assert app.carry(app.object(key=Key("ES256", "key-two-of-2"))).answer["error"] == "invalid_request_object"
    assert check_of(house) == "jwt.signature"
    assert published.asked == [URL, URL]


def test_request_objects_are_signed_with_keys_in_the_client(house: InProcess, published: Published) -> None:
    app = signing(house, signed_request_object={"jwks": {"keys": [public_jwk(KEY)]}})
    assert "code" in app.carry(app.object(key=KEY)).answer
    assert app.carry(app.object(key=NEXT)).answer["error"] == "invalid_request_object"


def recipient(house: InProcess, alg: str, holder: Any) -> RecipientKey | None:
    """The key that answers to such a client are encrypted to."""
    client_id = house.made("POST", "clients", {"name": "c", "response_encryption": holder})["client_id"]
    tenant_id = house.tenant.tenant_id

    async def look() -> RecipientKey | None:
        registered = await house.worker.clients.find(tenant_id, client_id)
        assert registered is not None
        return await house.worker.client_keys.encryption(registered, alg, house.clock.now_ms())

    return house.run(look())


@pytest.mark.parametrize("source", ["credentials", "jwks", "jwks_uri"])
def test_what_is_encrypted_to(house: InProcess, published: Published, source: str) -> None:
    keys = [public_jwk(Key("ES256", f"{source}-{number}"), use="enc", alg="ECDH-ES") for number in range(2)]
    published.put(f"{URL}?both", public_jwk(Key("ES256", "signs")), *keys)
    holder: Any = {
        "credentials": [{"credential_type": "public_key", "jwk": key, "alg": "ECDH-ES"} for key in keys],
        "jwks": {"keys": keys},
        "jwks_uri": f"{URL}?both",
    }
    # Uploaded keys: the newest. Sets: the first that is published.
    kid = f"{source}-{1 if source == 'credentials' else 0}"
    for alg, expected in (("ECDH-ES", kid), ("ECDH-ES+A256KW", kid), ("RSA-OAEP-256", None)):
        # Each application has keys of its own, so the same are deleted with it again.
        found = recipient(house, alg, {source: holder[source]})
        assert (found.kid if found is not None else None) == expected
        for client in house.ask("GET", "clients?fields=client_id,name"):
            if client["name"] == "c":
                house.ask("DELETE", f"clients/{client['client_id']}")
        if source == "credentials":
            holder["credentials"] = [{**one, "allow_withdrawn_key": True} for one in holder["credentials"]]


def test_a_key_for_signatures_is_never_encrypted_to(house: InProcess, published: Published) -> None:
    url = f"{URL}?signatures"
    published.put(url, public_jwk(KEY, alg=None), public_jwk(NEXT, alg=None, use=None))
    assert recipient(house, "ECDH-ES", {"jwks_uri": url}) is None
