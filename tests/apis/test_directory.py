"""The directory of the token path, on a real store: remembered, and never older than half a second."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.directory import ApiDirectory
from tallystick.apis.registry import ResourceServers
from tallystick.apis.resource_servers import ResourceServer
from tallystick.errors import Conflict
from tallystick.records import Writer
from tallystick.storage.store import Storage
from tests.patience import LOOK_AGAIN_S, Patience

from ..tenants.stored import NOW_MS, OTHER, TENANT, log, stored

API = ResourceServer(
    tenant_id="t1",
    id="a" * 24,
    identifier="https://api.example/",
    metadata={"scopes": [{"value": "read"}, {"value": "write"}]},
    created_at_ms=NOW_MS,
    updated_at_ms=NOW_MS,
)
SYSTEM = ResourceServer(
    tenant_id="t1",
    id="b" * 24,
    identifier="https://one.example/api/v2/",
    is_system=True,
    created_at_ms=NOW_MS,
    updated_at_ms=NOW_MS,
)
GRANT = ClientGrant(
    tenant_id="t1",
    id="cgr_1",
    client_id="c",
    audience=API.identifier,
    scope=["read"],
    created_at_ms=NOW_MS,
    updated_at_ms=NOW_MS,
)
SYSTEM_GRANT = ClientGrant(
    tenant_id="t1",
    id="cgr_2",
    client_id="m",
    audience=SYSTEM.identifier,
    is_system=True,
    created_at_ms=NOW_MS,
    updated_at_ms=NOW_MS,
)
RECORDS = (TENANT, OTHER, API, SYSTEM, GRANT, SYSTEM_GRANT)


def directory(storage: Storage, *system_scopes: str) -> ApiDirectory:
    return ApiDirectory(storage, storage, lambda: system_scopes)


def test_an_api_is_found_by_its_exact_identifier_in_its_own_tenant(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, *RECORDS) as storage:
            apis = directory(storage)
            found = await apis.resource_server("t1", "https://api.example/")
            assert found is not None
            assert found.id == API.id
            for identifier in ("https://api.example", "https://API.example/", "https://api.example/x", API.id, ""):
                assert await apis.resource_server("t1", identifier) is None
            assert await apis.resource_server("t2", "https://api.example/") is None

    asyncio.run(scenario())


def test_the_management_applications_grant_holds_every_scope_that_an_upgrade_adds(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, *RECORDS) as storage:
            for scopes in (["read:clients"], ["read:clients", "read:new_things"]):
                apis = directory(storage, *scopes)
                grant = await apis.grant("t1", "m", SYSTEM.identifier)
                api = await apis.resource_server("t1", SYSTEM.identifier)
                assert grant is not None
                assert api is not None
                assert grant.scope == list(api.scopes) == scopes

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("tenant_id", "client_id", "audience", "subject_type"),
    [
        ("t2", "c", API.identifier, "client"),
        ("t1", "C", API.identifier, "client"),
        ("t1", "c", API.identifier, "user"),
        ("t1", "c", SYSTEM.identifier, "client"),
        ("t1", "c\0https://api.example/", "", "client"),
    ],
)
def test_a_grant_is_for_one_client_one_api_and_one_kind_of_subject(
    tmp_path: Path, tenant_id: str, client_id: str, audience: str, subject_type: str
) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, *RECORDS) as storage:
            apis = directory(storage)
            assert await apis.grant("t1", "c", API.identifier) is not None
            assert await apis.grant(tenant_id, client_id, audience, subject_type) is None

    asyncio.run(scenario())


def test_an_erased_api_takes_its_grants_along_in_every_worker(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, *RECORDS) as here, stored(tmp_path) as there:
            apis = directory(there)
            assert await apis.grant("t1", "c", API.identifier) is not None
            await ResourceServers(Writer(here), lambda: ()).erase(TENANT, API.identifier, log)
            patience = Patience()
            while await apis.grant("t1", "c", API.identifier) is not None:
                assert patience.is_left()
                await asyncio.sleep(LOOK_AGAIN_S)
            assert await apis.resource_server("t1", API.identifier) is None
            assert [grant.id for grant in await here.find(ClientGrant, "t1")] == ["cgr_2"]

    asyncio.run(scenario())


def test_one_of_two_workers_that_register_an_identifier_wins(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT) as here, stored(tmp_path) as there:
            writers = [ResourceServers(Writer(storage), lambda: ()) for storage in (here, there)]
            body = {"identifier": "https://new.example/"}
            results = await asyncio.gather(
                *(writers[turn % 2].create(TENANT, body, NOW_MS, log) for turn in range(10)), return_exceptions=True
            )
            made = [result for result in results if isinstance(result, ResourceServer)]
            assert len(made) == 1
            assert all(isinstance(result, Conflict) for result in results if result is not made[0])

    asyncio.run(scenario())
