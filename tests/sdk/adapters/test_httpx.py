"""Tokens on the calls of httpx, over sockets: what is sent is what arrives there."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest

from tallystick.sdk.adapters.httpx import TokenAuth, perform, perform_async
from tallystick.sdk.adapters.httpx_messages import BODY_BYTES_MAX
from tallystick.sdk.exchange import ANSWER_BYTES_MAX
from tallystick.sdk.failures import AnswerRefused, ServerRefused
from tallystick.sdk.sources import ClientCredentials
from tests.sdk.adapters.conftest import application, signed_in
from tests.sdk.fake_server import Fake, Said

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: to read the authorities for each client took most of the time."""


class Caller:
    """httpx with or without ``async``, called alike."""

    def __init__(self, asynchronous: bool, auth: TokenAuth) -> None:
        self.asynchronous = asynchronous
        self.auth = auth

    def __call__(self, method: str, url: str, **request: Any) -> httpx.Response:
        """One call, redirects followed."""
        if not self.asynchronous:
            with httpx.Client(auth=self.auth, follow_redirects=True, verify=TLS, trust_env=False) as http:
                return http.request(method, url, **request)

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(auth=self.auth, follow_redirects=True, verify=TLS, trust_env=False) as http:
                return await http.request(method, url, **request)

        return asyncio.run(call())


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, fake: Fake, source: ClientCredentials) -> Caller:
    return Caller(request.param == "async", TokenAuth(source, fake.origin))


def test_rfc9449_9_the_nonce_of_the_api_is_another_than_the_servers_and_each_costs_one_retry(
    call: Caller, fake: Fake
) -> None:
    assert call("GET", f"{fake.origin}/things?q=1").status_code == 200
    assert (fake.count("/token"), fake.count("/things")) == (2, 2)
    assert call("GET", f"{fake.origin}/things").status_code == 200
    assert (fake.count("/token"), fake.count("/things")) == (2, 3)


def test_a_new_nonce_in_a_success_serves_the_next_call(call: Caller, fake: Fake, source: ClientCredentials) -> None:
    call("GET", f"{fake.origin}/things")
    source.application.nonces.learn(fake.origin, {"dpop-nonce": "old"})
    fake.pages["/news"] = lambda _: Said(200, {"DPoP-Nonce": "api-1"})
    call("GET", f"{fake.origin}/news")
    before = fake.count("/things")
    assert call("GET", f"{fake.origin}/things").status_code == 200
    assert fake.count("/things") == before + 1


def test_an_api_that_never_has_enough_is_asked_twice_and_no_more(call: Caller, fake: Fake) -> None:
    replies = iter(range(100))

    def never(_: Any) -> Said:
        return fake.refused("use_dpop_nonce")._replace(
            headers={"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": f"n-{next(replies)}"}
        )

    fake.pages["/things"] = never
    assert call("GET", f"{fake.origin}/things").status_code == 401
    assert fake.count("/things") == 2


@pytest.mark.parametrize(
    "body",
    [
        {"content": b"all of it"},
        {"data": {"a": "b"}},
        {"json": [1, 2]},
        {"content": "text"},
        {"files": {"f": ("name", BytesIO(b"in a file"))}},
    ],
)
def test_a_body_is_sent_again_whole(call: Caller, fake: Fake, body: dict[str, Any]) -> None:
    answer = call("POST", f"{fake.origin}/things", **body)
    assert answer.status_code == 200
    sent = [asked.body for asked in fake.asked if asked.url.endswith("/things")]
    assert len(sent) == 2
    assert sent[0] == sent[1] != b""


def test_a_file_is_sent_again_from_its_beginning(fake: Fake, source: ClientCredentials) -> None:
    call = Caller(False, TokenAuth(source, fake.origin))
    assert call("POST", f"{fake.origin}/things", content=BytesIO(b"all of it")).content == b"body:all of it"
    assert fake.count("/things") == 2


def test_a_stream_is_sent_once_and_what_was_learnt_serves_the_next_call(call: Caller, fake: Fake) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    async def chunks_async() -> AsyncIterator[bytes]:
        for chunk in chunks():
            yield chunk

    make = chunks_async if call.asynchronous else chunks
    assert call("POST", f"{fake.origin}/things", content=make()).status_code == 401
    assert fake.count("/things") == 1
    assert call("POST", f"{fake.origin}/things", content=make()).content == b"body:onetwo"


