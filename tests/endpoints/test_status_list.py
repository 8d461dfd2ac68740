"""`/oauth/status-lists` (draft-ietf-oauth-status-list 8, 9)."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from tallystick.storage.store import Storage
from tallystick.tokens.status_counter import StatusCounter
from tests.inprocess import InProcess
from tests.tokens.status_reader import MEDIA_TYPE, fetched, verified

LISTS = "https://localhost:8443/oauth/status-lists"
FIRST = f"{LISTS}/0"


def begin_lists(house: InProcess, places: int) -> None:
    """As if so many places had been given away."""
    counter = StatusCounter(tenant_id=house.tenant.tenant_id, id="access tokens", next_place=places)
    house.run(house.worker.storage.write(saves=(counter,)))


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        (MEDIA_TYPE, 200),
        ("Application/StatusList+JWT; q=0.5", 200),
        (f"application/statuslist+cwt, {MEDIA_TYPE};q=0.1", 200),
        ("application/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/statuslist+cwt", 406),
        ("application/json", 406),
        (f"{MEDIA_TYPE};q=0", 406),
        (f"{MEDIA_TYPE};q=0.000", 406),
        ("", 406),
        ("text/html," * 400 + MEDIA_TYPE, 200),
        # What is beyond four kilobytes is not read, nor an item that is cut there.
        ("text/html," * 410 + MEDIA_TYPE, 406),
        ("*/*," + "x" * 4061 + f",{MEDIA_TYPE};q=0.1", 200),
        (";" * 5000, 406),
    ],
)
def test_only_the_jwt_is_offered(house: InProcess, accept: str | None, status: int) -> None:
    """Draft 8.1 and 8.2."""
    answer = fetched(house, FIRST, **({} if accept is None else {"accept": accept}))
    assert answer.status == status
    if status == 200:
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.headers["vary"] == "Accept"


def test_pages_of_any_origin_may_read_it(house: InProcess) -> None:
    """Draft 8.1: CORS."""
    answer = fetched(house, FIRST, origin="https://elsewhere.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    preflight = house.request("OPTIONS", "/oauth/status-lists/0", headers={b"origin": b"https://elsewhere.example"})
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert preflight.headers["access-control-allow-headers"] == "If-None-Match"


def test_caches_may_keep_it_for_less_than_its_ttl(house: InProcess) -> None:
    answer = fetched(house, FIRST)
    assert answer.headers["cache-control"] == "public, max-age=10"
    assert verified(house, answer.content)[1]["ttl"] == 30


def test_what_did_not_change_is_not_sent_again(house: InProcess) -> None:
    etag = fetched(house, FIRST).headers["etag"]
    house.clock.advance(5)
    for tags in (etag, f'"other", W/{etag}', "*"):
        again = fetched(house, FIRST, if_none_match=tags)
        assert (again.status, again.content, again.headers["etag"]) == (304, b"", etag)
    assert fetched(house, FIRST, if_none_match='"other"').status == 200
    house.clock.advance(6)
    assert fetched(house, FIRST, if_none_match=etag).status == 200, "signed anew"


def test_the_past_is_not_kept(house: InProcess) -> None:
    """Draft 8.4."""
    assert fetched(house, f"{FIRST}?time=1686925000").status == 501
    assert fetched(house, f"{FIRST}?other=1").status == 200
    assert fetched(house, f"{FIRST}?time=1&time=2").status == 400


@pytest.mark.parametrize("path", ["", "00", "-1", "1.0", "x", "0/", "%30", "\u0662", "9" * 10, "2", "4000", "0/0"])
def test_what_is_no_list_is_not_found(house: InProcess, path: str) -> None:
    answer = fetched(house, f"{LISTS}/{path}")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (404, "*")
    assert answer.headers["cache-control"] == "no-store"


def test_other_methods_are_refused(house: InProcess) -> None:
    answer = house.request("POST", "/oauth/status-lists/0")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert house.request("HEAD", "/oauth/status-lists/0").status == 200


@pytest.mark.parametrize(
    ("places", "count"), [(1024, 1), (2**20, 1), (2**20 + 1024, 2), (3 * 2**20 - 1024, 3)], ids=str
)
def test_the_aggregation_names_every_list_that_is_begun(house: InProcess, places: int, count: int) -> None:
    """Draft 9; and the one to come is there before a worker counts again."""
    begin_lists(house, places)
    answer = house.request("GET", "/oauth/status-lists")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"status_lists": [f"{LISTS}/{number}" for number in range(count)]}
    assert [fetched(house, f"{LISTS}/{number}").status for number in range(count + 2)] == [200] * (count + 1) + [404]


def test_discovery_tells_of_it(house: InProcess) -> None:
    """Draft 9.1."""
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert document["status_list_aggregation_endpoint"] == LISTS
    assert "status_list_aggregation_endpoint" not in document["mtls_endpoint_aliases"]
    assert house.request("GET", "/oauth/status-lists").json() == {"status_lists": []}


def test_a_flood_of_them_costs_one_read_each(house: InProcess) -> None:
    """Unknown numbers cost none: how many there are is remembered likewise."""
    reads: list[str] = []
    storage = type(house.worker.storage)
    real = storage._rows

    async def counted(self: Storage, query: object, values: object) -> object:
        reads.append(str(query))
        return await real(self, query, values)  # type: ignore[arg-type]

    fetched(house, FIRST)
    house.clock.advance(1)
    with patch.object(storage, "_rows", counted):
        for _ in range(20):
            assert fetched(house, FIRST).status == 200
            assert fetched(house, f"{LISTS}/77").status == 404
    assert len(reads) == 2, reads
