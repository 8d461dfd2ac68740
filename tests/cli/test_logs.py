"""``tallystick logs``: what is asked, how rows look, and that a follower sees every row once whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

import pytest

from tallystick.cli.exits import OK, UNREACHABLE, USAGE, Failed
from tallystick.cli.log_follow import FORGOTTEN, NOTHING, TAKE, TOO_BROAD, Follower, newest
from tallystick.cli.log_lines import as_json, as_line
from tallystick.cli.logs import query_of
from tallystick.cli.output import json_text
from tallystick.cli.remote import Remote, Stretch
from tallystick.events import LOG_TYPES

from .conftest import Cli, FakeServer

if TYPE_CHECKING:
    from tests.administrator import Administrator
    from tests.server import Server

ROW = {
    "log_id": "900" + "20261124" + "0" * 19 + "7",
    "date": "2026-11-24T06:14:19.125Z",
    "type": "feccft",
    "client_id": "abc",
    "client_name": "robot",
    "ip": "10.0.0.1",
    "details": {"check": "client_secret.match"},
    "correlation_id": "c0ffee",
}


def row(number: int) -> dict[str, Any]:
    return {"log_id": f"90020261124{number:020d}"}


class FakeLog:
    """Answers as the server does, over rows that the test adds; fails as the test says."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.failures: list[Failed] = []
        self.asked: list[dict[str, Any]] = []

    def stretch(self, _collection: str, query: dict[str, Any]) -> Stretch:
        self.asked.append(query)
        if self.failures and "from" in query:
            raise self.failures.pop(0)
        take = int(query["take"])
        if query.get("q") == NOTHING:
            return Stretch([], {"from": row(self.numbers[-1])["log_id"]} if self.numbers else {})
        if "before" in query or query.get("sort") == "date:-1":
            before = int(query.get("before", "9" * 31)[-20:])
            found = [number for number in reversed(self.numbers) if number < before][:take]
            return Stretch([row(n) for n in found], {"before": row(found[-1])["log_id"]} if found else {})
        after = int(query.get("from", "0")[-20:])
        found = [number for number in self.numbers if number > after][:take]
        last = found[-1] if len(found) == take else (self.numbers or [after])[-1]
        return Stretch([row(n) for n in found], {"from": row(last)["log_id"]})


def follower(log: FakeLog, told: list[str] | None = None, waits: list[float] | None = None) -> Follower:
    seconds, words = waits if waits is not None else [], told if told is not None else []
    return Follower(cast(Remote, log), {}, seconds.append, words.append)


def numbers(rows: Iterator[dict[str, Any]], count: int) -> list[int]:
    return [int(found["log_id"][-20:]) for found in islice(rows, count)]


def test_a_follower_begins_with_the_last_rows_and_goes_on() -> None:
    log, waits = FakeLog(1, 2, 3, 4), list[float]()
    rows = follower(log, waits=waits).rows(last=2)
    assert numbers(rows, 2) == [3, 4]
    log.numbers += [5, 6]
    assert numbers(rows, 2) == [5, 6]
    log.numbers += range(7, 7 + TAKE)
    assert numbers(rows, TAKE) == list(range(7, 7 + TAKE))
    # A full page is not waited behind.
    assert len(waits) == 1


def test_a_follower_of_an_empty_log_begins_with_its_first_row() -> None:
    log = FakeLog()
    rows = follower(log).rows(last=10)
    log.numbers += [1, 2]
    assert numbers(rows, 2) == [1, 2]


def test_a_follower_survives_a_server_that_is_away() -> None:
    log, told, waits = FakeLog(1), list[str](), list[float]()
    rows = follower(log, told, waits).rows(last=1)
    assert numbers(rows, 1) == [1]
    log.failures = [Failed("no answer", exit_code=UNREACHABLE)] * 3 + [Failed("busy", status=503)]
    log.numbers.append(2)
    assert numbers(rows, 1) == [2]
    assert told == ["no answer; trying again until it answers"]
    assert waits == [1, 2, 4, 8]


