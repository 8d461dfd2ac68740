"""For requests: flows carried by its sessions, and tokens on the calls of its sessions.

tokens = perform(requests.Session(), application.client_credentials(audience="https://api.example/"))

api = requests.Session()
mount(api, "https://api.example/", ClientCredentials(application, audience="https://api.example/"))
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ..calls import Call, Origins
from ..exchange import ANSWER_BYTES_MAX, ANSWER_S_MAX, Answer, ClientCertificate, Flow, Request, run
from ..failures import AnswerRefused
from ..sources import TokenSource, turn_of
from ..tokens import Tokens

T = TypeVar("T")
_CHUNK_BYTES = 65_536
TIMEOUT_S = 30
"""For what is asked of the authorization server; requests itself would wait for ever."""


def perform(session: requests.Session, flow: Flow[T]) -> T:
    """What comes of a flow, such as a method of ``Application``. Raises ``failures`` and requests' own errors."""

    def send(asked: Request) -> Answer:
        prepared = _prepared(asked)
        merged = session.merge_environment_settings(prepared.url, {}, None, None, None)
        settings = _without_proxy(asked.url, merged)
        if asked.certificate is not None:
            settings["cert"] = _files(asked.certificate)
        settings["stream"] = True
        return _answer_of(session.send(prepared, timeout=TIMEOUT_S, allow_redirects=False, **settings))

    return run(flow, send)


def mount(session: requests.Session, url: str, source: TokenSource) -> TokenAdapter:
    """Have whatever the session sends to the origin of ``url`` carry the tokens of ``source``."""
    adapter = TokenAdapter(source, url)
    for prefix in _prefixes(url):
        session.mount(prefix, adapter)
    return adapter


class TokenAdapter(HTTPAdapter):
    """Puts the token of ``source`` on what goes to ``origins``, and a proof where it is bound to a key.

    requests hands it each request that leaves, those of redirects too: each gets a proof for its own URL, and what
    goes elsewhere goes without. Tokens are got over connections that trust and show what the session does.
    """

    def __init__(self, source: TokenSource, *origins: str, **pool: Any) -> None:
        super().__init__(**pool)
        self._source = source
        self._origins = Origins(origins)

    def send(self, request: requests.PreparedRequest, *arguments: Any, **settings: Any) -> requests.Response:
        """As requests wants it; a body is sent again from where it began, unless it cannot be."""
        url, method = str(request.url), str(request.method)
        if isinstance(request, _OfFlow) or url not in self._origins:
            return super().send(request, *arguments, **settings)
        settings = _without_proxy(url, settings)
        call, place = Call(self._source, method, url), _place(request.body)
        while True:
            tokens, is_fresh = self._tokens(settings)
            sent = request.copy()
            sent.headers.update(call.headers(tokens))
            if tokens.certificate is not None:
                settings["cert"] = _files(tokens.certificate)
            response = super().send(sent, *arguments, **settings)
            # What a session goes on from after a redirect, and what people print, has no token in it.
            response.request = request
            goes_on = call.goes_on(tokens, response.status_code, _headers_of(response), is_fresh=is_fresh)
            if not (goes_on and _rewound(request.body, place)):
                return response
            # So that the connection can be used again.
            response.content  # noqa: B018
            response.close()

    def _tokens(self, settings: Mapping[str, Any]) -> tuple[Tokens, bool]:
        """Good tokens, and whether they are new. Who waits for the lock finds what the first one has got."""
        if (tokens := self._source.held()) is not None:
            return tokens, False
        with turn_of(self._source):
            if (tokens := self._source.held()) is not None:
                return tokens, False
            return run(self._source.obtain(), lambda asked: self._sent(asked, settings)), True

    def _sent(self, asked: Request, settings: Mapping[str, Any]) -> Answer:
        chosen = {**settings, "stream": True}
        chosen["timeout"] = settings.get("timeout") or TIMEOUT_S
        if asked.certificate is not None:
            chosen["cert"] = _files(asked.certificate)
        return _answer_of(super().send(_prepared(asked), **_without_proxy(asked.url, chosen)))


def _prefixes(url: str) -> set[str]:
    """How URLs of the same origin begin, the port being left out or not.

    With the slash: requests compares the beginning of the text, and api.example.evil begins as api.example does.
    """
    parts = urlsplit(url)
    if not parts.netloc:
        raise ValueError(f"not a URL with an origin: {url[:200]}")
    host = parts.netloc.rpartition("@")[2].lower()
    default = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    if parts.port is not None and not host.endswith(default):
        return {f"{parts.scheme}://{host}/"}
    bare = host.removesuffix(default)
    return {f"{parts.scheme}://{bare}/", f"{parts.scheme}://{bare}{default}/"}


class _OfFlow(requests.PreparedRequest):
    """Has all that it needs: where an API has the server's origin, no token takes the place of a client's secret."""


def _prepared(asked: Request) -> requests.PreparedRequest:
    prepared = _OfFlow()
    prepared.prepare(asked.method, asked.url, dict(asked.headers), data=asked.body or None)
    return prepared


def _without_proxy(url: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Plain http is private to this machine only while it stays there: a proxy would read the secret."""
    return {**settings, "proxies": {}} if url.lower().startswith("http:") else dict(settings)


def _files(certificate: ClientCertificate) -> tuple[str, str]:
    return str(certificate.cert_file), str(certificate.key_file)


def _answer_of(response: requests.Response) -> Answer:
    """The answer, its body read as it came: nobody was asked to pack, and what is packed is no JSON.

    Raises requests.ConnectionError for one that breaks off.
    """
    with response:
        try:
            body = _read(response.raw)
        except HTTPError as error:  # requests translates those of its own reading alone, which unpacks
            raise requests.ConnectionError(error, response=response) from error
    return Answer(response.status_code, _headers_of(response), body)


def _read(raw: Any) -> bytes:
    read, body, until_s = getattr(raw, "read1", raw.read), bytearray(), time.monotonic() + ANSWER_S_MAX
    while chunk := read(_CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise AnswerRefused("the answer is too large")
        if time.monotonic() > until_s:
            raise AnswerRefused("the answer takes too long")
    return bytes(body)


def _headers_of(response: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _place(body: object) -> int | None:
    """Where a body that is a file begins; None for any other, and for one that cannot go back."""
    # A response of urllib3 tells where it is, and cannot go back.
    if not (hasattr(body, "tell") and hasattr(body, "seek") and getattr(body, "seekable", lambda: True)()):
        return None
    try:
        return int(body.tell())
    except OSError:
        return None


def _rewound(body: Any, place: int | None) -> bool:
    """Whether the body can be sent again, all of it."""
    if body is None or isinstance(body, bytes | str):
        return True
    if place is None:
        return False
    body.seek(place)
    return True
