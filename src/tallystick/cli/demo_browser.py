"""What stands in for a browser in the demo, and the listener to which it brings the answer."""

from __future__ import annotations

import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from .answers import unreachable
from .exits import Failed
from .remote import TIMEOUT_S, Remote

if TYPE_CHECKING:
    import httpx

PATH = "/callback"
SHOWN = b"Signed in. Go back to the application."
_Attributes = list[tuple[str, str | None]]


class Browser:
    """Cookies, redirects, and forms by the ids of their buttons: all that the pages need."""

    def __init__(self, remote: Remote) -> None:
        import httpx

        self._http = httpx.Client(
            verify=remote.tls_context(),
            timeout=TIMEOUT_S,
            follow_redirects=True,
            trust_env=not remote.server.is_loopback,
            mounts={"all://127.0.0.1": None},  # the listener: no proxy has a way to it
        )

    def close(self) -> None:
        """Close the connections, and forget the cookies."""
        self._http.close()

    def open(self, url: str) -> httpx.Response:
        """The page at the end of the redirects, whatever its status."""
        return self._send("GET", url)

    def press(self, page: httpx.Response, button: str, **fields: str) -> httpx.Response:
        """Fill in the form with this button, and press it; Failed when the page has none."""
        form = _Form(page.text, button)
        if not form.found:
            raise Failed(f"{page.url.path} has no button {button} (HTTP {page.status_code})")
        return self._send("POST", str(page.url.join(form.action)), {**form.fields, **fields})

    def _send(self, method: str, url: str, form: dict[str, str] | None = None) -> httpx.Response:
        import httpx

        try:
            return self._http.request(method, url, data=form)
        except httpx.HTTPError as error:
            raise unreachable(url, error) from error


class _Form(HTMLParser):
    """The form of a page that has a certain button."""

    def __init__(self, html: str, button: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.found = False
        self._button = button
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        """Collect until the form with the button has ended."""
        if self.found:
            return
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action, self.fields = attributes.get("action", ""), {}
        elif tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "button" and attributes.get("id") == self._button:
            self.fields[attributes.get("name", "")] = attributes.get("value", "")
            self.found = True


class Listener:
    """Waits on loopback for one authorization answer (RFC 8252 7.3); any port will do, the server takes them all."""

    def __init__(self) -> None:
        self.answer: dict[str, str] = {}
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def redirect_uri(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the request line holds the code."""

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == PATH:
                    listener.answer = dict(parse_qsl(parts.query))
                self.send_response(200 if parts.path == PATH else 404)
                self.send_header("content-length", str(len(SHOWN)))
                self.end_headers()
                self.wfile.write(SHOWN)

        return Handler
