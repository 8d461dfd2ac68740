"""What a worker tells of itself goes on, whatever became of it once."""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock, Mock, patch

import pytest

from tallystick.deployment import telling


@pytest.mark.anyio
async def test_a_full_disk_ends_no_metrics() -> None:
    told = asyncio.Event()
    storage = Mock(known=Mock(return_value=1), oldest_signing_keys=AsyncMock(return_value={}))

    def full_once() -> None:
        hand_over.side_effect = told.set
        raise OSError(28, "No space left on device")

    with (
        patch.object(telling, "hand_over", side_effect=full_once) as hand_over,
        patch.object(telling, "HAND_OVER_S", 0.001),
    ):
        task = asyncio.create_task(telling.tell_for_ever(storage))
        async with asyncio.timeout(30):
            await told.wait()
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