def test_a_follower_that_fell_behind_what_is_kept_goes_on_with_what_is_left() -> None:
    log = FakeLog(1, 2)
    rows = follower(log).rows(last=1)
    assert numbers(rows, 1) == [2]
    log.numbers = [1, 4, 5]  # numbers are nearly in the order of dates, by which they are forgotten
    log.failures = [Failed("gone", status=400, code=FORGOTTEN)]
    assert numbers(rows, 2) == [4, 5]


def test_a_follower_goes_on_where_a_broad_search_ended() -> None:
    log = FakeLog(1, 2, 3)
    rows = follower(log).rows(last=0)
    log.numbers += [50, 60]
    place = {"from": row(50)["log_id"]}
    log.failures = [Failed("too broad", status=400, code=TOO_BROAD, going_on=place)]
    assert numbers(rows, 1) == [60]


@pytest.mark.parametrize("failure", [Failed("no", status=403), Failed("bad", status=400, code="invalid_query_string")])
def test_a_follower_does_not_wait_for_what_stays_refused(failure: Failed) -> None:
    log = FakeLog(1)
    rows = follower(log).rows(last=1)
    assert numbers(rows, 1) == [1]
    log.failures = [failure]
    with pytest.raises(Failed):
        next(rows)


def test_a_list_goes_back_as_far_as_it_must() -> None:
    log = FakeLog(*range(1, 251))
    found = newest(cast(Remote, log), {"q": "type:a"}, 230)
    assert [int(each["log_id"][-20:]) for each in found] == list(range(250, 20, -1))
    assert [query["take"] for query in log.asked] == [100, 100, 30]
    assert all(query["q"] == "type:a" for query in log.asked)
    assert len(newest(cast(Remote, log), {}, 1000)) == 250


def test_options_become_one_query() -> None:
    assert query_of(None, None) == {}
    assert query_of("a OR b", None) == {"q": "a OR b"}
    assert query_of(None, "feccft, fapi") == {"q": 'type:("feccft" OR "fapi")'}
    assert query_of(None, 'a" OR client_id:"b') == {"q": 'type:("a\\" OR client_id:\\"b")'}
    assert query_of("ip:::1", "s", "2026-01-01")["q"] == (
        '(ip:::1) AND type:("s") AND date:[2026-01-01T00:00:00.000Z TO *]'
    )


def test_a_line_says_what_happened_and_colours_it_for_people_alone() -> None:
    plain = as_line(ROW, coloured=False)
    assert [part.strip() for part in plain.split("  ") if part] == [
        "2026-11-24 06:14:19.125",
        "feccft token refused",
        "abc (robot)",
        "10.0.0.1",
        "client_secret.match",
        "c0ffee",
    ]
    assert "\x1b" not in plain
    ada = {"user_name": "ada@example.org", "user_id": "auth0|1"}
    assert "ada@example.org  c0ffee" in as_line({**ROW, **ada}, coloured=False)
    assert "auth0|1  c0ffee" in as_line({**ROW, "user_id": "auth0|1"}, coloured=False)
    assert "\x1b[31m" in as_line(ROW, coloured=True)
    assert "\x1b[32m" in as_line({**ROW, "type": "seccft"}, coloured=True)
    assert "abc?" in as_line({**ROW, "client_id": "", "details": {"claimed_client_id": "abc"}}, coloured=False)


def test_columns_stand_below_each_other_whatever_the_type() -> None:
    assert {as_line({**ROW, "type": type_}, coloured=False).index("abc (robot)") for type_ in LOG_TYPES} == {73}


def test_a_log_cannot_steer_the_terminal() -> None:
    """What a stranger sent stands in the log: it must not reach the terminal as a command."""
    sent: dict[str, Any] = {"type": "\x1b[2J", "client_id": "\x1b]0;x\x07", "ip": "\x1b[1m", "description": "\x07\r\n"}
    sent |= {
        "correlation_id": "\x1b",
        "date": "\x1b",
        "client_name": "\n",
        "details": {"check": "\x1b[2J"},
        "user_name": "\x1b[2J",
    }
    line = as_line({**ROW, **sent}, coloured=False)
    assert line.isprintable()


