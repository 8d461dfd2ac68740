"""``/logs`` through the door (auth0.md 4.2, 4.9): pages, checkpoints, searching, and whose rows they are."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.events import Event, LogRow
from tallystick.management import log_search
from tallystick.management.log_match import matches
from tallystick.management.log_query import parse
from tallystick.storage.store import Storage
from tallystick.tenants.tenant import Tenant
from tests.inprocess import JSON, Answered, InProcess

NEXT = re.compile(r'<https://localhost:8443/api/v2/(logs\?[^>]+)>; rel="next"')
AUDIENCE = "https://localhost:8443/api/v2/"


class Log:
    """The log of a deployment of the test's own, with rows as the test says."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.storage: Storage = house._opened._worker.storage
        (tenant,) = house.run(self.storage.find(Tenant, None))
        self.tenant_id = tenant.tenant_id

    def write(self, type_: str = "feccft", tenant_id: str | None = None, **members: Any) -> None:
        """One row, of now."""
        values: dict[str, Any] = {"tenant_id": tenant_id or self.tenant_id, "type": type_}
        values |= {"at_ms": self.house.clock.now_ms(), **members}
        self.house.run(self.storage.record(Event(**values)))

    def get(self, expect: int = 200, path: str = "logs", **query: Any) -> Any:
        """``GET /logs``, as the management application."""
        answer = self.answer(path, **query)
        assert answer.status == expect, answer
        return answer.json()

    def answer(self, path: str = "logs", **query: Any) -> Answered:
        """The same, with its headers."""
        asked = {name.removesuffix("_"): value for name, value in query.items()}
        return self.house.call("GET", f"{path}?{urlencode(asked)}")

    def ids(self, expect: int = 200, **query: Any) -> list[str]:
        """Which rows were answered, by the client they name."""
        return [row.get("client_id", "") for row in self.get(expect, **query)]

    def rows(self) -> list[LogRow]:
        """All of the tenant's rows, the oldest first."""
        return self.house.run(self.storage.log_page(self.tenant_id, newest_first=False, limit=10_000))


@pytest.fixture
def log(house: InProcess) -> Log:
    house.call("GET", "clients")  # the token of the calls is the first row
    return Log(house)


def link(answer: Answered) -> str:
    """The query that goes on."""
    found = NEXT.fullmatch(answer.headers["link"])
    assert found
    return found[1]


def test_a_refusal_and_a_token_as_they_are_shown(log: Log) -> None:
    house = log.house
    api = house.api()
    client = house.client(api["identifier"])
    credentials = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    assert house.token(audience=api["identifier"], scope="read", **credentials).status == 200
    refused = house.token(audience=api["identifier"], **credentials | {"client_secret": "x" * 43})
    failure, success = log.get(per_page=2)
    assert failure == {
        "log_id": failure["log_id"],
        "_id": failure["log_id"],
        "date": house.now_iso(),
        "type": "feccft",
        "description": refused.json()["error_description"],
        "ip": "127.0.0.1",
        "hostname": "localhost:8443",
        "audience": api["identifier"],
        "isMobile": False,
        "correlation_id": refused.headers["x-correlation-id"],
        "details": failure["details"],
    }
    assert failure["details"]["claimed_client_id"] == client["client_id"]
    assert (success["type"], success["client_id"], success["client_name"]) == ("seccft", client["client_id"], "app")
    assert success["scope"] == "read"
    assert log.get(path=f"logs/{failure['log_id']}") == failure
    assert log.get(path=f"logs/{failure['log_id']}", fields="type,log_id") == {
        "type": "feccft",
        "log_id": failure["log_id"],
    }
    assert log.ids(q=f"correlation_id:{failure['correlation_id']}") == [""]


