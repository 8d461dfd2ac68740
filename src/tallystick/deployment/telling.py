"""What a worker tells of itself while it lives: what it counted, and what can only be looked at."""

from __future__ import annotations

import asyncio
import time

import structlog

from ..errors import Unavailable
from ..metrics import DATABASE_SILENT, HAND_OVER_S, SIGNING_KEY_SINCE, hand_over
from ..records import DEPLOYMENT
from ..storage.store import Storage

LOOK_EVERY_S = 60.0

log = structlog.get_logger("tallystick.metrics")


async def tell_for_ever(storage: Storage) -> None:
    """Until it is cancelled; what was counted last goes out then."""
    look_at_s = 0.0
    try:
        while True:
            _hand_over()
            DATABASE_SILENT.set(storage.known(DEPLOYMENT) is None)
            if time.monotonic() >= look_at_s:
                look_at_s = time.monotonic() + LOOK_EVERY_S
                await tell_key_ages(storage)
            await asyncio.sleep(HAND_OVER_S)
    finally:
        _hand_over()


def _hand_over() -> None:
    """The metrics of all workers are files: a full disk must not end what a worker tells for good."""
    try:
        hand_over()
    except OSError as error:
        log.warning("metrics stay as they are", reason=str(error))


async def tell_key_ages(storage: Storage) -> None:
    """The oldest key that signs, by algorithm, over all tenants."""
    try:
        for alg, since_ms in (await storage.oldest_signing_keys()).items():
            SIGNING_KEY_SINCE.labels(alg).set(since_ms / 1000)
    except Unavailable as error:
        log.warning("key ages stay as they are", reason=str(error))