def test_json_on_a_terminal_cannot_steer_it_either() -> None:
    """JSON has to escape less than terminals obey: U+009B is ESC [, U+202E turns the text round."""
    row = {**ROW, "user_agent": "\x9b2J\x7f\u202e\U000e0041é", "client_name": "a\nb\x1b"}
    for text in (as_json(row), json_text(row, indent=2)):
        assert text.replace("\n", "").isprintable()
        assert json.loads(text) == row
    assert as_json(row).count("\n") == 0
    assert "é" in as_json(row)


def test_list_and_show(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers["GET /api/v2/logs"] = (200, [ROW])
    fake.answers[f"GET /api/v2/logs/{ROW['log_id']}"] = (200, ROW)
    ran = cli("logs", "list", "--type", "feccft", "--limit", "1", *at_fake)
    assert (ran.code, ran.err) == (OK, "")
    assert "client_secret.match" in ran.out
    assert parse_qs(fake.asked[-1][1].partition("?")[2]) == {
        "q": ['type:("feccft")'],
        "sort": ["date:-1"],
        "take": ["1"],
    }
    assert cli("logs", "list", "--limit", "1", "--json", *at_fake).json() == [ROW]
    assert "details.check" in cli("logs", "show", ROW["log_id"], *at_fake).out
    fake.answers["GET /api/v2/logs"] = (200, [])
    assert cli("logs", "list", *at_fake).err == "there are no such rows\n"


def test_wrong_usage(cli: Cli, at_fake: list[str]) -> None:
    assert cli("logs", *at_fake).code == USAGE
    assert cli("logs", "--q", "a", "list", *at_fake).code == USAGE
    assert cli("logs", "list", "--since", "yesterday", *at_fake).code == USAGE


def test_a_token_that_is_over_is_replaced_by_a_fresh_one(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    answers = iter([(200, [ROW]), (401, {"message": "Invalid token"}), (200, [ROW])])
    fake.answers["GET /api/v2/logs"] = lambda: next(answers, (403, {"message": "enough"}))
    ran = cli("logs", "--follow", "--last", "0", "--json", *at_fake)
    assert [json.loads(line) for line in ran.out.splitlines()] == [ROW]
    tokens = [call for call in fake.asked if call[:2] == ("POST", "/oauth/token")]
    assert len(tokens) == 2


def test_a_token_that_was_never_good_is_not_asked_for_twice(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers["GET /api/v2/logs"] = (401, {"message": "Invalid token"})
    cli("logs", "list", *at_fake)
    assert len([call for call in fake.asked if call[1] == "/oauth/token"]) == 1


def test_following_a_server_until_it_is_interrupted(server: Server, admin: Administrator) -> None:
    """Rows come as they are written, one JSON object a line; Ctrl-C ends well."""
    correlation_ids: list[str] = []
    stop = threading.Event()

    def refuse() -> None:
        form = {"grant_type": "client_credentials", "client_id": "nobody"}
        while not stop.wait(0.2):
            correlation_ids.append(admin.http.post("oauth/token", data=form).headers["x-correlation-id"])

    command = [sys.executable, "-m", "tallystick", "logs", "--follow", "--last", "0", "--json", "--type", "feccft"]
    environment = {**os.environ, "TALLYSTICK_DATA": str(server.data)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        seen: list[str] = []
        refusing = threading.Thread(target=refuse)
        refusing.start()
        # The first row seen tells that it follows by now; refusals before that one it may have missed.
        while len(seen) < 5:
            found = json.loads(process.stdout.readline())
            if found["details"].get("claimed_client_id") == "nobody":
                seen.append(found["correlation_id"])
        stop.set()
        refusing.join()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
        first = correlation_ids.index(seen[0])
        assert seen == correlation_ids[first : first + 5]
    finally:
        watchdog.cancel()
        stop.set()
        process.kill()
