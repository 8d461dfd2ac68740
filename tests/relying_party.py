"""A web application as the tests play it: plain HTTP on loopback, and it keeps everything that a browser brings."""

from __future__ import annotations

import base64
import hashlib
import queue
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

WAIT_S_MAX = 60
FRAGMENT_PAGE = b"""<!doctype html><title>Returned</title><p id="returned">Returned</p><script>
if (location.hash) fetch("/fragment", {method: "POST", body: location.hash.slice(1)});
</script>"""


@dataclass
class Received:
    """One request that reached the application."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str] = field(repr=False)

    @property
    def answer(self) -> dict[str, str]:
        """What an authorization answer says, wherever it stands."""
        return self.form or self.query


class RelyingParty:
    """The application; ``callback`` is what it registers."""

    def __init__(self) -> None:
        self.received: queue.Queue[Received] = queue.Queue()
        self.pages: dict[str, tuple[str, bytes]] = {}
        """Path → content type and content, for tests that need a page of their own."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://localhost:{self._server.server_address[1]}"

    @property
    def callback(self) -> str:
        """Its redirect URI."""
        return f"{self.origin}/callback"

    def waited(self, path: str = "/callback", seconds: float = WAIT_S_MAX) -> Received:
        """The next request for a path; others are passed over."""
        while True:
            received = self.received.get(timeout=seconds)
            if received.path == path:
                return received

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(WAIT_S_MAX)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        party = self

        class Handler(BaseHTTPRequestHandler):
            """Keeps the request, answers a page."""

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode("utf-8", "replace") if length else ""
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                form = dict(parse_qsl(body, keep_blank_values=True))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if parts.path != "/favicon.ico":
                    party.received.put(Received(self.command, parts.path, query, form, headers))
                content_type, content = party.pages.get(parts.path, ("text/html; charset=utf-8", FRAGMENT_PAGE))
                self.send_response(200)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer

        return Handler


@contextmanager
def relying_party() -> Iterator[RelyingParty]:
    """An application for the length of a test."""
    party = RelyingParty()
    try:
        yield party
    finally:
        party.close()


@dataclass
class Ask:
    """One authorization request under way, with what only its sender knows."""

    url: str
    state: str
    nonce: str
    verifier: str


def ask(issuer: str, client_id: str, redirect_uri: str, **parameters: str | None) -> Ask:
    """A code request with state, nonce and PKCE; None leaves a parameter out."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    every: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid profile email",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **parameters,
    }
    query = urlencode({name: value for name, value in every.items() if value is not None})
    return Ask(f"{issuer}authorize?{query}", state, nonce, verifier)
