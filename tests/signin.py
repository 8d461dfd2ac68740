"""A visitor without a browser: keeps cookies, follows redirects inside the server, fills forms, presses buttons.

The same visitor walks through a deployment in this process (:func:`visitor`) and a real server (:func:`visitor_at`).
It ends at a page, or where it is sent on to somebody else: an application's redirect URI.

    stop = visitor(house).get(url)                       # /authorize?…, ends at /u/login
    stop = stop.press("sign-in", username=…, password=…) # back at the application
    stop.answer["code"]
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
import msgspec

from tests.html_page import HtmlPage
from tests.inprocess import FORM, InProcess
from tests.server import Server

REDIRECTS_MAX = 10


class Reply(msgspec.Struct, frozen=True):
    """One answer of the server."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    text: str

    def header(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


Sender = Callable[[str, str, bytes, dict[str, str]], Reply]
"""Method, absolute URL, content, headers → the answer; follows nothing and keeps nothing."""


class Stop(msgspec.Struct, frozen=True, dict=True):
    """Where a visit ended: a page of the server, or the way out to an application."""

    visitor: Visitor
    url: str
    reply: Reply

    @property
    def status(self) -> int:
        """Its status."""
        return self.reply.status

    @property
    def path(self) -> str:
        """The path of the page."""
        return urlsplit(self.url).path

    @property
    def state(self) -> str:
        """The ``state`` of the page's own URL: the pending authorization's id."""
        return dict(parse_qsl(urlsplit(self.url).query)).get("state", "")

    @cached_property
    def page(self) -> HtmlPage:
        """The page, parsed."""
        return HtmlPage(self.reply.text)

    @property
    def location(self) -> str:
        """The foreign URL that it leads to; empty for a page."""
        return urljoin(self.url, self.reply.header("location")) if self.reply.header("location") else ""

    @property
    def error(self) -> str:
        """What the element ``id="error"`` says."""
        return self.page.by_id.get("error", "")

    @property
    def answer(self) -> dict[str, str]:
        """The authorization response, in whichever response mode it came."""
        if self.location:
            parts = urlsplit(self.location)
            return dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))
        foreign = [form for form in self.page.forms if form.action.startswith(("https://", "http://"))]
        if not foreign:
            raise AssertionError(f"no answer for an application, but {self.status} at {self.url}: {self.error}")
        return foreign[0].fields

    def press(self, button: str, **fields: str | None) -> Stop:
        """Fill the form that holds the button with this id, and press it. None leaves a field out."""
        form, pressed = self.page.button(button)
        values = {**form.fields, **({pressed.name: pressed.value} if pressed.name else {}), **fields}
        sent = {name: value for name, value in values.items() if value is not None}
        target = urljoin(self.url, form.action) if form.action else self.url
        if form.method == "POST":
            return self.visitor.post(target, sent)
        return self.visitor.get(f"{target}?{urlencode(sent)}")

    def follow(self, link: str) -> Stop:
        """Follow the link with this id or text."""
        return self.visitor.get(urljoin(self.url, self.page.links[link]))


class Visitor:
    """One browser's worth of cookies at one server."""

    def __init__(self, send: Sender, base_url: str) -> None:
        self._send = send
        self.base_url = base_url
        """With the slash at its end."""
        self.cookies: dict[str, str] = {}
        self.stops_before = ""
        """A path of the server that is not gone to: where the visit shall end."""
        self.trail: list[str] = []
        """``METHOD path`` of every request so far."""

    def get(self, url: str, headers: dict[str, str] | None = None) -> Stop:
        """Open a URL or path."""
        return self._visit("GET", urljoin(self.base_url, url), b"", headers or {})

    def post(
        self, url: str, fields: dict[str, str], headers: dict[str, str] | None = None, *, from_elsewhere: bool = False
    ) -> Stop:
        """Send a form; ``from_elsewhere``: another site's form, with which no ``SameSite=Lax`` cookie comes."""
        target = urljoin(self.base_url, url)
        return self._visit("POST", target, urlencode(fields).encode(), headers or {}, hide_lax=from_elsewhere)

    def _visit(self, method: str, url: str, content: bytes, headers: dict[str, str], *, hide_lax: bool = False) -> Stop:
        for _ in range(REDIRECTS_MAX):
            reply = self._once(method, url, content, headers, hide_lax=hide_lax)
            location = urljoin(url, reply.header("location"))
            is_end = bool(self.stops_before) and urlsplit(location).path == self.stops_before
            if reply.status not in (302, 303) or is_end or not location.startswith(self.base_url):
                return Stop(self, url, reply)
            method, url, content, headers, hide_lax = "GET", location, b"", {}, False
        raise AssertionError(f"sent in circles: {self.trail[-REDIRECTS_MAX:]}")

    def _once(self, method: str, url: str, content: bytes, headers: dict[str, str], *, hide_lax: bool) -> Reply:
        sent = dict(headers)
        shown = {name: value for name, value in self.cookies.items() if not (hide_lax and "browser" in name)}
        if shown:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in shown.items())
        if method == "POST":
            sent.setdefault("content-type", FORM.decode())
        self.trail.append(f"{method} {urlsplit(url).path}")
        reply = self._send(method, url, content, sent)
        for name, value in reply.headers:
            if name == "set-cookie":
                self._keep(value)
        return reply

    def _keep(self, header: str) -> None:
        pair, *attributes = [part.strip() for part in header.split(";")]
        name, _, value = pair.partition("=")
        lowered = {attribute.lower() for attribute in attributes}
        if name.startswith("__Host-"):  # RFC 6265bis 4.1.3.2: what a browser would refuse, nobody may rely on
            assert {"secure", "path=/"} <= lowered, header
            assert not any(attribute.startswith("domain") for attribute in lowered), header
        if "max-age=0" in lowered or not value:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def visitor(house: InProcess, certificates: tuple[bytes, ...] = ()) -> Visitor:
    """A visitor of a deployment in this process, whose connections show these DER certificates."""
    base = f"https://{house.host.decode()}/"

    def send(method: str, url: str, content: bytes, headers: dict[str, str]) -> Reply:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]  # as `front` hands them on
        answered = house.sent(method, path, content, sent, certificates, host=parts.netloc.encode())
        return Reply(answered.status, answered.header_list, answered.text)

    return Visitor(send, base)


def visitor_at(server: Server, certificate: tuple[Path, Path] | None = None) -> Visitor:
    """A visitor of a real server, over TLS; ``certificate``: the files of what it shows where it is asked for one."""
    context = ssl.create_default_context(cafile=str(server.ca_file))
    if certificate is not None:
        context.load_cert_chain(*certificate)
    http = httpx.Client(verify=context, follow_redirects=False)
    server.opened.append(http)

    def send(method: str, url: str, content: bytes, headers: dict[str, str]) -> Reply:
        http.cookies.clear()  # the visitor keeps its own
        response = http.request(method, url, content=content, headers=headers)
        names = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return Reply(response.status_code, names, response.text)

    return Visitor(send, server.issuer)