def test_pages_are_newest_first_unless_told_otherwise(log: Log) -> None:
    for number in range(60):
        log.write(client_id=f"c{number}")
    newest_first = [f"c{number}" for number in reversed(range(60))]
    assert log.ids() == newest_first[:50]
    assert log.ids(per_page=3, page=2) == newest_first[6:9]
    assert log.ids(sort="date:1", per_page=3, page=0)[1:] == ["c0", "c1"]
    assert log.ids(page=9) == []
    totals = log.get(include_totals="true", per_page=2, page=1)
    assert (totals["start"], totals["limit"], totals["total"]) == (2, 2, 61)
    assert [row["client_id"] for row in totals["logs"]] == newest_first[2:4]
    assert "incomplete" not in totals
    searched = log.get(include_totals="true", q="client_id:c1*")
    assert (searched["total"], len(searched["logs"])) == (11, 11)
    assert log.get(include_totals="true", q="type:seccft")["total"] == 1
    assert log.get(per_page=1, fields="type") == [{"type": "feccft"}]
    without = log.get(per_page=1, fields="type,details", include_fields="false")
    assert "client_id" in without[0]
    assert "type" not in without[0]


def test_pages_reach_a_thousand_rows_and_say_so(log: Log) -> None:
    for number in range(999):
        log.write(client_id=f"c{number}")
    assert len(log.get(page=9, per_page=100)) == 100
    assert log.get(page=10, per_page=100) == []
    log.write(client_id="c999")
    assert len(log.get(page=9, per_page=100)) == 100
    refusal = log.get(400, page=10, per_page=100)
    assert "Pages reach 1000 rows" in refusal["message"]
    assert log.get(400, page=10_000_000, per_page=100)["errorCode"] == "invalid_query_string"


def test_a_checkpoint_goes_forward_the_oldest_first(log: Log) -> None:
    for number in range(5):
        log.write(client_id=f"c{number}")
    rows = log.rows()
    answer = log.answer(from_=rows[1].log_id, take=2)
    assert [row["client_id"] for row in answer.json()] == ["c1", "c2"]
    answer = log.house.call("GET", link(answer))
    assert [row["client_id"] for row in answer.json()] == ["c3", "c4"]
    at_the_end = log.house.call("GET", link(answer))
    assert at_the_end.json() == []
    log.write(client_id="c5")
    assert [row["client_id"] for row in log.house.call("GET", link(at_the_end)).json()] == ["c5"]
    assert [row["log_id"] for row in log.get(take=100)] == [row.log_id for row in log.rows()]
    # Checkpoint parameters win over those of pages.
    assert log.ids(from_=rows[1].log_id, take=1, page=3, include_totals="true", sort="date:-1") == ["c1"]


def test_a_checkpoint_goes_backward_too(log: Log) -> None:
    for number in range(5):
        log.write(client_id=f"c{number}")
    answer = log.answer(take=2, sort="date:-1")
    assert [row["client_id"] for row in answer.json()] == ["c4", "c3"]
    answer = log.house.call("GET", link(answer))
    assert [row["client_id"] for row in answer.json()] == ["c2", "c1"]
    answer = log.house.call("GET", link(answer))
    assert len(answer.json()) == 2
    answer = log.house.call("GET", link(answer))
    assert answer.json() == []
    assert "link" not in answer.headers


def test_a_follower_of_rare_rows_goes_on_from_what_was_looked_at(log: Log) -> None:
    log.write(client_id="rare")
    for _ in range(3):
        log.write(client_id="common")
    answer = log.answer(take=10, q="client_id:rare")
    assert len(answer.json()) == 1
    assert f"from={log.rows()[-1].log_id}" in link(answer)
    assert "q=client_id%3Arare" in link(answer)


WRONG: list[dict[str, Any]] = [
    {"from": "1"},
    {"from": ""},
    {"from": "9" * 31},
    {"before": "x"},
    {"from": "90020200101" + "9" * 20},
    {"before": "90020200101" + "0" * 20},
    {"take": "0"},
    {"take": "101"},
    {"sort": "type:1"},
    {"q": "type:a", "search": "type:a"},
    {"q": "nonsense"},
    {"q": "x" * 2000},
    {"color": "red"},
    {"per_page": "101"},
]


