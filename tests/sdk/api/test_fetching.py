"""How the SDK asks others: by https, without being led on, and no more than it can hold."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tallystick.sdk.api.fetching import (
    ANSWER_BYTES_MAX,
    THREADS_MAX,
    Answer,
    Ask,
    Fetch,
    HttpxFetch,
    UrllibFetch,
    checked_url,
)
from tallystick.sdk.api.refusals import FetchFailed


class Pages(BaseHTTPRequestHandler):
    """A page, a redirect, something endless, and what was posted."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/page")
            self.end_headers()
            return
        self.send_response(200 if self.path != "/missing" else 404)
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(b"x" * ANSWER_BYTES_MAX))
            return
        if self.path == "/trickle":
            self.end_headers()
            self.trickle()
            return
        self.send_header("X-Odd", "yes")
        self.end_headers()
        self.wfile.write(b"x" * (ANSWER_BYTES_MAX + 1) if self.path == "/large" else self.path.encode())

    def trickle(self) -> None:
        with suppress(OSError):
            while not self.released.wait(0.05):
                self.wfile.write(b"x")

    released = threading.Event()

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Content-Type"].encode() + b" " + content)

    def log_message(self, *_arguments: Any) -> None:
        """Not on the terminal."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


def fetch(kind: str, ask: Ask) -> Answer:
    async def by_httpx() -> Answer:
        async with httpx.AsyncClient(trust_env=False) as client:
            chosen: Fetch = HttpxFetch(client)
            return await chosen(ask)

    return asyncio.run(by_httpx() if kind == "httpx" else UrllibFetch()(ask))


KINDS = pytest.mark.parametrize("kind", ["urllib", "httpx"])


@KINDS
def test_an_answer_is_told_whatever_its_status(base: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = fetch(kind, Ask(url=f"{base}/page"))
    assert (found.status, found.content, found.headers["x-odd"]) == (200, b"/page", "yes")
    assert fetch(kind, Ask(url=f"{base}/missing")).status == 404
    posted = fetch(kind, Ask(url=f"{base}/x", form=b"token=a"))
    assert posted.content == b"application/x-www-form-urlencoded token=a"


@KINDS
def test_no_redirect_is_followed_and_no_flood_is_kept(base: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert fetch(kind, Ask(url=f"{base}/redirect")).status == 302
    with pytest.raises(FetchFailed):
        fetch(kind, Ask(url=f"{base}/large"))


@KINDS
def test_who_does_not_answer_has_failed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(FetchFailed, match="ConnectionRefusedError"):
        fetch(kind, Ask(url="http://127.0.0.1:1/"))


@KINDS
@pytest.mark.parametrize(
    "url",
    [
        *("http://as.example/", "ftp://as.example/", "file:///etc/passwd", "as.example", "", "https://", "https://[x/"),
        *(
            "http://localhost.example/",
            "http://127.0.0.1@evil.example/",
            "https://user@as.example/",
            "http://10.0.0.1/",
        ),
    ],
)
def test_only_https_or_this_machine_is_asked(kind: str, url: str) -> None:
    with pytest.raises(FetchFailed):
        fetch(kind, Ask(url=url))


@KINDS
def test_why_nothing_came_is_told_without_what_was_sent(kind: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        fetch(kind, Ask(url="http://127.0.0.1:1/", headers={"Authorization": "Basic a-secret\r\nX: y"}))
    assert "secret" not in str(refused.value)


def test_authorities_that_are_not_there_are_named() -> None:
    with pytest.raises(ValueError, match=r"ca_file nowhere/ca\.pem: No such file"):
        UrllibFetch(ca_file="nowhere/ca.pem")


def test_what_is_asked_is_not_told() -> None:
    assert "secret" not in repr(Ask(url="https://a.example/", form=b"secret", headers={"Authorization": "secret"}))
    for good in ("https://a.example/x", "http://localhost:1/", "http://127.0.0.1/", "http://[::1]:8/"):
        assert checked_url(good) == good


@KINDS
def test_what_was_packed_unasked_is_not_unpacked(base: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte becomes a gigabyte before anybody counts."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert len(fetch(kind, Ask(url=f"{base}/bomb")).content) < 10_000


def test_a_server_that_trickles_takes_no_thread_of_the_applications(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    slow = UrllibFetch(timeout_s=0.1)

    async def in_vain() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        with pytest.raises(FetchFailed):
            await slow(Ask(url=f"{base}/trickle"))
        await asyncio.wait_for(asyncio.to_thread(lambda: None), 0.5)
        # Nor one of its own for longer than it takes.
        await asyncio.wait_for(asyncio.gather(*(slow(Ask(url=f"{base}/page")) for _ in range(THREADS_MAX))), 2)

    Pages.released.clear()
    try:
        asyncio.run(in_vain())
    finally:
        Pages.released.set()


def test_what_is_plain_and_for_this_machine_goes_through_no_proxy(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would read the secret by which the API asks about tokens."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetch("urllib", Ask(url=f"{base}/page")).status == 200
