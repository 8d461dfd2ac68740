"""The ring: what a worker signs with, and what others verify with, before, during and after a rotation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tallystick.records import Writer
from tallystick.sealing import SealBroken, Sealer
from tallystick.signing.key import CURRENT, ENCRYPTION_ALGS, NEXT, PREVIOUS, SigningKey
from tallystick.signing.make import SIGNING_ALGS, missing_keys
from tallystick.signing.published import jwks_document
from tallystick.signing.registry import SigningKeys
from tallystick.signing.ring import KeyRing, NoSigningKey
from tallystick.storage.store import Storage
from tests.patience import LOOK_AGAIN_S, Patience

from ..tenants.stored import NOW_MS, OTHER, TENANT, log, save, stored

ACCEPTED = ["RS256", "PS256", "ES256", "EdDSA"]


class CountingSealer(Sealer):
    """Counts how often a seal is opened."""

    __slots__ = ("opened",)

    def __init__(self, master_key: bytes) -> None:
        super().__init__(master_key, "signing-key")
        self.opened = 0

    def open(self, sealed: bytes, *context: str) -> bytes:
        self.opened += 1
        return super().open(sealed, *context)


SEALER = Sealer(bytes(32), "signing-key")


@pytest.fixture(scope="module")
def keys() -> list[SigningKey]:
    return asyncio.run(missing_keys(SEALER, TENANT, (), NOW_MS))


def ring_of(storage: Storage) -> tuple[KeyRing, CountingSealer]:
    sealer = CountingSealer(bytes(32))
    return KeyRing(storage, storage, sealer), sealer


async def jwks(ring: KeyRing) -> KeySet:
    return KeySet.import_key_set(jwks_document(await ring.public_keys("t1")))  # type: ignore[arg-type]


def claims_of(token: str, keys: KeySet) -> Any:
    return jwt.decode(token, keys, algorithms=ACCEPTED).claims


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("alg", SIGNING_ALGS)
def test_what_the_ring_signs_verifies_with_the_published_keys(tmp_path: Path, keys: list[SigningKey], alg: str) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            ring, _ = ring_of(storage)
            signer = await ring.signer("t1", alg)
            assert claims_of(signer.sign(b'{"sub":"a"}'), await jwks(ring)) == {"sub": "a"}
            published = await ring.verification_key("t1", signer.kid)
            assert published is not None
            assert published.alg == alg

    asyncio.run(scenario())


def test_current_and_next_of_every_algorithm_are_published_rs256_first(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            ring, _ = ring_of(storage)
            by_place = {(key.alg, key.state): key.kid for key in keys}
            shown = [(key.alg, key.kid) for key in await ring.public_keys("t1")]
            signing = [(alg, by_place[alg, state]) for alg in SIGNING_ALGS for state in (CURRENT, NEXT)]
            assert shown == [*signing, *((alg, by_place[alg, CURRENT]) for alg in ENCRYPTION_ALGS)]

    asyncio.run(scenario())


def test_a_seal_is_opened_once_whatever_else_changes(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            ring, sealer = ring_of(storage)
            signers = await asyncio.gather(*(ring.signer("t1", "ES256") for _ in range(20)))
            await save(storage, "t1")
            signers += [await ring.signer("t1", "ES256")]
            assert sealer.opened == 1
            assert len({id(signer) for signer in signers}) == 1

    asyncio.run(scenario())


def test_warming_opens_every_current_key_ahead(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            ring, sealer = ring_of(storage)
            await ring.warm("t1")
            assert sealer.opened == len(SIGNING_ALGS)
            await ring.signer("t1", "RS256")
            assert sealer.opened == len(SIGNING_ALGS)

    asyncio.run(scenario())


def test_whoever_cached_the_key_set_verifies_tokens_of_the_next_key(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            ring, sealer = ring_of(storage)
            writer = SigningKeys(Writer(storage), sealer)
            before = await ring.signer("t1", "ES256")
            cached = await jwks(ring)
            await writer.rotate(TENANT, "ES256", NOW_MS, log)
            after = await ring.signer("t1", "ES256")
            assert after.kid == next(key.kid for key in keys if (key.alg, key.state) == ("ES256", NEXT))
            assert claims_of(after.sign(b'{"sub":"a"}'), cached) == {"sub": "a"}
            # And tokens of the previous key stay good with the new set.
            assert claims_of(before.sign(b'{"sub":"b"}'), await jwks(ring)) == {"sub": "b"}

    asyncio.run(scenario())


def test_a_rotation_and_a_revocation_reach_another_worker_within_half_a_second(
    tmp_path: Path, keys: list[SigningKey]
) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as here, stored(tmp_path) as there:
            writer, (ring, _) = SigningKeys(Writer(here), SEALER), ring_of(there)
            old = (await ring.signer("t1", "ES256")).kid
            assert old is not None
            await writer.rotate(TENANT, "ES256", NOW_MS, log)
            await until(lambda: differs(ring, old))
            assert await ring.verification_key("t1", old) is not None
            await writer.revoke(TENANT, old, NOW_MS, log)
            await until(lambda: gone(ring, old))

    asyncio.run(scenario())


async def differs(ring: KeyRing, kid: str) -> bool:
    return (await ring.signer("t1", "ES256")).kid != kid


async def gone(ring: KeyRing, kid: str) -> bool:
    return await ring.verification_key("t1", kid) is None and kid not in {
        key.kid for key in await ring.public_keys("t1")
    }


async def until(holds: Any) -> None:
    patience = Patience()
    while not await holds():
        assert patience.is_left()
        await asyncio.sleep(LOOK_AGAIN_S)


def test_fifty_rotations_at_once_leave_one_current_and_one_next_key(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as here, stored(tmp_path) as there:
            writers = [SigningKeys(Writer(storage), SEALER) for storage in (here, there)]
            await asyncio.gather(*(writers[turn % 2].rotate(TENANT, "Ed25519", NOW_MS, log) for turn in range(50)))
            states = [key.state for key in await writers[0].every("t1") if key.alg == "Ed25519"]
            assert (states.count(CURRENT), states.count(NEXT), states.count(PREVIOUS)) == (1, 1, 50)

    asyncio.run(scenario())


def test_tenants_share_no_keys(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, OTHER, *keys) as storage:
            ring, _ = ring_of(storage)
            assert await ring.public_keys("t2") == ()
            assert await ring.verification_key("t2", keys[0].kid) is None
            with pytest.raises(NoSigningKey):
                await ring.signer("t2", "RS256")

    asyncio.run(scenario())


def test_another_master_key_opens_nothing(tmp_path: Path, keys: list[SigningKey]) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            ring = KeyRing(storage, storage, Sealer(bytes([1] * 32), "signing-key"))
            with pytest.raises(SealBroken):
                await ring.warm("t1")

    asyncio.run(scenario())


@pytest.mark.parametrize("alg", ["HS256", "none", "EdDSA", "RS512", ""])
def test_there_is_no_signer_for_other_algorithms(tmp_path: Path, keys: list[SigningKey], alg: str) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *keys) as storage:
            with pytest.raises(NoSigningKey):
                await ring_of(storage)[0].signer("t1", alg)

    asyncio.run(scenario())