def test_a_long_file_is_not_read_into_memory_and_not_half_sent_again(fake: Fake, source: ClientCredentials) -> None:
    long = BytesIO(b"x" * (BODY_BYTES_MAX + 1))
    caller = Caller(False, TokenAuth(source, fake.origin))
    assert caller("POST", f"{fake.origin}/things", content=long).status_code == 401
    assert fake.count("/things") == 1


def test_a_redirect_within_the_origin_gets_a_proof_for_where_it_leads(call: Caller, fake: Fake) -> None:
    answer = call("POST", f"{fake.origin}/moved", content=b"x")
    assert (answer.status_code, answer.content) == (200, b"body:x")
    assert str(answer.url) == f"{fake.origin}/things?moved=1"


def test_a_redirect_to_another_origin_gets_neither_token_nor_proof(call: Caller, fake: Fake, other: Fake) -> None:
    assert call("POST", f"{fake.origin}/away", content=b"x").status_code == 401
    (asked,) = other.asked
    assert not {"authorization", "dpop"} & asked.headers.keys()


def test_what_goes_to_another_origin_from_the_start_goes_without(call: Caller, other: Fake) -> None:
    call("GET", f"{other.origin}/things")
    assert not {"authorization", "dpop"} & other.asked[0].headers.keys()


def test_the_answers_of_the_token_endpoint_are_not_in_the_history(call: Caller, fake: Fake) -> None:
    answer = call("GET", f"{fake.origin}/things")
    assert [past.request.url.path for past in answer.history] == ["/things"]


def test_a_token_endpoint_that_redirects_gets_no_secret_sent_on(call: Caller, fake: Fake, other: Fake) -> None:
    fake.pages["/token"] = lambda _: Said(307, {"Location": f"{other.origin}/token"})
    with pytest.raises((AnswerRefused, ServerRefused)):
        call("GET", f"{fake.origin}/things")
    for asked in other.asked:
        assert not {"authorization", "dpop"} & asked.headers.keys()
        assert asked.body == b""


def test_a_token_that_the_api_takes_no_more_is_renewed_once(call: Caller, fake: Fake) -> None:
    call("GET", f"{fake.origin}/things")
    fake.as_nonce = "api-1"  # one origin, one nonce
    fake.tokens.clear()
    fake.tokens["another"] = None  # so that the new one has a name of its own
    assert call("GET", f"{fake.origin}/things").status_code == 200
    assert fake.count("/token") == 3


def test_a_new_token_that_the_api_does_not_take_is_not_renewed(call: Caller, fake: Fake) -> None:
    fake.pages["/things"] = lambda _: fake.refused("invalid_token")
    assert call("GET", f"{fake.origin}/things").status_code == 401
    assert (fake.count("/things"), fake.count("/token")) == (1, 2)


@pytest.mark.parametrize("error", ["insufficient_scope", "invalid_dpop_proof", "insufficient_user_authentication"])
def test_what_a_newer_token_would_not_mend_costs_none(fake: Fake, source: ClientCredentials, error: str) -> None:
    call = Caller(False, TokenAuth(source, fake.origin))
    call("GET", f"{fake.origin}/things")
    fake.pages["/things"] = lambda _: fake.refused(error)
    assert call("GET", f"{fake.origin}/things").status_code == 401
    assert fake.count("/token") == 2


def test_a_held_token_is_renewed_shortly_before_its_end(call: Caller, fake: Fake, source: ClientCredentials) -> None:
    now_ms = [source.application.clock()]
    fake.as_nonce = fake.api_nonce = None
    source.application.clock = lambda: now_ms[0]
    for passed_s, tokens in ((0, 1), (3569, 1), (3570, 2)):
        call("GET", f"{fake.origin}/things")
        assert fake.count("/token") == tokens, passed_s
        now_ms[0] = now_ms[0] + (3569_000 if passed_s == 0 else 1_000)


def test_a_bearer_token_goes_as_such(fake: Fake) -> None:
    auth = TokenAuth(ClientCredentials(application(fake, dpop=False)), fake.origin)
    assert Caller(False, auth)("GET", f"{fake.origin}/things").status_code == 200
    assert fake.asked[-1].headers["authorization"] == "Bearer token-0"
    assert "dpop" not in fake.asked[-1].headers


def test_what_is_shown_can_be_read_at_the_request(call: Caller, fake: Fake) -> None:
    sent = call("GET", f"{fake.origin}/things").request.headers
    assert sent["Authorization"].startswith("DPoP ")
    assert "DPoP" in sent