def test_what_cannot_be_asked_is_refused_clearly(log: Log) -> None:
    for query in WRONG:
        refusal = log.get(400, **query)
        assert refusal["errorCode"] in ("invalid_query_string", "inexistent_checkpoint"), query
    assert log.get(400, before=log.rows()[0].log_id, from_=log.rows()[0].log_id)["message"]
    assert log.get(404, path="logs/9002020")["errorCode"] == "inexistent_log"


def test_a_checkpoint_that_was_forgotten_is_told_apart(log: Log) -> None:
    first = log.rows()[0].log_id
    log.house.ask("PATCH", "tenants/settings", {"log_retention_days": 1})
    log.house.clock.advance(3600)
    log.write(client_id="kept")
    log.house.clock.advance(23.5 * 3600)
    log.house.run(log.storage.purge_log(log.house.clock.now_ms()))
    log.house._token = ""
    assert log.get(400, from_=first)["errorCode"] == "inexistent_checkpoint"
    assert log.rows()[0].event.client_id == "kept"
    for days in (0, 3651, "30"):
        refused = log.house.call("PATCH", "tenants/settings", {"log_retention_days": days})
        assert refused.status == 400


def test_nothing_of_another_tenant_by_any_parameter(log: Log) -> None:
    log.write(client_id="mine")
    log.write(client_id="theirs", tenant_id="other", correlation_id="secret", type_="s")
    log.write(client_id="mine")
    (theirs,) = log.house.run(log.storage.log_page("other"))
    asked: list[dict[str, Any]] = [
        {},
        {"per_page": 100, "sort": "date:1"},
        {"take": 100},
        {"take": 100, "sort": "date:-1"},
        {"from": log.rows()[0].log_id},
        {"before": log.rows()[-1].log_id},
        *({"q": q} for q in ("client_id:theirs", "correlation_id:secret", "type:s", "date:*", "-client_id:mine")),
        {"q": f"log_id:{theirs.log_id}"},
        {"search": "client_id:theirs OR client_id:mine"},
    ]
    for query in asked:
        assert "theirs" not in log.ids(**query), query
    log.get(404, path=f"logs/{theirs.log_id}")
    for name in ("from", "before"):
        assert log.get(400, **{name: theirs.log_id})["errorCode"] == "inexistent_checkpoint"
    assert log.get(include_totals="true")["total"] == len(log.rows())
    assert log.get(path="stats/active-users") == 0


def token_with(house: InProcess, *scopes: str) -> str:
    """A token of an application that has these scopes of the Management API, and no others."""
    client = house.client(AUDIENCE, scope=list(scopes))
    credentials = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    return str(house.token(audience=AUDIENCE, **credentials).json()["access_token"])


def as_caller(house: InProcess, token: str, path: str) -> Answered:
    return house.request(
        "GET", f"/api/v2/{path}", b"", {b"authorization": f"Bearer {token}".encode(), b"content-type": JSON}
    )


