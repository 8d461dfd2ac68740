"""``/stats`` (auth0.md 4.9): what each day brought, and how many people were there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from ..clients.dates import DATE, iso_from_ms
from ..clock import DAY_MS
from ..events import EventType, LogReader
from ..fields import Field, field_table
from ..records import Json
from ..tallies import DailyCount, TallyStore, day_of
from .call import Answer, Call, Route
from .description import Many, Number, Shown
from .problems import InvalidQuery
from .query import value_of

SCOPES = ("read:stats",)
DAYS_DEFAULT = 31
DAYS_MAX = 366
FIRST_YEAR = 1970
ACTIVE_DAYS = 30
"""Who signed in within so many days counts as active, as with Auth0."""
LOGIN, SIGNUP, LEAKED_PASSWORD = "s", "ss", "pwd_leak"
"""Type codes of what people do (auth0.md, appendix B). Nobody can sign in yet, so none is written."""


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()


def _check_day(text: str) -> None:
    try:
        known = _day(text).year >= FIRST_YEAR
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"Expected a day as YYYYMMDD, not before {FIRST_YEAR}")


_Day = Annotated[str, Meta(pattern=r"^[0-9]{8}\Z")]
_PARAMETERS = field_table(
    (
        Field(name="from", type=_Day, check=_check_day, description=f"First day; {DAYS_DEFAULT} days by default"),
        Field(name="to", type=_Day, check=_check_day, description="Last day, by default today; UTC"),
    )
)
SHOWN = Shown(
    "DailyStats",
    field_table(
        (
            Field(name="date", type=DATE, description="The day, UTC"),
            Field(name="logins", type=int, description="People who signed in"),
            Field(name="signups", type=int, description="People who signed up"),
            Field(name="leaked_passwords", type=int, description="Leaked passwords that were noticed"),
            Field(name="tokens_issued", type=int, description="Access tokens issued"),
            Field(name="authentications_refused", type=int, description="Token requests refused"),
            Field(
                name="by_type",
                type=dict[str, int],
                description="By type: tokens, changes, and what was refused",
            ),
            Field(name="created_at", type=DATE),
            Field(name="updated_at", type=DATE, description="When the last of them was counted"),
        )
    ),
)
"""One day."""


class StatsResource:
    """The resource."""

    def __init__(self, tallies: TallyStore, log: LogReader) -> None:
        self._tallies = tallies
        self._log = log

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                "/stats/daily",
                self._daily,
                SCOPES,
                "Get what each day brought",
                query=_PARAMETERS,
                answers={200: Many(SHOWN)},
            ),
            Route(
                "GET",
                "/stats/active-users",
                self._active_users,
                SCOPES,
                "Get how many people signed in within 30 days, a bare number",
                answers={200: Number()},
            ),
        )

    async def _daily(self, call: Call) -> Answer:
        first, last = _days(call)
        counts = await self._tallies.daily_counts(call.tenant.tenant_id, first.isoformat(), last.isoformat())
        return Answer(200, [_body(day, counts) for day in sorted({count.day for count in counts})])

    async def _active_users(self, call: Call) -> Answer:
        """Reads every sign-in of the days: as many rows as people signed in, of which there are none yet."""
        tenant_id, seen = call.tenant.tenant_id, set[str]()
        after_seq = await self._log.log_seq_from(tenant_id, call.now_ms - ACTIVE_DAYS * DAY_MS) - 1
        while rows := await self._log.log_page(
            tenant_id, after_seq=after_seq, where={"type": LOGIN}, newest_first=False, limit=500
        ):
            seen.update(str(row.event.details.get("user_id")) for row in rows)
            after_seq = rows[-1].seq
        return Answer(200, len(seen))


def _days(call: Call) -> tuple[date, date]:
    """The first and the last day that were asked for. Raises InvalidQuery."""
    texts = {name: value_of(call.query, parameter) for name, parameter in _PARAMETERS.items()}
    last = _day(texts["to"]) if texts["to"] else date.fromisoformat(day_of(call.now_ms))
    first = _day(texts["from"]) if texts["from"] else last - timedelta(days=DAYS_DEFAULT - 1)
    if first > last:
        raise InvalidQuery("from", "from comes after to", check="query.range")
    if (last - first).days >= DAYS_MAX:
        raise InvalidQuery("from", f"At most {DAYS_MAX} days at once", check="query.range")
    return first, last


def _body(day: str, counts: Iterable[DailyCount]) -> Json:
    """One day that something happened on; every count is there, also those that nothing was counted for."""
    of_day = [count for count in counts if count.day == day]
    by_type = {count.name: count.count for count in of_day}
    named = {
        "logins": LOGIN,
        "signups": SIGNUP,
        "leaked_passwords": LEAKED_PASSWORD,
        "tokens_issued": EventType.CLIENT_CREDENTIALS_SUCCEEDED,
        "authentications_refused": EventType.CLIENT_CREDENTIALS_FAILED,
    }
    begin = f"{day}T00:00:00.000Z"
    return {
        "date": begin,
        **{name: by_type.get(type_, 0) for name, type_ in named.items()},
        "by_type": by_type,
        "created_at": begin,
        "updated_at": iso_from_ms(max(count.updated_at_ms for count in of_day)),
    }
