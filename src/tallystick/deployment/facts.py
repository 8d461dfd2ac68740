"""What holds for the whole deployment: where its database is, how it listens, and the facts kept beside the records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from ..clients.secrets import SecretHasher
from ..errors import StartupError
from ..handles import HandleHasher
from ..sealing import Sealer, derive
from ..sender.nonces import Nonces
from ..settings import Settings
from ..signing.make import SEAL_PURPOSE
from ..storage.opening import open_storage
from ..storage.store import Storage
from ..tenants.addresses import Listeners

CHECK_FACT = "master_key_check"
"""By which the database recognises its master key; its presence says that the first start is over."""
LISTENERS_FACT = "listeners"
"""How the last start listened, as JSON: what `tallystick tenants create` derives addresses from."""


def database_url(settings: Settings) -> str:
    """The database that was named, or the file in the data directory."""
    return settings.database or f"sqlite:///{settings.data.absolute() / 'tallystick.db'}"


def listeners_of(settings: Settings) -> Listeners:
    """How this start listens."""
    return Listeners(
        issuer=settings.issuer_url,
        port=settings.port,
        mtls_port=None if settings.insecure_http else settings.mtls_port,
        mtls_host=settings.mtls_host,
        by_proxy=settings.by_proxy,
    )


def secret_hasher(master_key: bytes) -> SecretHasher:
    """Hashes client secrets."""
    return SecretHasher(derive(master_key, "client secrets"))


def handle_hasher(master_key: bytes) -> HandleHasher:
    """Hashes codes, cookies and mailed links, and makes refresh tokens."""
    return HandleHasher(derive(master_key, "handles"))


def proof_nonces(master_key: bytes) -> Nonces:
    """Makes and recognises nonces for DPoP proofs."""
    return Nonces(derive(master_key, "dpop nonces"))


def people_sealer(master_key: bytes) -> Sealer:
    """Seals what people's second factors need to be checked."""
    return Sealer(master_key, "people")


def signing_sealer(master_key: bytes) -> Sealer:
    """Seals the tenants' signing keys."""
    return Sealer(master_key, SEAL_PURPOSE)


async def kept_listeners(storage: Storage) -> Listeners:
    """How the last start listened; raises StartupError when there was none."""
    fact = await storage.deployment_get(LISTENERS_FACT)
    if fact is None:
        raise StartupError("this deployment has not been started yet: run `tallystick serve` once")
    return msgspec.json.decode(fact, type=Listeners)


@asynccontextmanager
async def opened_storage(settings: Settings) -> AsyncIterator[Storage]:
    """The deployment's storage for a piece of work."""
    storage = await open_storage(database_url(settings))
    try:
        yield storage
    finally:
        await storage.close()