def test_what_a_refused_request_held_needs_read_logs(log: Log) -> None:
    explained = {"jwt_header": {"alg": "x"}, "jwt_claims": {"sub": "x"}, "certificate": {"subject": "x"}, "hint": "x"}
    explained |= {"proof_header": {"alg": "x"}, "proof_claims": {"htm": "x"}}
    log.write(correlation_id="c1", details={"check": "assertion.aud", **explained})
    both, users = token_with(log.house, "read:logs"), token_with(log.house, "read:logs_users")
    path = "logs?q=correlation_id:c1"
    (whole,) = as_caller(log.house, both, path).json()
    assert whole["details"] == {"check": "assertion.aud", **explained}
    (part,) = as_caller(log.house, users, path).json()
    assert part["details"] == {"check": "assertion.aud"}
    assert as_caller(log.house, users, f"logs/{part['log_id']}").json()["details"] == {"check": "assertion.aud"}
    neither = token_with(log.house, "read:clients")
    for asked in (path, f"logs/{part['log_id']}"):
        refusal = as_caller(log.house, neither, asked)
        assert refusal.status == 403
        assert "Insufficient scope, expected any of: read:logs,read:logs_users" in refusal.json()["message"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at few rows."""
    monkeypatch.setattr(log_search, "SLICE", 4)
    monkeypatch.setattr(log_search, "LOOKED_AT_MAX", 12)


@pytest.mark.usefixtures("impatient")
def test_a_search_that_looks_too_far_says_so(log: Log) -> None:
    log.write(client_id="rare", correlation_id="r")
    for _ in range(40):
        log.write("sapi", client_id="common")
    totals = log.get(q="client_id:common", per_page=3, include_totals="true")
    assert (totals["total"], totals["incomplete"]) == (12, True)
    # From here on the newest row is that of the refusal.
    refusal = log.get(400, q="client_id:rare")
    assert refusal["errorCode"] == "query_too_broad"
    assert "Looked at 12 rows and found 0" in refusal["message"]
    assert log.ids(q="client_id:common", per_page=3) == ["common"] * 3
    assert log.ids(q="correlation_id:r") == log.ids(q="type:feccft") == ["rare"]  # an index leads there
    # By checkpoint the search goes on where it stopped, until it finds.
    answer, calls = log.answer(q="client_id:rare", take=5, sort="date:-1"), 1
    while answer.status == 400:
        assert answer.json()["errorCode"] == "query_too_broad"
        answer, calls = log.house.call("GET", link(answer)), calls + 1
    assert [row["client_id"] for row in answer.json()] == ["rare"]
    assert calls == 4


@pytest.mark.usefixtures("impatient")
def test_dates_narrow_the_search_before_it_looks(log: Log) -> None:
    begin = log.house.now_iso()
    log.write(client_id="rare")
    log.house.clock.advance(60)
    later = log.house.now_iso()
    log.house.clock.advance(60)
    for _ in range(40):
        log.write(client_id="common")
    assert log.ids(q=f"date:[{begin} TO {later}}} AND client_id:rare") == ["rare"]
    assert log.ids(q=f"date:{{{later} TO *]", per_page=2) == ["common", "common"]


CLAUSES = """type:feccft;type:(feccft OR sapi);type:s*;client_id:c1;client_id:*;ip:10*;-type:sapi;check:one;
correlation_id:r3;date:*;date:2020-01-01;description:made;description:"was made";NOT check:two"""
QUERIES = st.recursive(
    st.sampled_from(CLAUSES.replace("\n", "").split(";")),
    lambda inner: st.tuples(inner, st.sampled_from([" AND ", " OR ", " AND -"]), inner).map(
        lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"
    ),
    max_leaves=5,
)
PARAMETERS = st.sampled_from(["q", "search", "from", "before", "take", "page", "per_page", "sort", "fields", "x"])
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fill(log: Log) -> None:
    if len(log.rows()) < 30:
        for number in range(40):
            log.write(
                ("feccft", "sapi", "seccft")[number % 3],
                client_id=f"c{number % 4}" if number % 5 else "",
                correlation_id=f"r{number}",
                ip=("10.0.0.1", "::1")[number % 2],
                description="It was made" if number % 7 == 0 else "",
                details={"check": ("one", "two")[number % 2]},
            )


@OFTEN
@given(text=QUERIES, forward=st.booleans())
def test_a_search_finds_exactly_what_fits(log: Log, text: str, forward: bool) -> None:
    fill(log)
    patched = pytest.MonkeyPatch()
    patched.setattr(log_search, "SLICE", 7)
    try:
        tree = parse(text)
        wanted = [row.log_id for row in log.rows() if matches(tree, row)]
        sort: dict[str, Any] = {"sort": "date:1" if forward else "date:-1"}
        found = [row["log_id"] for row in log.get(q=text, per_page=100, **sort)]
        assert found == (wanted if forward else wanted[::-1])
        assert [row["log_id"] for row in log.get(q=text, take=100, **sort)] == found
        assert log.get(q=text, include_totals="true", per_page=1)["total"] == len(wanted)
    finally:
        patched.undo()


@OFTEN
@given(query=st.dictionaries(PARAMETERS, QUERIES | st.text(max_size=40), max_size=4))
def test_any_query_is_answered_or_refused(log: Log, query: dict[str, str]) -> None:
    assert log.house.call("GET", f"logs?{urlencode(query)}").status in (200, 400)
