"""Tokens on the calls of requests, over sockets."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from io import BytesIO, UnsupportedOperation
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from tallystick.sdk.adapters.requests import mount, perform
from tallystick.sdk.exchange import ANSWER_BYTES_MAX
from tallystick.sdk.failures import AnswerRefused, ServerRefused
from tallystick.sdk.sources import ClientCredentials
from tests.sdk.adapters.conftest import application, signed_in
from tests.sdk.fake_server import Asked, Fake, Said


@pytest.fixture
def http(fake: Fake, source: ClientCredentials) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        mount(session, fake.origin, source)
        yield session


def test_rfc9449_9_the_nonce_of_the_api_is_another_than_the_servers_and_each_costs_one_retry(
    http: requests.Session, fake: Fake
) -> None:
    assert http.get(f"{fake.origin}/things?q=1").status_code == 200
    assert (fake.count("/token"), fake.count("/things")) == (2, 2)
    assert http.get(f"{fake.origin}/things").status_code == 200
    assert (fake.count("/token"), fake.count("/things")) == (2, 3)


def test_an_api_that_never_has_enough_is_asked_twice_and_no_more(http: requests.Session, fake: Fake) -> None:
    replies = iter(range(100))

    def never(_: Any) -> Said:
        return Said(401, {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": f"n-{next(replies)}"})

    fake.pages["/things"] = never
    assert http.get(f"{fake.origin}/things").status_code == 401
    assert fake.count("/things") == 2


@pytest.mark.parametrize(
    "body",
    [
        {"data": b"all of it"},
        {"data": {"a": "b"}},
        {"json": [1, 2]},
        {"files": {"f": ("name", BytesIO(b"in a file"))}},
        {"data": BytesIO(b"x" * 2_000_000)},
    ],
)
def test_a_body_is_sent_again_whole(http: requests.Session, fake: Fake, body: dict[str, Any]) -> None:
    assert http.post(f"{fake.origin}/things", **body).status_code == 200
    sent = [asked.body for asked in fake.asked if asked.url.endswith("/things")]
    assert len(sent) == 2
    assert sent[0] == sent[1] != b""


def test_a_file_is_sent_again_from_where_it_began(http: requests.Session, fake: Fake) -> None:
    file = BytesIO(b"skipped, and all the rest")
    file.seek(9)
    assert http.post(f"{fake.origin}/things", data=file).content == b"body:and all the rest"


def test_a_stream_is_sent_once_and_what_was_learnt_serves_the_next_call(http: requests.Session, fake: Fake) -> None:
    assert http.post(f"{fake.origin}/things", data=iter([b"one", b"two"])).status_code == 401
    assert fake.count("/things") == 1
    assert http.post(f"{fake.origin}/things", data=iter([b"one", b"two"])).content == b"body:onetwo"


def test_a_redirect_within_the_origin_gets_a_proof_for_where_it_leads(http: requests.Session, fake: Fake) -> None:
    answer = http.post(f"{fake.origin}/moved", data=b"x")
    assert (answer.status_code, answer.content) == (200, b"body:x")


def test_a_redirect_to_another_origin_gets_neither_token_nor_proof(
    http: requests.Session, fake: Fake, other: Fake
) -> None:
    assert http.post(f"{fake.origin}/away", data=b"x").status_code == 401
    (asked,) = other.asked
    assert not {"authorization", "dpop"} & asked.headers.keys()


def test_a_host_whose_name_begins_alike_gets_nothing(source: ClientCredentials) -> None:
    session = requests.Session()
    adapter = mount(session, "https://api.example", source)
    assert session.get_adapter("https://api.example.evil/things") is not adapter
    assert session.get_adapter("https://api.example:4430/things") is not adapter
    for url in ("https://api.example/things", "https://API.example:443/things"):
        assert session.get_adapter(url) is adapter


def test_a_token_that_the_api_takes_no_more_is_renewed_once(http: requests.Session, fake: Fake) -> None:
    http.get(f"{fake.origin}/things")
    fake.as_nonce = "api-1"  # one origin, one nonce
    fake.tokens.clear()
    fake.tokens["another"] = None
    assert http.get(f"{fake.origin}/things").status_code == 200
    assert fake.count("/token") == 3


def test_a_token_endpoint_that_redirects_is_not_followed(http: requests.Session, fake: Fake, other: Fake) -> None:
    fake.pages["/token"] = lambda _: Said(307, {"Location": f"{other.origin}/token"})
    with pytest.raises(ServerRefused, match="http_307"):
        http.get(f"{fake.origin}/things")
    assert other.asked == []


def test_a_flow_by_a_session(fake: Fake) -> None:
    with requests.Session() as session:
        assert perform(session, application(fake).client_credentials()).token_type == "DPoP"
        assert "token-0" not in session.headers.values()


def test_sessions_that_share_a_source_show_a_refresh_token_once(fake: Fake) -> None:
    """Each thread has a session of its own: a second showing is a theft to the server, and the person is signed out."""
    source = signed_in(fake)
    shown: list[str] = []
    token = fake.token

    def slow(asked: Asked) -> Said:
        shown.append(parse_qs(asked.body.decode())["refresh_token"][0])
        time.sleep(0.05)
        return token(asked)

    fake.pages["/token"] = slow

    def call(got: list[int]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            mount(session, fake.origin, source)
            got.append(session.get(f"{fake.origin}/things").status_code)

    got: list[int] = []
    threads = [threading.Thread(target=call, args=(got,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, shown) == ([200] * 5, ["refresh-0"])


def test_what_is_plain_and_for_this_machine_goes_through_no_proxy(
    fake: Fake, source: ClientCredentials, other: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", other.origin)
    with requests.Session() as session:
        mount(session, fake.origin, source)
        assert session.get(f"{fake.origin}/things").status_code == 200
        assert perform(session, application(fake).client_credentials()).access_token
    assert other.asked == []


def test_a_flow_by_a_session_that_shows_tokens_to_the_same_origin_shows_who_it_is(
    http: requests.Session, fake: Fake
) -> None:
    assert http.get(f"{fake.origin}/things").status_code == 200
    assert perform(http, application(fake).client_credentials()).access_token
    assert all(not asked.headers["authorization"].startswith("DPoP") for asked in fake.asked if asked.url == "/token")


@pytest.mark.parametrize("path", ["/token", "/.well-known/oauth-authorization-server"])
@pytest.mark.parametrize("packed", [False, True])
def test_no_more_of_an_answer_is_read_than_it_may_have(
    http: requests.Session, fake: Fake, path: str, packed: bool
) -> None:
    large = b" " * (ANSWER_BYTES_MAX + 1)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    fake.pages[path] = lambda _: Said(200, headers, gzip.compress(large) if packed else large)
    for flow in (
        lambda: http.get(f"{fake.origin}/things"),
        lambda: perform(http, application(fake).client_credentials()),
    ):
        with pytest.raises(AnswerRefused, match="not a JSON object" if packed else "too large"):
            flow()


def test_a_body_that_tells_where_it_is_and_cannot_go_back_is_sent_once(http: requests.Session, fake: Fake) -> None:
    """As a response does that is handed on as it comes."""

    class Passing(BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: Any) -> int:
            raise UnsupportedOperation

    def sent() -> requests.Response:
        return http.post(f"{fake.origin}/things", data=Passing(b"one two"))

    assert sent().status_code == 401
    assert fake.count("/things") == 1
    assert sent().content == b"body:one two"


def test_an_answer_that_breaks_off_is_an_error_of_requests(http: requests.Session, fake: Fake) -> None:
    fake.pages["/token"] = lambda _: Said(200, {"Transfer-Encoding": "chunked"}, b"no length\r\n")
    for flow in (
        lambda: http.get(f"{fake.origin}/things"),
        lambda: perform(http, application(fake).client_credentials()),
    ):
        with pytest.raises(requests.RequestException):
            flow()
