"""Following the log: every row once, through restarts of the server and the end of a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .exits import UNREACHABLE, Failed
from .remote import Remote, Stretch

COLLECTION = "logs"
TAKE = 100
POLL_S = 1.0
RETRY_S_MAX = 10.0
NOTHING = "log_id:0"
"""A query that matches nothing: its answer names the end of the log, behind which no row is still to appear."""
_PASSING = frozenset({429, 502, 503, 504})
"""Statuses of a server that is busy or about to be back (RFC 6585 4, RFC 9110 15.6)."""
TOO_BROAD, FORGOTTEN = "query_too_broad", "inexistent_checkpoint"


class Follower:
    """Reads on from a checkpoint. ``wait`` takes seconds; ``tell`` gets what people should know meanwhile."""

    def __init__(
        self, remote: Remote, query: dict[str, Any], wait: Callable[[float], None], tell: Callable[[str], None]
    ) -> None:
        self._remote = remote
        self._query = query
        self._wait = wait
        self._tell = tell
        self._checkpoint: str | None = None
        self._last_number = -1

    def rows(self, last: int) -> Iterator[dict[str, Any]]:
        """The last rows that there are, the oldest first; then each new one, for ever.

        A server that does not answer at the start raises Failed; later it is waited for.
        """
        self._checkpoint = self._remote.stretch(COLLECTION, {"q": NOTHING, "take": 1}).going_on.get("from")
        for row in self._recent(last):
            yield row
        while True:
            answer = self._next()
            for row in answer.records:
                number = number_of(row)
                if number > self._last_number:
                    self._last_number = number
                    yield row
            if len(answer.records) < TAKE:
                self._wait(POLL_S)

    def _recent(self, last: int) -> list[dict[str, Any]]:
        if self._checkpoint is None or last == 0:
            return []
        end = number_of({"log_id": self._checkpoint})
        found = newest(self._remote, self._query, last)
        self._last_number = end
        return [row for row in reversed(found) if number_of(row) <= end]

    def _next(self) -> Stretch:
        retry_s = POLL_S
        while True:
            place = {} if self._checkpoint is None else {"from": self._checkpoint}
            try:
                answer = self._remote.stretch(COLLECTION, {**self._query, **place, "take": TAKE})
            except Failed as failure:
                if failure.code == TOO_BROAD and "from" in failure.going_on:
                    self._checkpoint = failure.going_on["from"]
                elif failure.code == FORGOTTEN:
                    # Whatever is left came later.
                    self._checkpoint = None
                elif failure.exit_code == UNREACHABLE or failure.status in _PASSING:
                    if retry_s == POLL_S:
                        self._tell(f"{failure.message}; trying again until it answers")
                    self._wait(retry_s)
                    retry_s = min(retry_s * 2, RETRY_S_MAX)
                else:
                    raise
                continue
            self._checkpoint = answer.going_on.get("from", self._checkpoint)
            return answer


def newest(remote: Remote, query: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """The newest rows that match, the newest first; looks as far back as the log goes."""
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {**query, "sort": "date:-1"}
    while len(found) < limit:
        take = min(TAKE, limit - len(found))
        try:
            records, going_on = remote.stretch(COLLECTION, {**asked, "take": take})
        except Failed as failure:
            if failure.code != TOO_BROAD or not failure.going_on:
                raise
            records, going_on = [], dict(failure.going_on)
        found += records
        if not going_on:
            break
        asked = {**query, "before": going_on["before"]}
    return found


def number_of(row: dict[str, Any]) -> int:
    """The place of a row in the log: the last digits of its id."""
    return int(str(row["log_id"])[-20:])
