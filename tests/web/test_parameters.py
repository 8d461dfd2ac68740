"""Parameters: one body, one type, each name once (RFC 6749 3.1 and 3.2), and no more of them than anybody needs."""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import OAuthError
from tallystick.web.parameters import PARAMETERS_MAX, read_parameters
from tests.web.scopes import Body, request

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


def read(body: bytes, *content_types: bytes, query: bytes = b"") -> dict[str, str]:
    headers = [(b"content-type", each) for each in content_types or (FORM,)]
    return asyncio.run(read_parameters(request(Body(body), headers, query_string=query)))


def check_of(body: bytes, *content_types: bytes, query: bytes = b"") -> str:
    with pytest.raises(OAuthError) as refusal:
        read(body, *content_types, query=query)
    assert (refusal.value.code, refusal.value.status) == ("invalid_request", 400)
    return refusal.value.check.removeprefix("parameters.")


@pytest.mark.parametrize("media_type", [FORM, FORM.upper(), FORM + b"; charset=utf-8", FORM + b" ;charset=UTF-8"])
def test_a_form(media_type: bytes) -> None:
    assert read(b"a=1&b=x+y%2B%C3%A9&c=d=e", media_type) == {"a": "1", "b": "x y+\u00e9", "c": "d=e"}
    assert read(b"", media_type) == {}


@pytest.mark.parametrize("media_type", [JSON, JSON + b";charset=utf-8"])
def test_json(media_type: bytes) -> None:
    assert read(b'{"a":"1","b":null,"c":""}', media_type) == {"a": "1"}


def test_rfc6749_3_1_what_is_empty_counts_as_left_out() -> None:
    assert read(b"a=&b=1") == {"b": "1"}


def test_a11_the_query_stays_empty() -> None:
    for query in (b"client_secret=x", b"a", b"&"):
        assert check_of(b"a=1", query=query) == "query"


@pytest.mark.parametrize(
    "types",
    [(b"text/plain",), (b"",), (b"multipart/form-data",), (JSON + b"x",), (b"x" + FORM,), (FORM, FORM), (FORM, JSON)],
)
def test_other_media_types(types: tuple[bytes, ...]) -> None:
    assert check_of(b"a=1", *types) == "content_type"


def test_no_media_type() -> None:
    with pytest.raises(OAuthError) as refusal:
        asyncio.run(read_parameters(request(Body(b"a=1"))))
    assert refusal.value.check == "parameters.content_type"


@pytest.mark.parametrize("body", [b"a=1&a=2", b"a=1&a=1", b"a=&a=1", b"a=1&a=", b"a=1&%61=2", b"b=1&a=1&b="])
def test_a11_rfc6749_3_2_a_parameter_twice(body: bytes) -> None:
    assert check_of(body) == "duplicate"


@pytest.mark.parametrize("body", ['{"a":"1","a":"1"}', '{"a":"1","\\u0061":"2"}', '{"a":null,"a":"1"}'])
def test_a11_a_member_twice(body: str) -> None:
    assert check_of(body.encode(), JSON) == "duplicate"


@pytest.mark.parametrize("body", [b"a", b"a=1&", b"&a=1", b"a=1&&b=2", b"a=\xff", b"a=%ff", b"%ff=1", b"a=\xc3\xa9"])
def test_a_form_that_is_none(body: bytes) -> None:
    assert check_of(body) == "form"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"a"', b"{", b'{"a":"1"}x', b"\xff", b"a=1", b"{'a':'1'}"])
def test_json_that_is_no_object(body: bytes) -> None:
    assert check_of(body, JSON) == "json"


@pytest.mark.parametrize("value", ["1", "true", "false", "[]", "{}", '["x"]', '{"$ne":null}', "0"])
def test_b18_every_member_is_a_string(value: str) -> None:
    assert check_of(f'{{"a":{value}}}'.encode(), JSON) == "json_types"


def test_as_many_as_anybody_needs() -> None:
    most = {f"p{number}": "1" for number in range(PARAMETERS_MAX)}
    more = {**most, "one": "more"}
    assert read(urlencode(most).encode()) == most
    assert check_of(urlencode(more).encode()) == "count"
    assert read(msgspec.json.encode(most), JSON) == most
    assert check_of(msgspec.json.encode(more), JSON) == "json_types"


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=8))
def test_whatever_is_encoded_comes_back(given: dict[str, str]) -> None:
    try:
        plus, percent = urlencode(given), "&".join(f"{quote(name)}={quote(value)}" for name, value in given.items())
    except UnicodeEncodeError:
        return  # lone surrogates have no encoding
    assert read(plus.encode()) == read(percent.encode()) == given


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for media_type in (FORM, JSON):
        try:
            parameters = read(body, media_type)
        except OAuthError as refusal:
            assert refusal.code == "invalid_request"  # noqa: PT017  # either outcome is good, a third is not
        else:
            assert all(isinstance(value, str) and value for value in parameters.values())