def test_a_token_does_not_go_in_the_clear(source: ClientCredentials) -> None:
    auth = TokenAuth(source, "http://api.example/")
    with httpx.Client(auth=auth, verify=TLS, trust_env=False) as http, pytest.raises(ValueError, match="https only"):
        http.get("http://api.example/things")


def test_somebody_has_to_say_where_tokens_may_go(source: ClientCredentials) -> None:
    with pytest.raises(ValueError, match="origin"):
        TokenAuth(source)


def test_many_calls_at_once_wait_for_one_token(fake: Fake, source: ClientCredentials) -> None:
    auth = TokenAuth(source, fake.origin)

    async def many() -> None:
        async with httpx.AsyncClient(auth=auth, verify=TLS, trust_env=False) as http:
            answers = await asyncio.gather(*(http.get(f"{fake.origin}/things") for _ in range(10)))
        assert {answer.status_code for answer in answers} == {200}

    asyncio.run(many())
    assert len(fake.tokens) == 1


def test_many_threads_at_once_wait_for_one_token(fake: Fake, source: ClientCredentials) -> None:
    got: list[int] = []
    with httpx.Client(auth=TokenAuth(source, fake.origin), verify=TLS, trust_env=False) as http:
        threads = [
            threading.Thread(target=lambda: got.append(http.get(f"{fake.origin}/things").status_code))
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (got, len(fake.tokens)) == ([200] * 10, 1)


def test_a_refusal_lets_the_next_caller_try(fake: Fake, source: ClientCredentials) -> None:
    fake.secrets = set()
    caller = Caller(False, TokenAuth(source, fake.origin))
    for _ in range(2):
        with pytest.raises(ServerRefused, match="invalid_client"):
            caller("GET", f"{fake.origin}/things")
    fake.secrets = {"good"}
    assert caller("GET", f"{fake.origin}/things").status_code == 200


def test_a_flow_by_an_asynchronous_client(fake: Fake) -> None:
    async def get() -> str:
        async with httpx.AsyncClient(verify=TLS, trust_env=False) as http:
            return (await perform_async(http, application(fake).client_credentials())).token_type

    assert asyncio.run(get()) == "DPoP"


@pytest.mark.parametrize("is_async", [True, False])
def test_clients_that_share_a_source_show_a_refresh_token_once(fake: Fake, is_async: bool) -> None:
    """A second showing is a theft to the server (RFC 9700 4.14), and the person is signed out."""
    source = signed_in(fake)

    async def together() -> list[int]:
        async def call() -> int:
            async with httpx.AsyncClient(auth=TokenAuth(source, fake.origin), verify=TLS, trust_env=False) as http:
                return (await http.get(f"{fake.origin}/things")).status_code

        return await asyncio.gather(*(call() for _ in range(5)))

    def in_threads() -> list[int]:
        got: list[int] = []

        def call() -> None:
            with httpx.Client(auth=TokenAuth(source, fake.origin), verify=TLS, trust_env=False) as http:
                got.append(http.get(f"{fake.origin}/things").status_code)

        threads = [threading.Thread(target=call) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return got

    assert (asyncio.run(together()) if is_async else in_threads()) == [200] * 5
    assert fake.count("/token") == 1


@pytest.mark.parametrize("path", ["/token", "/.well-known/oauth-authorization-server"])
@pytest.mark.parametrize("packed", [False, True])
def test_no_more_of_an_answer_is_read_than_it_may_have(call: Caller, fake: Fake, path: str, packed: bool) -> None:
    large = b" " * (ANSWER_BYTES_MAX + 1)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    fake.pages[path] = lambda _: Said(200, headers, gzip.compress(large) if packed else large)
    with pytest.raises(AnswerRefused, match="packed" if packed else "too large"):
        call("GET", f"{fake.origin}/things")

    async def flow() -> None:
        async with httpx.AsyncClient(verify=TLS, trust_env=False) as http:
            await perform_async(http, application(fake).client_credentials())

    def flow_in_turn() -> None:
        with httpx.Client(verify=TLS, trust_env=False) as http:
            perform(http, application(fake).client_credentials())

    with pytest.raises(AnswerRefused, match="packed" if packed else "too large"):
        asyncio.run(flow()) if call.asynchronous else flow_in_turn()
    assert {asked.headers["accept-encoding"] for asked in fake.asked if asked.url.endswith(path)} == {"identity"}
