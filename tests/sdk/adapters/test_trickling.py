"""A server that sends a byte now and then holds nobody for as long as it likes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import requests

from tallystick.sdk.adapters import httpx as by_httpx
from tallystick.sdk.adapters import httpx_messages
from tallystick.sdk.adapters import requests as by_requests
from tallystick.sdk.exchange import Answer, Flow, Request
from tallystick.sdk.failures import AnswerRefused


class Trickle(BaseHTTPRequestHandler):
    """One byte after another, each well within every timeout, until nobody reads."""

    is_over = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while not self.is_over.wait(0.02):
                self.wfile.write(b" ")

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who was cut off."""


@pytest.fixture
def url() -> Iterator[str]:
    Trickle.is_over.clear()
    with Server(("127.0.0.1", 0), Trickle) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        Trickle.is_over.set()
        server.shutdown()


def asked(url: str) -> Flow[Answer]:
    return (yield Request("GET", url, {}))


def _async(url: str) -> Answer:
    async def work() -> Answer:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await by_httpx.perform_async(http, asked(url))

    return asyncio.run(work())


def _sync(url: str) -> Answer:
    with httpx.Client(trust_env=False) as http:
        return by_httpx.perform(http, asked(url))


def _by_requests(url: str) -> Answer:
    with requests.Session() as http:
        http.trust_env = False
        return by_requests.perform(http, asked(url))


@pytest.mark.parametrize("perform", [_async, _sync, _by_requests])
def test_all_of_an_answer_has_one_deadline(
    url: str, perform: Callable[[str], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (httpx_messages, by_requests):
        monkeypatch.setattr(module, "ANSWER_S_MAX", 0.2)
    # Without one it would go on until then.
    end = threading.Timer(20, Trickle.is_over.set)
    end.start()
    with pytest.raises(AnswerRefused, match="takes too long"):
        perform(url)
    assert not Trickle.is_over.is_set()
    end.cancel()
