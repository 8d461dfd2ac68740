"""The query language of the log: what is read, what is refused and why, and that nothing breaks it (`log_query`)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.events import Event, LogRow
from tallystick.management.log_match import matches, plan_of
from tallystick.management.log_query import CLAUSES_MAX, DEPTH_MAX, QUERY_CHARS_MAX, parse
from tallystick.management.log_tree import EVERYTHING, FIELDS, AllOf, Dates, Not, OneOf, Tree, Value
from tallystick.management.problems import InvalidQuery

NEW_YEAR_MS = 1_767_225_600_000
DAY_MS = 86_400_000
A, B, C = Value("type", "a"), Value("type", "b"), Value("ip", "::1")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("type:a", A),
        (" type : a ", A),
        ('type:"a"', A),
        ("type:a*", Value("type", "a", prefix=True)),
        ("type:*", Value("type", "", prefix=True)),
        ("type:-a", Value("type", "-a")),
        (r"type:a\*", Value("type", "a*")),
        ('type:"a*"', Value("type", "a*")),
        (r'type:"\"\\"', Value("type", '"\\')),
        ("ip:::1", C),
        ("hostname:localhost:8443", Value("hostname", "localhost:8443")),
        ("scope:read:orders", Value("scope", "read:orders")),
        ('audience:"https://a.example/"', Value("audience", "https://a.example/")),
        ("_id:9", Value("log_id", "9")),
        ("check:assertion.aud", Value("details.check", "assertion.aud")),
        ("type:a AND type:b", AllOf((A, B))),
        ("type:a && type:b", AllOf((A, B))),
        ("type:a OR type:b", OneOf((A, B))),
        ("type:a || type:b", OneOf((A, B))),
        ("type:a OR type:b AND ip:::1", OneOf((A, AllOf((B, C))))),
        ("(type:a OR type:b) AND ip:::1", AllOf((OneOf((A, B)), C))),
        ("type:(a OR b)", OneOf((A, B))),
        ("NOT type:a", Not(A)),
        ("-type:a", Not(A)),
        ("!type:a", Not(A)),
        ("NOT NOT type:a AND type:b", AllOf((Not(Not(A)), B))),
        ("-(type:a OR type:b)", Not(OneOf((A, B)))),
        ("date:2026-01-01", Dates(NEW_YEAR_MS, NEW_YEAR_MS + DAY_MS)),
        ("date:*", Dates(None, None)),
        ("date:[2026-01-01 TO 2026-01-02]", Dates(NEW_YEAR_MS, NEW_YEAR_MS + 2 * DAY_MS)),
        ("date:{2026-01-01 TO 2026-01-02}", Dates(NEW_YEAR_MS + DAY_MS, NEW_YEAR_MS + DAY_MS)),
        ("date:[2026-01-01T00:00:00Z TO *]", Dates(NEW_YEAR_MS, None)),
        ('date:{* TO "2026-01-01T01:00:00.005+01:00"]', Dates(None, NEW_YEAR_MS + 6)),
        ("date:{2026-01-01T00:00:00Z TO 2026-01-01T00:00:01Z}", Dates(NEW_YEAR_MS + 1, NEW_YEAR_MS + 1000)),
    ],
)
def test_what_is_read(text: str, tree: Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("feccft", "a word alone"),
        ("color:red", "Unknown field color; known are date, log_id, type"),
        ("details.jwt_claims:a", "Unknown field"),
        ("tenant_id:a", "Unknown field"),
        ("type:a type:b", "Expected AND or OR"),
        ("type:a -type:b", "Expected AND or OR"),
        ("type:", "Expected a value of type, at the end"),
        ("type:()", "Expected a value"),
        ("type:(a AND b)", "Expected )"),
        ("type:a AND", "Expected field:value, at the end"),
        ("AND type:a", "Expected field:value"),
        ("NOT", "Expected field:value"),
        ("(type:a", "Expected AND, OR or )"),
        ("(type:a type:b)", "Expected AND, OR or ), at type"),
        ("type:a)", "Expected AND or OR"),
        ("type:[a TO b]", "Only date has ranges"),
        ("date:[a TO b]", "Expected a date"),
        ("date:[2026-01-01 TO 2026-02-30]", "Expected a date"),
        ("date:[2026-01-01T00:00:00 TO *]", "Expected a date"),
        ("date:[1800-01-01 TO *]", "Expected a date"),
        ("date:[2026-01-01 2026-01-02]", "Expected TO"),
        ("date:[2026-01-01 TO 2026-01-02", "Expected ] or }"),
        ("date:2026*", "Expected a whole date"),
        ("log_id:900*", "Expected a whole log id"),
        ("type:a~", "Put quotes"),
        ("type:/a/", "Put quotes"),
        ("type:a^2", "Put quotes"),
        ("type:?a", "Put quotes"),
        ("type:*a", "Put quotes"),
        ('type:"a', "not part of a query"),
        ("type:a\\", "not part of a query"),
        ("x" * (QUERY_CHARS_MAX + 1), "at most 1024 characters"),
        (" OR ".join(["type:a"] * (CLAUSES_MAX + 1)), "at most 50 clauses"),
        (f"type:({' OR '.join(['a'] * (CLAUSES_MAX + 1))})", "at most 50 clauses"),
        ("(" * (DEPTH_MAX + 1) + "type:a" + ")" * (DEPTH_MAX + 1), "inside one another"),
        ("NOT " * (DEPTH_MAX + 1) + "type:a", "inside one another"),
        ("!" * 1000 + "type:a", "inside one another"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        parse(text)
    assert reason in refusal.value.description


def test_the_limits_are_reached() -> None:
    parse(" OR ".join(["type:a"] * CLAUSES_MAX))
    assert parse("(" * (DEPTH_MAX - 1) + "type:a" + ")" * (DEPTH_MAX - 1)) == A


def row(**members: Any) -> LogRow:
    return LogRow(seq=7, event=Event(**{"tenant_id": "t1", "type": "feccft", "at_ms": NEW_YEAR_MS, **members}))


@pytest.mark.parametrize(
    ("text", "members", "fits"),
    [
        ("type:feccft", {}, True),
        ("type:fecc", {}, False),
        ("type:FECCFT", {}, False),
        ("type:fecc*", {}, True),
        ("client_id:*", {}, False),
        ("client_id:*", {"client_id": "a"}, True),
        ("-client_id:*", {}, True),
        ("log_id:9002026010100000000000000000007", {}, True),
        ("log_id:9002026010200000000000000000007", {}, False),
        ("description:rotate", {"description": "Rotate a client secret"}, True),
        ('description:"client secret"', {"description": "Rotate a client secret"}, True),
        ("description:rot*", {"description": "Rotate a client secret"}, True),
        ("description:tate", {"description": "Rotate a client secret"}, False),
        ("description:a.c*", {"description": "abc"}, False),
        ("scope:read", {"scope": "read:orders write"}, False),
        ("scope:read:orders", {"scope": "read:orders write"}, True),
        ("check:assertion.aud", {"details": {"check": "assertion.aud"}}, True),
        ("check:*", {"details": {"check": ["assertion.aud"]}}, False),
        ("date:2026-01-01", {}, True),
        ("date:{2026-01-01T00:00:00Z TO *]", {}, False),
        ("date:[* TO 2026-01-01T00:00:00Z]", {}, True),
        ("date:[* TO 2026-01-01T00:00:00Z}", {}, False),
    ],
)
def test_what_fits(text: str, members: dict[str, Any], fits: bool) -> None:
    assert matches(parse(text), row(**members)) is fits


@pytest.mark.parametrize(
    ("text", "indexed", "also"),
    [
        ("type:a", {"type": ("a",)}, {}),
        ("type:a AND client_id:c", {"type": ("a",)}, {"client_id": ("c",)}),
        ("client_id:c", {}, {"client_id": ("c",)}),
        ("type:(a OR b)", {}, {"type": ("a", "b")}),
        ("correlation_id:x AND type:a", {"correlation_id": ("x",)}, {"type": ("a",)}),
        ("log_id:9002026010100000000000000000007", {"seq": (7,)}, {}),
        ("log_id:7", {"seq": (-1,)}, {}),
        ("type:a*", {}, {}),
        ("NOT type:a", {}, {}),
        ("type:a OR client_id:c", {}, {}),
        ("type:a AND type:b", {"type": ("a",)}, {}),
        ("ip:::1", {}, {}),
    ],
)
def test_what_the_database_decides(text: str, indexed: dict[str, Any], also: dict[str, Any]) -> None:
    plan = plan_of(parse(text))
    assert (dict(plan.indexed), dict(plan.also)) == (indexed, also)


def test_dates_narrow_where_to_look() -> None:
    plan = plan_of(parse("date:[2026-01-01 TO *] AND date:[* TO 2026-01-03] AND date:2026-01-02 AND type:a"))
    assert (plan.from_ms, plan.until_ms, plan.exact) == (NEW_YEAR_MS + DAY_MS, NEW_YEAR_MS + 2 * DAY_MS, False)
    assert plan_of(parse("type:a")).exact


WORDS_AND_MARKS = "() [] {} : * - ! ~ / AND OR NOT TO && || 2026-01-01 2026-01-01T00:00:00Z a feccft ::1 é ( ) [ ] { }"
PIECES = st.sampled_from([*FIELDS, *WORDS_AND_MARKS.split(" "), " ", '"', "\\", "\x00", "\u2028", "9" * 31])


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidQuery):
        tree = parse(text)
        plan_of(tree)
        assert matches(tree, row()) in (True, False)
