"""What others encrypt to the tenant: found by kid or by alg, during rotations, and never with a key that signs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from joserfc.jwe import JWERegistry, encrypt_compact
from joserfc.jwk import KeySet

from tallystick.jose import jwe
from tallystick.jose.keys import public_key_from_jwk
from tallystick.jose.refusals import JwtRefused
from tallystick.records import Writer
from tallystick.sealing import Sealer
from tallystick.signing.key import ENCRYPTION_ALGS, SigningKey
from tallystick.signing.make import missing_keys
from tallystick.signing.published import PublishedKey, jwks_document, publish
from tallystick.signing.registry import SigningKeys
from tallystick.signing.ring import DECRYPTIONS_MAX, KeyRing, NoSigningKey

from ..tenants.stored import NOW_MS, TENANT, log, stored

SEALER = Sealer(bytes(32), "signing-key")
FAMILY = ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW")


@pytest.fixture(scope="module")
def keys() -> list[SigningKey]:
    return asyncio.run(missing_keys(SEALER, TENANT, (), NOW_MS))


Scenario = Callable[[KeyRing, SigningKeys], Awaitable[None]]


def run(tmp_path: Path, keys: list[SigningKey], scenario: Scenario) -> None:
    async def within() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            await scenario(KeyRing(storage, storage, SEALER), SigningKeys(Writer(storage), SEALER))

    asyncio.run(within())


async def published(ring: KeyRing, alg: str) -> PublishedKey:
    return next(key for key in await ring.public_keys("t1") if key.alg == alg)


def sent(key: PublishedKey, alg: str, *, with_kid: bool = True, content: bytes = b"{}") -> str:
    return jwe.encrypt(content, key.key, alg=alg, enc="A256GCM", kid=key.kid if with_kid else None)


async def opened(ring: KeyRing, text: str) -> bytes:
    return await ring.decrypt("t1", jwe.parse(text, size_bytes_max=8192))


async def refusal(ring: KeyRing, text: str) -> str:
    with pytest.raises(JwtRefused) as refused:
        await opened(ring, text)
    return refused.value.check


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", *FAMILY])
def test_a_library_that_knows_only_the_key_set_encrypts_to_us(tmp_path: Path, keys: list[SigningKey], alg: str) -> None:
    async def scenario(ring: KeyRing, _: SigningKeys) -> None:
        for_encryption = [jwk for jwk in jwks_document(await ring.public_keys("t1"))["keys"] if jwk["use"] == "enc"]
        registry = JWERegistry(algorithms=[alg, "A256GCM"])
        # joserfc picks by alg and use, and writes the kid into the header.
        text = encrypt_compact(
            {"alg": alg, "enc": "A256GCM"}, b"mine", KeySet.import_key_set({"keys": for_encryption}), registry=registry
        )
        assert await opened(ring, text) == b"mine"

    run(tmp_path, keys, scenario)


def test_what_was_encrypted_before_a_rotation_is_read_after_it_until_the_key_is_revoked(
    tmp_path: Path, keys: list[SigningKey]
) -> None:
    async def scenario(ring: KeyRing, registry: SigningKeys) -> None:
        for alg in ENCRYPTION_ALGS:
            before = await published(ring, alg)
            texts = [sent(before, alg), sent(before, alg, with_kid=False)]
            await registry.rotate(TENANT, alg, NOW_MS, log)
            after = [key for key in await ring.public_keys("t1") if key.alg == alg]
            assert [key.kid != before.kid for key in after] == [True]
            assert [await opened(ring, text) for text in (*texts, sent(after[0], alg))] == [b"{}"] * 3
            await registry.revoke(TENANT, before.kid, NOW_MS, log)
            assert [await refusal(ring, text) for text in texts] == ["jwe.kid", "jwe.decryption"]

    run(tmp_path, keys, scenario)


def test_a_kid_chooses_one_key_and_an_unknown_one_none(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario(ring: KeyRing, _: SigningKeys) -> None:
        key = await published(ring, "ECDH-ES")
        wrong = jwe.encrypt(b"{}", key.key, alg="ECDH-ES", enc="A256GCM", kid="unknown")
        assert await refusal(ring, wrong) == "jwe.kid"
        of_rsa = jwe.encrypt(
            b"{}", key.key, alg="ECDH-ES", enc="A256GCM", kid=(await published(ring, "RSA-OAEP-256")).kid
        )
        assert await refusal(ring, of_rsa) == "jwe.kid"

    run(tmp_path, keys, scenario)


def test_a_key_that_signs_never_decrypts_and_a_key_that_decrypts_never_signs(
    tmp_path: Path, keys: list[SigningKey]
) -> None:
    async def scenario(ring: KeyRing, _: SigningKeys) -> None:
        for key, alg in ((await published(ring, "RS256"), "RSA-OAEP-256"), (await published(ring, "ES256"), "ECDH-ES")):
            assert await refusal(ring, sent(key, alg)) == "jwe.kid"
            assert await refusal(ring, sent(key, alg, with_kid=False)) == "jwe.decryption"
        for alg in ENCRYPTION_ALGS:
            assert await ring.verification_key("t1", (await published(ring, alg)).kid) is None
            with pytest.raises(NoSigningKey):
                await ring.signer("t1", alg)

    run(tmp_path, keys, scenario)


def test_an_algorithm_that_the_key_is_not_for(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario(ring: KeyRing, _: SigningKeys) -> None:
        rsa = await published(ring, "RSA-OAEP-256")
        assert await refusal(ring, sent(rsa, "RSA-OAEP")) == "jwe.alg"
        assert await refusal(ring, sent(rsa, "RSA-OAEP-512", with_kid=False)) == "jwe.alg"

    run(tmp_path, keys, scenario)


def test_12_a_stranger_cannot_have_many_keys_tried(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario(ring: KeyRing, registry: SigningKeys) -> None:
        first = await published(ring, "ECDH-ES")
        for turn in range(1, DECRYPTIONS_MAX + 1):
            await registry.rotate(TENANT, "ECDH-ES", NOW_MS + turn, log)
        assert await refusal(ring, sent(first, "ECDH-ES", with_kid=False)) == "jwe.decryption"
        assert await opened(ring, sent(first, "ECDH-ES")) == b"{}"

    run(tmp_path, keys, scenario)


def test_another_tenants_key_is_not_tried(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario(ring: KeyRing, _: SigningKeys) -> None:
        text = sent(publish(next(key for key in keys if key.alg == "ECDH-ES")), "ECDH-ES")
        with pytest.raises(JwtRefused) as refused:
            await ring.decrypt("t2", jwe.parse(text, size_bytes_max=8192))
        assert refused.value.check == "jwe.alg"

    run(tmp_path, keys, scenario)


def test_a_jwk_for_encryption_is_read_as_such(keys: list[SigningKey]) -> None:
    for alg in ENCRYPTION_ALGS:
        key = publish(next(key for key in keys if key.alg == alg))
        assert public_key_from_jwk(key.jwk, use="enc").thumbprint == key.key.thumbprint
