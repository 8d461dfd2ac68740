"""Places in status lists, on both databases: none is given twice, and each that is withdrawn is found."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from tallystick.storage.store import Storage
from tallystick.tokens.families import Families, begin
from tallystick.tokens.family import TokenFamily
from tallystick.tokens.revoked_token import RevokedToken
from tallystick.tokens.status_places import StatusPlace, StatusPlaces

pytestmark = pytest.mark.anyio
TENANT = "t1"


def family(place: StatusPlace | None, tenant_id: str = TENANT) -> TokenFamily:
    begun = begin(
        tenant_id=tenant_id,
        client_id="c1",
        user_id="u1",
        session_id=None,
        audience="https://api.example/",
        scope=["read"],
        auth_time_ms=0,
        now_ms=0,
    )
    if place is None:
        return begun
    return TokenFamily(
        **{
            **{name: getattr(begun, name) for name in TokenFamily.__struct_fields__},
            "status_list": place.list_number,
            "status_index": place.index,
        }
    )


def revoked(token_hash: str, place: StatusPlace | None, tenant_id: str = TENANT) -> RevokedToken:
    named: dict[str, Any] = {}
    if place is not None:
        named = {"status_list": place.list_number, "status_index": place.index}
    return RevokedToken(
        tenant_id=tenant_id, token_hash=token_hash, client_id="c1", revoked_at_ms=0, purge_at_ms=1, **named
    )


async def test_ten_thousand_places_over_two_workers_are_all_different(storage: Storage, other: Storage) -> None:
    """Lists of 3000: a block may lie across the end of one. Both start at once, where no counter is yet."""
    one, two = (StatusPlaces(each, list_places=3000, block_places=256) for each in (storage, other))
    taken = await asyncio.gather(*(places.take(TENANT) for _ in range(5000) for places in (one, two)))
    assert len(set(taken)) == 10_000
    assert all(0 <= place.index < 3000 for place in taken)
    assert {place.list_number for place in taken} == {0, 1, 2, 3}
    assert await one.lists_begun(TENANT) == await two.lists_begun(TENANT) == 4
    assert await one.lists_begun("another") == 0
    # Of each tenant its own.
    assert (await one.take("another")).list_number == 0


async def test_within_a_block_the_order_tells_nothing(storage: Storage) -> None:
    places = StatusPlaces(storage)
    indexes = [(await places.take(TENANT)).index for _ in range(1024)]
    assert sorted(indexes) == list(range(1024))
    # Of 1024 shuffled numbers two stand beside a neighbour on average.
    assert sum(abs(after - before) == 1 for before, after in pairwise(indexes)) < 20


async def test_a_worker_that_starts_anew_goes_on_behind(storage: Storage) -> None:
    before = await StatusPlaces(storage, block_places=8).take(TENANT)
    after = await StatusPlaces(storage, block_places=8).take(TENANT)
    assert before.index < 8 <= after.index < 16


async def test_the_withdrawn_places_of_one_list_and_no_others(storage: Storage) -> None:
    living, withdrawn, elsewhere = (family(StatusPlace(*place)) for place in ((1, 5), (1, 6), (2, 7)))
    foreign = family(StatusPlace(1, 8), "t2")
    rows = [living, withdrawn, elsewhere, foreign, family(None)]
    own = [revoked("a", StatusPlace(1, 9)), revoked("b", StatusPlace(2, 10)), revoked("c", None)]
    await storage.write(saves=[*rows, *own, revoked("d", StatusPlace(1, 11), "t2")])
    families = Families(storage)
    for one in (withdrawn, elsewhere, foreign, rows[-1]):
        found = await storage.get(TokenFamily, one.tenant_id, one.id)
        assert found is not None
        assert await families.withdraw(one.tenant_id, found, "test", 1)
    assert sorted(await storage.withdrawn_places(TENANT, 1)) == [6, 9]
    assert sorted(await storage.withdrawn_places(TENANT, 2)) == [7, 10]
    assert await storage.withdrawn_places(TENANT, 3) == []
