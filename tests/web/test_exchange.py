"""The access log: one line per request, of which nothing comes from the caller but address and status."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from tallystick.app import open_app
from tallystick.deployment.first_start import prepare
from tallystick.logs import configure_logs
from tallystick.settings import Settings
from tests.application import now_ms
from tests.inprocess import InProcess, MovableClock

CANARY = "hunter2-canary"


@pytest.fixture
def logging_house(tmp_path: Path) -> Iterator[tuple[InProcess, io.StringIO]]:
    """A deployment whose access log is on, at a level that shows nothing else of the kind."""
    settings = Settings(data=tmp_path / "data", access_log=True, log_level="error")
    clock = MovableClock(now_ms())
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with asyncio.Runner() as runner:
        runner.run(prepare(settings))
        configure_logs("error")
        written = io.StringIO()
        cast("logging.StreamHandler[io.StringIO]", root.handlers[0]).setStream(written)
        opened = runner.run(open_app(settings, clock))
        bootstrap = msgspec.json.decode((tmp_path / "data" / "bootstrap.json").read_bytes())
        try:
            yield InProcess(runner, opened, bootstrap, clock, settings), written
        finally:
            runner.run(opened.close())
            root.handlers[:] = handlers
            root.setLevel(level)


def lines(text: str) -> list[dict[str, object]]:
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in found if line.get("logger") == "tallystick.access"]


def test_a_line_per_request_says_what_operators_need_and_no_secret(
    logging_house: tuple[InProcess, io.StringIO],
) -> None:
    house, log = logging_house
    answer = house.token(client_id=CANARY, client_secret=CANARY)
    house.request("GET", f"/{CANARY}?token={CANARY}", headers={b"authorization": f"Bearer {CANARY}".encode()})
    house.request("GET", f"/api/v2/clients/{CANARY}", headers={b"authorization": f"Bearer {CANARY}".encode()})
    house.ask("GET", "clients")
    house.request(CANARY, "/healthz")
    err = log.getvalue()
    written = lines(err)
    assert [(line["method"], line["endpoint"], line["status"]) for line in written] == [
        ("POST", "/oauth/token", "401"),
        ("GET", "none", "404"),
        ("GET", "/api/v2", "401"),
        ("POST", "/oauth/token", "200"),
        ("GET", "/api/v2/clients", "200"),
        ("other", "/healthz", "200"),
    ]
    first = written[0]
    assert first["correlation_id"] == answer.headers["x-correlation-id"]
    assert (first["tenant"], first["ip"], first["event"]) == ("tallystick", "127.0.0.1", "request")
    assert isinstance(first["duration_ms"], float)
    assert 0 < first["duration_ms"] < 10_000
    assert CANARY not in err


def test_without_the_setting_there_is_no_line(house: InProcess, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    house.request("GET", "/healthz")
    assert [record for record in caplog.records if record.name == "tallystick.access"] == []
