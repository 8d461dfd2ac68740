"""For httpx: flows carried by its clients, and tokens on the calls of its clients, with and without ``async``.

tokens = perform(http, application.client_credentials(audience="https://api.example/"))

auth = TokenAuth(ClientCredentials(application, audience="https://api.example/"), "https://api.example/")
api = httpx.Client(auth=auth, base_url="https://api.example/")
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import httpx

from ..calls import Call, Origins
from ..exchange import Answer, ClientCertificate, Flow, Request, run, run_async
from ..sources import TokenSource, turn_of
from ..tokens import Tokens
from .httpx_messages import Shown, answer_of, bounded, headers_of, is_repeatable, is_short, request_of, without_own

if TYPE_CHECKING:
    import anyio
    from anyio.lowlevel import RunVar

T = TypeVar("T")
Sync = httpx.Client | Callable[[ClientCertificate | None], httpx.Client]
"""One client, or which one shows a certificate: for methods that name theirs, as they do while they are rotated."""
Async = httpx.AsyncClient | Callable[[ClientCertificate | None], httpx.AsyncClient]
ROUNDS_MAX = 5
"""How often a call is taken up again where it was redirected to."""
_TOKENS = object()
"""What the rounds of a call yield when they want tokens."""


def perform(http: Sync, flow: Flow[T]) -> T:
    """What comes of a flow, such as a method of ``Application``. Raises ``failures`` and httpx's own errors."""

    def send(asked: Request) -> Answer:
        client = _own(http, asked) if isinstance(http, httpx.Client) else http(asked.certificate)
        response = client.send(request_of(asked), auth=None, follow_redirects=False, stream=True)
        with closing(response):
            bounded(response).read()
        return answer_of(response)

    return run(flow, send)


async def perform_async(http: Async, flow: Flow[T]) -> T:
    """The same by asynchronous clients."""

    async def send(asked: Request) -> Answer:
        client = _own(http, asked) if isinstance(http, httpx.AsyncClient) else http(asked.certificate)
        response = await client.send(request_of(asked), auth=None, follow_redirects=False, stream=True)
        async with aclosing(response):
            await bounded(response).aread()
        return answer_of(response)

    return await run_async(flow, send)


class TokenAuth(httpx.Auth):
    """Puts the token of ``source`` on what goes to ``origins``, and a proof where it is bound to a key.

    Gets and renews tokens by the same client, so that they are bound to the certificate which that shows. What goes
    elsewhere, by a redirect or otherwise, goes without. Use one for one client, with or without ``async``.
    """

    def __init__(self, source: TokenSource, *origins: str) -> None:
        self._source = source
        self._origins = Origins(origins)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """As httpx wants it."""
        if is_short(request):
            request.read()
        with closing(self._rounds(request)) as rounds:
            asked = next(rounds, None)
            while asked is not None:
                given = (yield from self._tokens()) if asked is _TOKENS else (yield asked)
                asked = _next(rounds, given)

    def _tokens(self) -> Generator[httpx.Request, httpx.Response, tuple[Tokens, bool]]:
        """Good tokens, and whether they are new. Who waits for the lock finds what the first one has got."""
        if (tokens := self._source.held()) is not None:
            return tokens, False
        with turn_of(self._source):
            if (tokens := self._source.held()) is not None:
                return tokens, False
            with closing(_obtaining(self._source)) as flow:
                asked = next(flow)
                while isinstance(asked, httpx.Request):
                    response = yield asked
                    bounded(response).read()
                    asked = flow.send(response)
                return asked, True

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """As httpx wants it."""
        if is_short(request):
            await request.aread()
        with closing(self._rounds(request)) as rounds:
            asked = next(rounds, None)
            while asked is not None:
                if asked is not _TOKENS:
                    asked = _next(rounds, (yield asked))
                    continue
                tokens, is_fresh = self._source.held(), False
                if tokens is None:
                    async with _async_turn_of(self._source):
                        tokens = self._source.held()
                        if tokens is None:
                            with closing(_obtaining(self._source)) as flow:
                                wanted = next(flow)
                                while isinstance(wanted, httpx.Request):
                                    response = yield wanted
                                    await bounded(response).aread()
                                    wanted = flow.send(response)
                                tokens, is_fresh = wanted, True
                asked = _next(rounds, (tokens, is_fresh))

    def _rounds(self, request: httpx.Request) -> Generator[Any, Any, None]:
        """The call, and again where it was redirected to. Yields requests, and _TOKENS; is sent what they stand for."""
        if str(request.url) not in self._origins:
            yield request
            return
        for _ in range(ROUNDS_MAX):
            response = without_own((yield from self._called(request)))
            redirected = response.request
            if redirected is request or response.status_code != 401:
                return
            # httpx went there without a token. Where one belongs there, it goes again, with a proof for that URL.
            if str(redirected.url) not in self._origins or not is_repeatable(redirected):
                return
            request = redirected

    def _called(self, request: httpx.Request) -> Generator[Any, Any, httpx.Response]:
        call = Call(self._source, request.method, str(request.url))
        while True:
            tokens, is_fresh = yield _TOKENS
            request.headers = Shown(request.headers, call.headers(tokens))
            response: httpx.Response = yield request
            if response.request is not request:
                return response
            goes_on = call.goes_on(tokens, response.status_code, headers_of(response), is_fresh=is_fresh)
            if not (goes_on and is_repeatable(request)):
                return response


@cache
def _async_turns() -> RunVar[WeakKeyDictionary[TokenSource, anyio.Lock]]:
    # httpx's own, which it loads for these clients alone, and which knows every kind of event loop.
    from anyio.lowlevel import RunVar

    return RunVar("tallystick.sdk.turns")


def _async_turn_of(source: TokenSource) -> anyio.Lock:
    """As `turn_of`, for the tasks of one event loop."""
    import anyio

    turns = _async_turns().get(None)
    if turns is None:
        turns = WeakKeyDictionary()
        _async_turns().set(turns)
    return turns.setdefault(source, anyio.Lock())


def _obtaining(source: TokenSource) -> Generator[httpx.Request | Tokens, httpx.Response, None]:
    """The flow by which a source gets tokens, in httpx's requests; last come the tokens."""
    with closing(source.obtain()) as flow:
        try:
            asked = next(flow)
            while True:
                if asked.certificate is not None:
                    raise ValueError("a client of httpx shows its own certificate: name none in the method")
                asked = flow.send(answer_of((yield request_of(asked))))
        except StopIteration as end:
            tokens: Tokens = end.value
    yield tokens


def _next(rounds: Generator[Any, Any, None], given: object) -> Any:
    """What comes next, None at the end."""
    try:
        return rounds.send(given)
    except StopIteration:
        return None


def _own(http: httpx.Client | httpx.AsyncClient, asked: Request) -> Any:
    if asked.certificate is not None:
        raise ValueError("one client shows one certificate: give what makes a client for each")
    return http
