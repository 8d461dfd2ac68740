"""Every kind of record comes back exactly as it went in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, Table

from tallystick.records import Record
from tallystick.storage.mapping import TABLES, fields_of, key_of
from tallystick.storage.migrate import migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.schema import JsonText
from tallystick.storage.store import Storage
from tests.postgres import Cluster
from tests.storage.samples import TENANT, save

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
LISTS = {"scope", "intermediates"}


def values(column: Column[Any]) -> st.SearchStrategy[Any]:
    plain: st.SearchStrategy[Any] = TEXT
    if isinstance(column.type, JsonText):
        plain = st.lists(TEXT, max_size=3) if column.name in LISTS else st.dictionaries(st.text(max_size=5), JSON)
    elif isinstance(column.type, Boolean):
        plain = st.booleans()
    elif isinstance(column.type, BigInteger):
        plain = st.integers(-(2**63), 2**63 - 1)
    elif isinstance(column.type, LargeBinary):
        plain = st.binary(max_size=20)
    return st.none() | plain if column.nullable else plain


def rows(table: Table) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({column.name: values(column) for column in fields_of(table)})


class Rig:
    """A storage with a loop of its own, shared by the examples of one test."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.runner.run(migrate(url))
        self.storage: Storage = self.runner.run(open_storage(url))

    def there_and_back(self, record: Record) -> Record | None:
        key = [getattr(record, name) for name in key_of(TABLES[type(record)])][1:]

        async def trip() -> Record | None:
            await save(self.storage, record)
            found = await self.storage.get(type(record), TENANT, *key)
            await save(self.storage, erasures=[record])
            return found

        return self.runner.run(trip())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    if request.param == "sqlite":
        url = f"sqlite://{tmp_path_factory.mktemp('round-trip')}/x.db"
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.create_database()
    made = Rig(url)
    yield made
    made.runner.run(made.storage.close())
    made.runner.close()


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_kind_comes_back_exactly(rig: Rig, kind: type[Record]) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(row=rows(TABLES[kind]))
    def there_and_back(row: dict[str, Any]) -> None:
        record = kind(**{**row, "tenant_id": TENANT})
        found = rig.there_and_back(record)
        assert found == record
        assert repr(found) == repr(record)  # 1 is not 1.0, True is not 1

    there_and_back()


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_a_table_has_exactly_the_fields_of_its_record(kind: type[Record]) -> None:
    assert {column.name for column in fields_of(TABLES[kind])} == set(kind.__struct_fields__)
