"""What /metrics says is right over several workers, after one has died, and after a reload."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tallystick.metrics import HAND_OVER_S
from tests.acceptance.scrape import scrape, scraped_until
from tests.acceptance.workers import asked_every_worker, workers_of
from tests.administrator import Administrator
from tests.patience import settle
from tests.ports import free_ports
from tests.server import Server, running_server

ISSUED = ("tallystick_token_requests_total", ("", "client_credentials", "client_secret_post", "issued"))
REFUSED = ("tallystick_client_authentications_total", ("client.unknown", "client_secret_post", "refused"))
ANSWERED = ("tallystick_requests_total", ("/oauth/token", "POST", "401"))
RESTARTS = ("tallystick_worker_restarts_total", ())


def test_numbers_are_right_over_workers_deaths_and_reloads(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    (tmp_path / "tallystick.toml").write_text(f"metrics_port = {port}\nlog_level = 'warning'\n")
    with running_server(tmp_path, arguments=("--config", str(tmp_path / "tallystick.toml"))) as server:
        application = Administrator(server).key_application()
        before = scrape(port)
        assert before["tallystick_workers", ()] == 2
        form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "s"}
        asked = asked_every_worker(server, lambda http: http.post("oauth/token", data=form))
        refused = float(len(asked))
        scraped_until(port, lambda now: (now.get(REFUSED), now.get(ANSWERED)) == (refused, refused))
        assertion = application.good_assertion()
        assert [application.by_assertion(assertion).status_code for _ in range(2)] == [200, 401]
        spent = ("tallystick_one_time_values_total", ("spent",))
        scraped_until(port, lambda now: now.get(("tallystick_one_time_values_total", ("seen before",))) == 1)
        assert scrape(port)[spent] == 1
        assert_life_is_told(server, port)

        settle(2 * HAND_OVER_S)
        kept = scrape(port)[ISSUED]
        os.kill(min(workers_of(server)), signal.SIGKILL)
        died = scraped_until(port, lambda now: now[RESTARTS] == 1 and now["tallystick_workers", ()] == 2)
        assert (died[ISSUED], died[REFUSED], died[spent]) == (kept, refused, 1)

        old = workers_of(server)
        (tmp_path / "tallystick.toml").write_text(f"metrics_port = {port}\nlog_level = 'info'\n")
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 40
        while workers_of(server) & old and time.monotonic() < deadline:
            time.sleep(0.05)
        reloaded = scrape(port)
        assert (reloaded[ISSUED], reloaded[REFUSED], reloaded["tallystick_workers", ()]) == (kept, refused, 2)
        assert reloaded["tallystick_reloads_total", ("applied",)] == 1
        assert reloaded[RESTARTS] == 1
        # What dead workers counted is in one file: a reload a day must not become a thousand files.
        [directory] = [path for path in Path("/tmp").glob("tallystick-metrics-*") if belongs_to(path, server)]
        processes = {path.stem.rpartition("_")[2] for path in directory.glob("*.db")}
        assert processes == {"0", *map(str, workers_of(server))}


def belongs_to(directory: Path, server: Server) -> bool:
    """Whether a worker of this server counts there."""
    return any((directory / f"counter_{worker}.db").exists() for worker in workers_of(server))


def assert_life_is_told(server: Server, port: int) -> None:
    now = scrape(port)
    names = {name for name, _ in now}
    for name in (
        "tallystick_build_info",
        "tallystick_start_timestamp_seconds",
        "tallystick_write_seconds_bucket",
        "tallystick_write_items_count",
        "tallystick_request_seconds_sum",
    ):
        assert name in names, name
    assert now["tallystick_database_silent_workers", ()] == 0
    assert now["tallystick_certificate_end_timestamp_seconds", ("*",)] > time.time() + 300 * 86_400
    age_s = time.time() - now["tallystick_signing_key_since_timestamp_seconds", ("ES256",)]
    assert 0 <= age_s < 600
    for process in ("supervisor", "workers"):
        assert now["tallystick_resident_memory_bytes", (process,)] > 10_000_000
        assert now["tallystick_cpu_seconds_total", (process,)] > 0
    with server.http() as http, pytest.raises(httpx.HTTPStatusError):
        http.get("metrics").raise_for_status()
