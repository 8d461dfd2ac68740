"""What `records.Records` promises, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.resource_servers import ResourceServer
from tallystick.clients.client import Client
from tallystick.clients.credential import Credential
from tallystick.errors import Conflict, InvalidField
from tallystick.records import Change, Stale
from tallystick.storage.store import Storage
from tallystick.tenants.tenant import Tenant, TenantHost
from tests.storage.samples import TENANT, client, event, save

pytestmark = pytest.mark.anyio


def grant(id_: str, **fields: object) -> ClientGrant:
    values = {"client_id": "app", "audience": "https://api", "created_at_ms": 1, "updated_at_ms": 1, **fields}
    return ClientGrant(tenant_id=TENANT, id=id_, **values)  # type: ignore[arg-type]  # whatever the test says


def names(found: list[Client]) -> list[str]:
    return [one.client_id for one in found]


async def test_a_tenant_without_rows_has_nothing(storage: Storage) -> None:
    assert await storage.get(Client, TENANT, "app") is None
    assert await storage.find(Client, TENANT) == []
    assert await storage.count(Client, TENANT) == 0
    assert await storage.revision(TENANT) == 0


async def test_a_record_is_replaced_by_its_key_and_keeps_its_place(storage: Storage) -> None:
    await save(storage, client("a"), client("b"), client("c"))
    await save(storage, client("a", name="new", metadata={"x": 1}))
    assert await storage.get(Client, TENANT, "a") == client("a", name="new", metadata={"x": 1})
    assert names(await storage.find(Client, TENANT)) == ["a", "b", "c"]
    assert names(await storage.find(Client, TENANT, newest_first=True)) == ["c", "b", "a"]


async def test_pages(storage: Storage) -> None:
    await save(storage, *(client(f"{number}") for number in range(5)))
    assert names(await storage.find(Client, TENANT, offset=1, limit=2)) == ["1", "2"]
    assert names(await storage.find(Client, TENANT, offset=3)) == ["3", "4"]
    assert names(await storage.find(Client, TENANT, newest_first=True, limit=2)) == ["4", "3"]
    assert await storage.find(Client, TENANT, limit=0) == []
    assert await storage.find(Client, TENANT, offset=2**80, limit=2**80) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"name": "b"}, ["b"]),
        ({"name": ("a", "c")}, ["a", "c"]),
        ({"name": frozenset({"c"}), "is_first_party": True}, ["c"]),
        ({"name": []}, []),
        ({"app_type": None}, ["a", "b"]),
        ({"app_type": [None, "spa"]}, ["a", "b", "c"]),
        ({"app_type": "SPA"}, []),
        ({"is_global": False}, ["a", "b", "c"]),
        ({"name": "a\0"}, []),
        ({"name": ["\ud800", "b"]}, ["b"]),
        ({"created_at_ms": 2**70}, []),
        ({"name": "a' OR '1'='1"}, []),
        ({"name": "%"}, []),
    ],
)
async def test_filters_compare_exactly(storage: Storage, where: dict[str, object], expected: list[str]) -> None:
    await save(storage, client("a"), client("b"), client("c", app_type="spa"))
    assert names(await storage.find(Client, TENANT, where=where)) == expected
    assert await storage.count(Client, TENANT, where=where) == len(expected)


async def test_unknown_and_nested_columns_are_no_filters(storage: Storage) -> None:
    for column in ("nothing", "metadata", "made; --"):
        with pytest.raises(KeyError):
            await storage.find(Client, TENANT, where={column: "x"})


async def test_tenants_do_not_see_each_other(storage: Storage) -> None:
    await save(storage, client("app", tenant_id="one"), tenant_id="one")
    await save(storage, client("app", tenant_id="two", name="two"), tenant_id="two")
    await save(storage, tenant_id="two", erasures=[client("app", tenant_id="two")])
    assert await storage.get(Client, "two", "app") is None
    assert await storage.find(Client, "one", where={"tenant_id": "two"}) == await storage.find(Client, "one")
    assert names(await storage.find(Client, None)) == ["app"]
    assert (await storage.revision("one"), await storage.revision("two")) == (1, 2)


async def test_erasing_what_is_not_there_is_no_error(storage: Storage) -> None:
    await save(storage, client("a"), erasures=[client("nothing")])
    assert names(await storage.find(Client, TENANT)) == ["a"]


@pytest.mark.parametrize("base_revision", [0, 2, 7])
async def test_a_change_on_another_revision_is_stale_and_leaves_nothing(storage: Storage, base_revision: int) -> None:
    await save(storage, client("a"))
    stale = Change(tenant_id=TENANT, base_revision=base_revision, saves=[client("b")], events=[event()])
    with pytest.raises(Stale):
        await storage.commit(stale)
    assert names(await storage.find(Client, TENANT)) == ["a"]
    assert await storage.log_page(TENANT) == []
    assert await storage.revision(TENANT) == 1


async def test_a_change_of_an_unknown_tenant_on_a_revision_is_stale(storage: Storage) -> None:
    with pytest.raises(Stale):
        await storage.commit(Change(tenant_id=TENANT, base_revision=3, saves=[client("b")]))


@pytest.mark.parametrize("base_revision", [0, 1])
async def test_of_20_changes_on_one_revision_one_holds(storage: Storage, other: Storage, base_revision: int) -> None:
    if base_revision:
        await save(storage)
    changes = [
        Change(tenant_id=TENANT, base_revision=base_revision, saves=[client(f"{number}")]) for number in range(20)
    ]
    stores = (storage, other)
    outcomes = await asyncio.gather(
        *(stores[number % 2].commit(change) for number, change in enumerate(changes)), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, Stale) for outcome in outcomes if outcome is not None)
    assert names(await storage.find(Client, TENANT)) == [str(outcomes.index(None))]
    assert await other.revision(TENANT) == base_revision + 1


async def test_values_that_must_be_unique_clash_and_nothing_of_the_change_stays(storage: Storage) -> None:
    await save(storage, TenantHost(tenant_id="other", host="auth.example"), tenant_id="other")
    api = ResourceServer(tenant_id=TENANT, id="1", identifier="https://api", created_at_ms=1, updated_at_ms=1)
    await save(storage, api, grant("g1"))
    for clash in (
        TenantHost(tenant_id=TENANT, host="auth.example"),
        ResourceServer(tenant_id=TENANT, id="2", identifier="https://api", created_at_ms=1, updated_at_ms=1),
        grant("g2"),
    ):
        with pytest.raises(Conflict) as caught:
            await save(storage, client("left-over"), clash, events=[event()])
        assert (caught.value.error_code, caught.value.check) == ("conflict", "unique")
        assert "auth.example" not in caught.value.description
    assert await storage.find(Client, TENANT) == []
    assert await storage.log_page(TENANT) == []
    assert await storage.revision(TENANT) == 1


async def test_saving_a_record_again_does_not_clash_with_itself(storage: Storage) -> None:
    host = TenantHost(tenant_id=TENANT, host="auth.example")
    await save(storage, host, grant("g1"))
    await save(storage, host, grant("g1", scope=["read"]), grant("g2", subject_type="user"))
    assert [one.scope for one in await storage.find(ClientGrant, TENANT)] == [["read"], []]


async def test_an_erased_value_is_free_within_the_same_change(storage: Storage) -> None:
    await save(storage, grant("g1"))
    await save(storage, grant("g2"), erasures=[grant("g1")])
    assert [one.id for one in await storage.find(ClientGrant, TENANT)] == ["g2"]


async def test_a_clash_harms_no_other_change_of_the_same_batch(storage: Storage) -> None:
    await save(storage, TenantHost(tenant_id="t0", host="taken"), tenant_id="t0")

    async def one(number: int) -> None:
        host = "taken" if number % 3 == 0 else f"host{number}"
        await save(storage, TenantHost(tenant_id=f"t{number}", host=host), tenant_id=f"t{number}")

    outcomes = await asyncio.gather(*(one(number) for number in range(1, 31)), return_exceptions=True)
    for number, outcome in enumerate(outcomes, 1):
        assert isinstance(outcome, Conflict) is (number % 3 == 0)
        assert await storage.revision(f"t{number}") == (0 if number % 3 == 0 else 1)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\udfffx"])
async def test_text_that_no_column_holds_is_refused_as_a_field(storage: Storage, text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        await save(storage, client("a", name=text))
    assert caught.value.path == "name"
    assert await storage.get(Client, TENANT, text) is None
    assert await storage.revision(text) == 0
    assert await storage.revision(TENANT) == 0


async def test_in_nested_values_nul_is_kept_and_lone_surrogates_are_refused(storage: Storage) -> None:
    await save(storage, client("a", metadata={"\0": "\0"}))
    assert await storage.get(Client, TENANT, "a") == client("a", metadata={"\0": "\0"})
    with pytest.raises(InvalidField):
        await save(storage, client("b", metadata={"x": ["\ud800"]}))


async def test_a_number_beyond_64_bits_is_refused_as_a_field(storage: Storage) -> None:
    credential = Credential(
        tenant_id=TENANT,
        id="c",
        client_id="a",
        credential_type="x",
        created_at_ms=1,
        updated_at_ms=1,
        expires_at_ms=2**63,
    )
    with pytest.raises(InvalidField, match="64-bit"):
        await save(storage, credential)


async def test_a_cancelled_commit_is_carried_out_whole(storage: Storage) -> None:
    waiter = asyncio.create_task(storage.commit(Change(tenant_id=TENANT, base_revision=0, saves=[client("a")])))
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await storage.close()  # drains
    assert storage._known._revisions == {TENANT: 1}


async def test_first_start_is_decided_once_and_holds_whole(storage: Storage, other: Storage) -> None:
    made: list[int] = []

    async def first_start(store: Storage, number: int) -> None:
        async with store.exclusive() as held:
            if await held.deployment_get("bootstrap") is not None:
                return
            made.append(number)
            tenants = [
                Tenant(tenant_id=name, name=name, issuer="https://x/", mtls_issuer="https://m/", created_at_ms=1)
                for name in ("one", "two")
            ]
            changes = [Change(tenant_id=one.tenant_id, base_revision=0, saves=[one]) for one in tenants]
            await held.commit(changes, {"bootstrap": b"done\0", "master_key_check": b"\xff"})

    await asyncio.gather(*(first_start((storage, other)[number % 2], number) for number in range(6)))
    assert len(made) == 1
    assert await other.deployment_get("bootstrap") == b"done\0"
    assert await other.deployment_get("nothing") is None
    assert [one.name for one in await other.find(Tenant, None)] == ["one", "two"]


async def test_a_failing_first_start_leaves_nothing(storage: Storage) -> None:
    changes = [Change(tenant_id=TENANT, base_revision=0), Change(tenant_id="two", base_revision=9)]
    async with storage.exclusive() as held:
        with pytest.raises(Stale):
            await held.commit(changes, {"bootstrap": b"done"})
    assert await storage.deployment_get("bootstrap") is None
    assert await storage.revision(TENANT) == 0
