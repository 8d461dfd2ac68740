"""Lists of custom domains: searched, sorted, and by pages; what would not be followed is refused."""

from __future__ import annotations

import time

import pytest

from tallystick.management.domain_query import search_of
from tests.inprocess import InProcess
from tests.nameserver import NameServer

from .domain_calls import create, refused, verified


def test_lists_search_sort_and_page(house: InProcess, dns: NameServer) -> None:
    create(house, "b.acme.example", domain_metadata={"team": "red one"})
    create(house, "c.acme.example")
    verified(house, dns, "a.acme.example", domain_metadata={"team": "blue"})

    def names(query: str) -> list[str]:
        return [each["domain"][0] for each in house.ask("GET", f"custom-domains?{query}")]

    assert names("") == ["b", "c", "a"]
    assert names("sort=domain:1") == ["a", "b", "c"]
    assert names("sort=created_at:-1")[-1:] in (["b"], ["a"], ["c"])
    assert names("sort=domain:-1") == ["c", "b", "a"]
    assert names("q=status:ready") == ["a"]
    assert names("q=status:pending_verification&sort=domain:-1") == ["c", "b"]
    assert names("q=domain:c.acme.example") == ["c"]
    assert names("q=domain_metadata.team:%22red%20one%22") == ["b"]
    assert names("q=type:self_managed_certs%20AND%20domain_metadata.team:blue") == ["a"]
    assert names("q=is_default:false%20AND%20domain:acme.example") == []
    assert names("per_page=2&page=1&sort=domain:1") == ["c"]
    assert house.ask("GET", "custom-domains?fields=domain,status&q=status:ready") == [
        {"domain": "a.acme.example", "status": "ready"}
    ]
    assert "domain" not in house.ask("GET", "custom-domains?fields=domain&include_fields=false")[0]
    first = house.ask("GET", "custom-domains?take=2&sort=domain:1")
    assert [each["domain"] for each in first["custom_domains"]] == ["a.acme.example", "b.acme.example"]
    rest = house.ask("GET", f"custom-domains?take=2&sort=domain:1&from={first['next']}")
    assert [each["domain"] for each in rest["custom_domains"]] == ["c.acme.example"]
    assert "next" not in rest


def test_blanks_in_a_search_cost_what_they_are_long() -> None:
    """One worker serves every tenant: the search of one must not hold up the others."""
    began_s = time.process_time()
    with pytest.raises(ValueError, match="Expected terms"):
        search_of("status:ready" + " " * 50_000 + "x")
    assert time.process_time() - began_s < 0.5


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "q=domain:*",
        "q=acme",
        "q=domain:a%20OR%20domain:b",
        "q=NOT%20domain:a",
        "q=created_at:1",
        "q=verification:x",
        "q=domain:a%20domain:b",
        "sort=domain",
        "sort=domain:2",
        "sort=verification:1",
        "take=0",
        "take=101",
        "from=x",
    ],
)
def test_a_query_that_would_not_be_followed_is_refused(shared: InProcess, query: str) -> None:
    assert "Query validation error" in refused(shared, 400, "GET", f"custom-domains?{query}")
