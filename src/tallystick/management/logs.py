"""``/logs`` (auth0.md 4.9): the tenant's log, searched and followed.

    page       page, per_page, include_totals, sort    the newest first, unless told otherwise; 1000 rows at most
    forward    from=<log id>, take                     what came after, the oldest first; without from, all of it
    backward   before=<log id>, take                   what came before, the newest first; ours
               take, sort=date:-1                      from the newest on

The last two answer a bare array, and a ``Link`` header (RFC 8288) whose ``rel="next"`` goes on from there. ``q`` and
``search`` are one (`log_query`).
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from msgspec import Meta

from ..errors import NotFound
from ..events import LogReader, LogRow, seq_of
from ..fields import Field, field_table
from ..records import Json
from .call import Answer, Call, Route
from .description import Pages
from .field_choice import FIELDS_PARAMETERS, field_choice
from .log_body import SHOWN, log_body
from .log_match import plan_of
from .log_query import QUERY_CHARS_MAX, parse
from .log_search import LOOKED_AT_MAX, Found, Stretch, search
from .log_tree import EVERYTHING, Tree
from .pagination import PAGE_DEFAULT, PAGE_MAX, PARAMETERS
from .problems import InvalidQuery, Problem
from .query import value_of
from .routes import PREFIX

ENTITY = "logs"
NEWEST_FIRST = "date:-1"
PATH = "/logs"
SCOPES = ("read:logs", "read:logs_users")
OFFSET_ROWS_MAX = 1_000
"""Rows that pages reach (auth0.md 4.2)."""
_Query = Annotated[str, Meta(max_length=QUERY_CHARS_MAX)]
PARAMETERS_OF_LOGS = field_table(
    (
        PARAMETERS["page"],
        PARAMETERS["per_page"],
        PARAMETERS["include_totals"],
        Field(
            name="sort",
            type=Literal["date:-1", "date:1"],
            default=NEWEST_FIRST,
            description="The newest first, or the oldest; from and before have an order of their own",
        ),
        Field(
            name="take",
            type=Annotated[int, Meta(ge=1, le=PAGE_MAX)],
            default=PAGE_DEFAULT,
            description="Rows from a checkpoint on; wins over page",
        ),
        Field(name="from", type=str, description="Log id after which to begin, the oldest first"),
        Field(name="before", type=str, description="Log id before which to begin, the newest first"),
        Field(name="q", type=_Query, description="What to look for, a part of Lucene's syntax"),
        Field(name="search", type=_Query, description="The same as q"),
        *FIELDS_PARAMETERS.values(),
    )
)


class LogResource:
    """The resource."""

    def __init__(self, log: LogReader) -> None:
        self._log = log

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                PATH,
                self._list,
                SCOPES,
                "Search the log, page through it, or follow it",
                query=PARAMETERS_OF_LOGS,
                answers={200: Pages(SHOWN, ENTITY, incomplete=True)},
            ),
            Route(
                "GET",
                "/logs/{id}",
                self._get,
                SCOPES,
                "Get a row of the log",
                query=FIELDS_PARAMETERS,
                answers={200: SHOWN},
                problems=(404,),
            ),
        )

    async def _get(self, call: Call) -> Answer:
        row = await self._log.log_get(call.tenant.tenant_id, call.path["id"])
        if row is None:
            raise NotFound("The log row does not exist", error_code="inexistent_log")
        return Answer(200, _shown(call, row))

    async def _list(self, call: Call) -> Answer:
        query = call.query
        if "q" in query and "search" in query:
            raise InvalidQuery("search", "q and search are the same: give one", check="query.q")
        tree = parse(query.get("q", query.get("search", "")))
        if "before" in query:
            if "from" in query:
                raise InvalidQuery("before", "from goes forward and before goes back: give one", check="query.cursor")
            return await self._backward(call, tree)
        if "from" in query or ("take" in query and query.get("sort") != NEWEST_FIRST):
            return await self._forward(call, tree)
        if "take" in query:
            return await self._backward(call, tree)
        return await self.page(call, tree)

    async def _forward(self, call: Call, tree: Tree) -> Answer:
        tenant_id = call.tenant.tenant_id
        begin = await self._place(call, "from")
        # A row with a smaller number may still be on its way to the database: nothing is read beyond.
        end_seq = await self._log.log_settled_seq() + 1
        stretch = Stretch(after_seq=None if begin is None else begin.seq, before_seq=end_seq, newest_first=False)
        found = await search(self._log, tenant_id, tree, stretch, _take(call))
        if found.ended and len(found.rows) < _take(call):
            last = next(iter(await self._log.log_page(tenant_id, before_seq=end_seq, limit=1)), begin)
            return self._stretch(call, found, "from", last)
        return self._stretch(call, found, "from", await self._last(call, found))

    async def _backward(self, call: Call, tree: Tree) -> Answer:
        begin = await self._place(call, "before")
        stretch = Stretch(before_seq=None if begin is None else begin.seq)
        found = await search(self._log, call.tenant.tenant_id, tree, stretch, _take(call))
        ended = found.ended and len(found.rows) < _take(call)
        return self._stretch(call, found, "before", None if ended else await self._last(call, found))

    async def page(self, call: Call, tree: Tree) -> Answer:
        """A page of the rows that a tree asks for."""
        asked = {name: value_of(call.query, PARAMETERS_OF_LOGS[name]) for name in ("page", "per_page", "sort")}
        totals = value_of(call.query, PARAMETERS_OF_LOGS["include_totals"])
        limit = asked["per_page"] or PAGE_DEFAULT
        start = asked["page"] * limit
        wanted = min(start + limit, OFFSET_ROWS_MAX + 1)
        stretch = Stretch(newest_first=asked["sort"] == NEWEST_FIRST)
        counted = totals and not _is_counted_by_index(tree)
        found = await search(self._log, call.tenant.tenant_id, tree, stretch, wanted, count_all=counted)
        if len(found.rows) > OFFSET_ROWS_MAX:
            reason = f"Pages reach {OFFSET_ROWS_MAX} rows: narrow q by date, or read with take and sort or from"
            raise InvalidQuery("page", reason, check="query.offset")
        if len(found.rows) < wanted and not found.ended:
            raise _too_broad(found, "read with take and sort")
        rows = [_shown(call, row) for row in found.rows[start : start + limit]]
        if not totals:
            return Answer(200, rows)
        total = found.count if counted else await self._count(call, tree)
        body: Json = {"start": start, "limit": limit, "total": total, ENTITY: rows}
        if (counted and not found.ended) or total >= LOOKED_AT_MAX:
            body["incomplete"] = True  # the total is what was counted, and there may be more
        return Answer(200, body)

    async def _count(self, call: Call, tree: Tree) -> int:
        return await self._log.log_count(call.tenant.tenant_id, where=plan_of(tree).indexed, at_most=LOOKED_AT_MAX)

    async def _place(self, call: Call, name: str) -> LogRow | None:
        """The row that a checkpoint names. Unknown is unknown, whether it is another tenant's or forgotten."""
        log_id = call.query.get(name)
        if log_id is None:
            return None
        if seq_of(log_id) is None:
            raise InvalidQuery(name, "This is not a log id", check="query.cursor")
        row = await self._log.log_get(call.tenant.tenant_id, log_id)
        if row is None:
            raise Problem(400, f"There is no row {log_id} in the log, or it is there no more", "inexistent_checkpoint")
        return row

    async def _last(self, call: Call, found: Found) -> LogRow | None:
        """The row to go on from: the last one given, or looked at when not enough were found."""
        if found.rows and len(found.rows) >= _take(call):
            return found.rows[-1]
        where = {"seq": found.last_seq}
        return next(iter(await self._log.log_page(call.tenant.tenant_id, where=where, limit=1)), None)

    def _stretch(self, call: Call, found: Found, name: str, last: LogRow | None) -> Answer:
        headers = [] if last is None else [_link(call, name, last)]
        if not found.rows and not found.ended:
            # An empty array means the end to whoever does not look at the header.
            raise _too_broad(found, "go on as the Link header says", headers)
        return Answer(200, [_shown(call, row) for row in found.rows], headers)


def _is_counted_by_index(tree: Tree) -> bool:
    plan = plan_of(tree)
    return tree == EVERYTHING or (plan.exact and not plan.also)


def _take(call: Call) -> int:
    return int(value_of(call.query, PARAMETERS_OF_LOGS["take"]))


def _shown(call: Call, row: LogRow) -> Json:
    return field_choice(call.query).of(log_body(row, explained=call.caller.holds_any("read:logs")))


def _link(call: Call, name: str, last: LogRow) -> tuple[bytes, bytes]:
    """RFC 8288: where to go on."""
    kept = {other: value for other, value in call.query.items() if other in ("q", "search", "fields", "include_fields")}
    query = urlencode({**kept, "take": _take(call), name: last.log_id})
    return b"link", f'<{call.tenant.url(PREFIX[1:] + PATH)}?{query}>; rel="next"'.encode()


def _too_broad(found: Found, instead: str, headers: list[tuple[bytes, bytes]] | None = None) -> Problem:
    return Problem(
        400,
        f"Query validation error: 'Looked at {found.looked_at} rows and found {len(found.rows)}: narrow q by date, "
        f"type or correlation_id, or {instead}' on property q.",
        "query_too_broad",
        headers=headers,
    )
