"""How the SDK asks others: by https, without being led on, and no more than it can hold."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError

import httpx
import pytest

from tallystick.front.local_ca import LocalCa
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
from tests.patience import HANGING_S

TRICKLED = {
    "/body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "/chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "/status": (b"HTTP/1.1 200 ", b"x"),
    "/header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "/headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "/provisional": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
"""What comes first, and then again and again, a little at a time."""


class Pages(BaseHTTPRequestHandler):
    """A page, a redirect, something endless, and what was posted."""

    def do_GET(self) -> None:
        if self.path in TRICKLED:
            self.trickle(*TRICKLED[self.path])
            return
        if self.path == "/late":
            self.released.wait(0.45)
            self.wfile.write(b"H")
            self.released.wait(5)
            return
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
        self.send_header("X-Odd", "yes")
        self.end_headers()
        self.wfile.write(b"x" * (ANSWER_BYTES_MAX + 1) if self.path == "/large" else self.path.encode())

    def trickle(self, first: bytes, again: bytes) -> None:
        with suppress(OSError):
            self.wfile.write(first)
            while not self.released.wait(0.02):
                self.wfile.write(again)

    def do_CONNECT(self) -> None:
        self.trickle(b"HTTP/1.1 200 OK\r\nX: ", b"x")

    released = threading.Event()

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Content-Type"].encode() + b" " + content)

    def log_message(self, *_arguments: Any) -> None:
        """Not on the terminal."""


@contextmanager
def serving(pages: type[Pages]) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(Pages) as server:
        yield f"http://127.0.0.1:{server.server_port}"


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


async def answered(fetch: Fetch, ask: Ask) -> None:
    """On a busy machine even a page may take longer than the fetch has patience, but not every time."""
    while True:
        with suppress(FetchFailed):
            assert (await fetch(ask)).status == 200
            return


@pytest.mark.parametrize("path", TRICKLED)
def test_a_server_that_trickles_takes_no_thread_of_the_applications(
    base: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    slow = UrllibFetch(timeout_s=0.1)

    async def in_vain() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        with pytest.raises(FetchFailed):
            await slow(Ask(url=base + path))
        await asyncio.wait_for(asyncio.to_thread(lambda: None), HANGING_S)
        # Nor one of its own for longer than it takes.
        hung = (slow(Ask(url=base + path)) for _ in range(THREADS_MAX))
        assert all(isinstance(failed, FetchFailed) for failed in await asyncio.gather(*hung, return_exceptions=True))
        await asyncio.wait_for(answered(slow, Ask(url=f"{base}/page")), HANGING_S)

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


def test_a_server_that_trickles_by_tls_or_a_proxy_that_does_is_cut_off_likewise(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalCa(tmp_path).certificate_for(["localhost"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "localhost.pem", tmp_path / "localhost.key")
    Pages.released.clear()
    try:
        with serving(Pages) as server, context.wrap_socket(server.socket, server_side=True) as server.socket:
            secure = f"https://localhost:{server.server_port}"
            monkeypatch.setenv("no_proxy", "localhost")
            ours = UrllibFetch(ca_file=str(tmp_path / "ca.pem"), timeout_s=2)
            assert asyncio.run(ours(Ask(url=f"{secure}/page"))).content == b"/page"
            with pytest.raises(FetchFailed, match="SSLCertVerificationError"):
                asyncio.run(UrllibFetch()(Ask(url=f"{secure}/page")))
            slow = UrllibFetch(ca_file=str(tmp_path / "ca.pem"), timeout_s=0.1)
            assert cut_off_after_s(slow, f"{secure}/header") < 1
        monkeypatch.setenv("https_proxy", base)
        assert cut_off_after_s(UrllibFetch(timeout_s=0.1), "https://as.example/page") < 1
    finally:
        Pages.released.set()


def test_silence_after_a_first_byte_is_no_second_deadline(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Pages.released.clear()
    try:
        assert cut_off_after_s(UrllibFetch(timeout_s=0.5), f"{base}/late") < 0.8
    finally:
        Pages.released.set()


def resolved_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """As if the name localhost had these ports of this machine for addresses."""
    real = socket.getaddrinfo
    found = [real("127.0.0.1", port, type=socket.SOCK_STREAM)[0] for port in ports]

    def resolved(host: str, *more: Any, **named: Any) -> list[Any]:
        return found if host == "localhost" else real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_a_name_with_many_addresses_has_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns the name says how many it has; each that says nothing took the whole timeout."""
    waits_s = []

    def silent(self: socket.socket, _: object) -> None:
        waits_s.append(self.gettimeout() or 0)
        time.sleep(waits_s[-1])
        raise TimeoutError

    resolved_to(monkeypatch, *range(1, 50))
    monkeypatch.setattr(socket.socket, "connect", silent)
    with pytest.raises(URLError):
        UrllibFetch(timeout_s=0.1)._ask(Ask(url="http://localhost/page"))
    assert sum(waits_s) < 0.2


def test_a_name_whose_first_address_is_dead_is_reached_by_the_next(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved_to(monkeypatch, 1, int(base.rpartition(":")[2]))
    assert asyncio.run(UrllibFetch()(Ask(url="http://localhost/page"))).status == 200
    resolved_to(monkeypatch, 1)
    with pytest.raises(FetchFailed, match="ConnectionRefusedError"):
        asyncio.run(UrllibFetch()(Ask(url="http://localhost/page")))


def cut_off_after_s(slow: UrllibFetch, url: str) -> float:
    """How long one of its threads is held."""
    began_s = time.monotonic()
    with pytest.raises((OSError, HTTPException)):
        slow._ask(Ask(url=url))
    return time.monotonic() - began_s
