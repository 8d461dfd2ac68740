"""An application at a server that is not ours."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.adapters.httpx import perform
from tallystick.sdk.application import Application
from tallystick.sdk.back_channel import METADATA_LIFE_MS
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.exchange import Answer
from tallystick.sdk.failures import AnswerRefused, ServerRefused
from tallystick.sdk.methods import ClientSecretBasic, ClientSecretPost, PrivateKeyJwt, TlsClientAuth
from tallystick.sdk.tokens import LIFE_S_MAX
from tests.sdk.fake_server import Fake, Said, said

NOW_MS = 1_700_000_000_000


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def http(fake: Fake) -> httpx.Client:
    return httpx.Client(transport=fake.transport())


def application(fake: Fake, **more: Any) -> Application:
    return Application(fake.origin, "c1", more.pop("method", ClientSecretBasic("good")), **more)


def test_a_token_of_a_server_that_publishes_by_rfc8414_alone(fake: Fake, http: httpx.Client) -> None:
    tokens = perform(http, application(fake, clock=lambda: NOW_MS).client_credentials(audience="a", scope="b c"))
    assert (tokens.access_token, tokens.token_type) == ("token-0", "Bearer")
    assert tokens.expires_at_ms == NOW_MS + 3_600_000
    assert fake.asked[-1].body == b"grant_type=client_credentials&audience=a&scope=b+c"


def test_rfc9449_8_one_retry_with_the_nonce_and_none_for_the_next_request(fake: Fake, http: httpx.Client) -> None:
    app = application(fake, dpop_key=DpopKey.generate())
    assert perform(http, app.client_credentials()).token_type == "DPoP"
    assert fake.count("/token") == 2
    perform(http, app.client_credentials())
    assert fake.count("/token") == 3


def test_rfc9449_8_2_a_nonce_is_taken_from_a_success_too(fake: Fake, http: httpx.Client) -> None:
    fake.as_nonce = None
    answer = fake.token

    def token(asked: Any) -> Said:
        return answer(asked)._replace(headers={"DPoP-Nonce": "as-2"})

    fake.pages["/token"] = token
    app = application(fake, dpop_key=DpopKey.generate())
    perform(http, app.client_credentials())
    fake.as_nonce = "as-2"
    perform(http, app.client_credentials())
    assert fake.count("/token") == 2


def test_rfc9449_8_a_server_that_never_has_enough_is_asked_twice_and_no_more(fake: Fake, http: httpx.Client) -> None:
    replies = iter(range(100))
    fake.pages["/token"] = lambda _: said(400, {"error": "use_dpop_nonce"}, **{"DPoP-Nonce": f"n-{next(replies)}"})
    with pytest.raises(ServerRefused, match="use_dpop_nonce"):
        perform(http, application(fake, dpop_key=DpopKey.generate()).client_credentials())
    assert fake.count("/token") == 2


@pytest.mark.parametrize("nonce", ["", "same"])
def test_without_a_new_nonce_there_is_nothing_to_try_again(fake: Fake, http: httpx.Client, nonce: str) -> None:
    fake.pages["/token"] = lambda _: said(400, {"error": "use_dpop_nonce"}, **{"DPoP-Nonce": nonce})
    app = application(fake, dpop_key=DpopKey.generate())
    app.nonces.learn(fake.origin, {"dpop-nonce": "same"})
    with pytest.raises(ServerRefused):
        perform(http, app.client_credentials())
    assert fake.count("/token") == 1


def test_every_attempt_has_an_assertion_of_its_own(fake: Fake, http: httpx.Client) -> None:
    fake.secret_of = lambda *_: "good"  # type: ignore[method-assign]
    method = PrivateKeyJwt(generate_private_key("ES256"), "ES256")
    perform(http, application(fake, method=method, dpop_key=DpopKey.generate()).client_credentials())
    first, second = fake.asked[-2:]
    assert first.body != second.body
    assert first.headers["dpop"] != second.headers["dpop"]


def test_rfc9449_5_a_token_that_is_not_bound_is_refused_by_who_showed_a_proof(fake: Fake, http: httpx.Client) -> None:
    fake.pages["/token"] = lambda _: said(200, {"access_token": "t", "token_type": "Bearer"})
    with pytest.raises(AnswerRefused, match="not bound"):
        perform(http, application(fake, dpop_key=DpopKey.generate()).client_credentials())


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"access_token": "t"},
        {"access_token": "", "token_type": "Bearer"},
        {"access_token": "t", "token_type": "mac"},
        {"access_token": "t", "token_type": "DPoP"},
        {"access_token": 1, "token_type": "Bearer"},
        [],
    ],
)
def test_rfc6749_5_1_and_7_1_what_is_no_usable_token_is_refused(fake: Fake, http: httpx.Client, members: Any) -> None:
    fake.pages["/token"] = lambda _: said(200, members)
    with pytest.raises(AnswerRefused):
        perform(http, application(fake).client_credentials())


def test_a_refusal_has_the_servers_code_words_and_correlation_id(fake: Fake, http: httpx.Client) -> None:
    with pytest.raises(ServerRefused) as refused:
        perform(http, application(fake, method=ClientSecretPost("bad")).client_credentials())
    assert (refused.value.code, refused.value.description) == ("invalid_client", "no")
    assert (refused.value.status, refused.value.correlation_id) == (401, "c-1")
    assert str(refused.value) == "invalid_client: no (correlation id c-1)"


def test_a_refusal_that_is_not_oauths_still_is_one(fake: Fake, http: httpx.Client) -> None:
    fake.pages["/token"] = lambda _: Said(502, {"X-Correlation-Id": "c-2"}, b"<html>")
    with pytest.raises(ServerRefused) as refused:
        perform(http, application(fake).client_credentials())
    assert (refused.value.code, refused.value.correlation_id) == ("http_502", "c-2")


def test_rfc8705_5_who_shows_a_certificate_goes_to_the_alias(fake: Fake, http: httpx.Client) -> None:
    fake.pages["/mtls/token"] = lambda _: said(200, {"access_token": "t", "token_type": "Bearer"})
    perform(http, application(fake, method=TlsClientAuth()).client_credentials())
    perform(http, application(fake, shows_certificate=True).client_credentials())
    assert (fake.count("/mtls/token"), fake.count("/token")) == (2, 0)


def test_metadata_is_fetched_once_a_day(fake: Fake, http: httpx.Client) -> None:
    now_ms = [NOW_MS]
    app = application(fake, clock=lambda: now_ms[0])
    for passed_ms, times in ((0, 1), (METADATA_LIFE_MS - 1, 1), (METADATA_LIFE_MS, 2)):
        now_ms[0] = NOW_MS + passed_ms
        perform(http, app.client_credentials())
        assert fake.count("/.well-known/oauth-authorization-server") == times


def test_a_redirect_of_the_token_endpoint_is_not_followed(fake: Fake) -> None:
    fake.pages["/token"] = lambda _: Said(307, {"Location": "https://evil.example/token"})
    with (
        httpx.Client(transport=fake.transport(), follow_redirects=True) as http,
        pytest.raises(ServerRefused, match="http_307"),
    ):
        perform(http, application(fake).client_credentials())
    assert fake.count("/token") == 1


def test_no_secret_is_in_a_repr_or_an_error(fake: Fake, http: httpx.Client) -> None:
    tokens = perform(http, application(fake).client_credentials())
    assert "token-0" not in repr(tokens)
    for asked in (next(application(fake, method=ClientSecretPost("hush")).post("token_endpoint", {})),):
        assert "hush" not in repr(asked)


@pytest.mark.parametrize("expires_in", [1e308, 2**60, "9" * 15])
def test_a_life_that_no_server_means_is_a_long_one(fake: Fake, http: httpx.Client, expires_in: Any) -> None:
    fake.pages["/token"] = lambda _: said(200, {"access_token": "t", "token_type": "Bearer", "expires_in": expires_in})
    app = application(fake)
    tokens = perform(http, app.client_credentials())
    assert tokens.expires_at_ms == tokens.obtained_at_ms + LIFE_S_MAX * 1000


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a": "\xff"}', b'{"a":' + b"[" * 9999 + b"]" * 9999 + b"}"], ids=len)
def test_an_answer_that_cannot_be_read_is_refused_as_one(body: bytes) -> None:
    with pytest.raises(AnswerRefused, match="not a JSON object"):
        Answer(200, {}, body).members()
