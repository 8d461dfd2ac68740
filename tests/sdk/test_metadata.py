"""Metadata: found where the two standards put it, and believed only of the server that was asked."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.sdk.exchange import Answer, Request, run
from tallystick.sdk.failures import AnswerRefused, ServerRefused
from tallystick.sdk.metadata import ServerMetadata, discover, well_known_urls

ISSUER = "https://as.example/tenant"


def answered(found: dict[str, Any]) -> Any:
    def send(request: Request) -> Answer:
        document = found.get(request.url)
        return Answer(200, {}, msgspec.json.encode(document)) if document is not None else Answer(404, {})

    return send


@pytest.mark.parametrize(
    ("issuer", "urls"),
    [
        (
            "https://as.example/",
            (
                "https://as.example/.well-known/openid-configuration",
                "https://as.example/.well-known/oauth-authorization-server",
            ),
        ),
        (
            "https://as.example:8443/tenant/",
            (
                "https://as.example:8443/tenant/.well-known/openid-configuration",
                "https://as.example:8443/.well-known/oauth-authorization-server/tenant",
            ),
        ),
    ],
)
def test_openid_appends_and_rfc8414_3_inserts(issuer: str, urls: tuple[str, str]) -> None:
    assert well_known_urls(issuer) == urls


@pytest.mark.parametrize("url", well_known_urls(ISSUER))
def test_either_address_will_do(url: str) -> None:
    assert run(discover(ISSUER), answered({url: {"issuer": ISSUER}})).issuer == ISSUER


@pytest.mark.parametrize(
    "said",
    ["https://as.example", "https://as.example/tenant/", "https://AS.example/tenant", "https://evil.example", None],
)
def test_rfc8414_3_3_metadata_of_another_issuer_is_refused(said: str | None) -> None:
    with pytest.raises(AnswerRefused):
        run(discover(ISSUER), answered({well_known_urls(ISSUER)[0]: {"issuer": said}}))


def test_a_server_that_publishes_nothing_is_a_refusal() -> None:
    with pytest.raises(ServerRefused, match="no metadata"):
        run(discover(ISSUER), answered({}))


def test_an_issuer_in_the_clear_is_not_asked() -> None:
    with pytest.raises(AnswerRefused, match="https"):
        next(discover("http://as.example/"))


@pytest.mark.parametrize(
    "url",
    [
        None,
        1,
        "http://as.example/token",
        "ftp://localhost/token",
        "token",
        "http://127.0.0.1/token",
        " http://127.0.0.1/token",
        "HTTP://localhost/",
    ],
)
def test_an_endpoint_that_is_missing_or_in_the_clear_is_refused(url: object) -> None:
    with pytest.raises(AnswerRefused):
        ServerMetadata(ISSUER, {"token_endpoint": url}).endpoint("token_endpoint")


def test_a_server_that_was_found_in_the_clear_on_this_machine_may_name_itself() -> None:
    here = {"token_endpoint": "http://127.0.0.1:8080/token"}
    assert ServerMetadata(ISSUER, here, found_at="http://127.0.0.1:8080/").endpoint("token_endpoint")
    for url in ("http://as.example/token", "ftp://localhost/token"):
        with pytest.raises(AnswerRefused):
            ServerMetadata(ISSUER, {"token_endpoint": url}, found_at="http://127.0.0.1:8080/").endpoint(
                "token_endpoint"
            )


def test_rfc8705_5_an_alias_that_is_missing_is_the_endpoint_itself() -> None:
    missing: list[Any] = [{}, None, [], {"revocation_endpoint": "https://mtls.example/"}]
    for aliases in missing:
        members = {"token_endpoint": "https://as.example/token", "mtls_endpoint_aliases": aliases}
        server = ServerMetadata(ISSUER, members)
        assert server.endpoint("token_endpoint", shows_certificate=True) == "https://as.example/token"


@pytest.mark.parametrize("alias", ["http://mtls.example/token", "https://[mtls", 5])
def test_an_alias_in_the_clear_is_refused(alias: object) -> None:
    members = {"token_endpoint": "https://as.example/token", "mtls_endpoint_aliases": {"token_endpoint": alias}}
    with pytest.raises(AnswerRefused):
        ServerMetadata(ISSUER, members).endpoint("token_endpoint", shows_certificate=True)


@pytest.mark.parametrize(
    "issuer", ["https://as.example/?a", "https://as.example/#a", "https://u@as.example/", "https://["]
)
def test_rfc8414_2_an_issuer_has_neither_query_nor_fragment_nor_a_name_to_log_in_with(issuer: str) -> None:
    with pytest.raises(AnswerRefused, match="https URL"):
        next(discover(issuer))


def test_a_page_for_people_where_there_is_no_metadata_does_not_hide_the_other_address() -> None:
    first, second = well_known_urls(ISSUER)

    def send(request: Request) -> Answer:
        page = Answer(200, {}, b"<html>")
        return Answer(200, {}, msgspec.json.encode({"issuer": ISSUER})) if request.url == second else page

    assert run(discover(ISSUER), send).issuer == ISSUER
    with pytest.raises(AnswerRefused, match="not a JSON object"):
        run(discover(ISSUER), lambda request: Answer(200 if request.url == first else 404, {}, b"<html>"))


def test_a_server_on_this_machine_may_have_its_endpoints_there() -> None:
    here = "http://localhost:8080"
    assert ServerMetadata(here, {"token_endpoint": f"{here}/token"}).endpoint("token_endpoint") == f"{here}/token"
