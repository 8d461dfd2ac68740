"""Bad input at the token endpoint: the RFC's error, a correlation id, the failing check in the log; never a 5xx."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application
from tests.attacks.expect import accepted, refused, refused_for
from tests.attacks.wire import Wire, ask, form_request

FORM = "application/x-www-form-urlencoded"
LIMIT_BYTES = 64 * 1024


def sent(application: Application, content: bytes, content_type: str | None = FORM, **options: Any) -> httpx.Response:
    """A POST of these very bytes."""
    headers = {"Content-Type": content_type} if content_type is not None else {}
    return application.http.post("oauth/token", content=content, headers=headers, **options)


def good(application: Application, **more: Any) -> dict[str, Any]:
    """The parameters of a good request by secret."""
    return application.form(client_id=application.client_id, client_secret=application.secret, **more)


# Content types


@pytest.mark.parametrize(
    "content_type",
    [FORM, FORM.upper(), FORM + ";charset=UTF-8", FORM + " ; charset=utf-8", FORM + ";"],
)
def test_forms_that_are_forms(secret: Application, content_type: str) -> None:
    accepted(sent(secret, urlencode(good(secret)).encode(), content_type))


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_as_well(secret: Application, content_type: str) -> None:
    accepted(sent(secret, json.dumps(good(secret)).encode(), content_type))


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "text/html",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "application/json+x",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded, application/json",
        "application",
        ";",
        "x" * 5000,
        "application/x-www-form-urlencodedx",
        "\u00e4/\u00f6".encode("latin-1"),
    ],
)
def test_other_content_types(admin: Administrator, secret: Application, content_type: Any) -> None:
    for content in (urlencode(good(secret)).encode(), json.dumps(good(secret)).encode()):
        refused_for(admin, sent(secret, content, content_type), "parameters.content_type", "invalid_request")


def test_two_content_types(admin: Administrator, secret: Application) -> None:
    body = urlencode(good(secret)).encode()
    headers = [("Content-Type", FORM), ("Content-Type", "application/json")]
    answer = secret.http.post("oauth/token", content=body, headers=headers)
    refused_for(admin, answer, "parameters.content_type", "invalid_request")


def test_what_the_content_type_says_is_what_is_read(admin: Administrator, secret: Application) -> None:
    refused_for(
        admin, sent(secret, urlencode(good(secret)).encode(), "application/json"), "parameters.json", "invalid_request"
    )
    refused(sent(secret, json.dumps(good(secret)).encode(), FORM), "invalid_request")


# JSON

JSON_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "array": b"[]",
    "array of pairs": b'[["grant_type","client_credentials"]]',
    "string": b'"grant_type"',
    "number": b"5",
    "null": b"null",
    "true": b"true",
    "cut off": b'{"grant_type": "client_credentials"',
    "two documents": b"{}{}",
    "trailing comma": b'{"grant_type": "client_credentials",}',
    "single quotes": b"{'grant_type': 'client_credentials'}",
    "comment": b'{"grant_type": "x" /* y */}',
    "NaN": b'{"grant_type": NaN}',
    "Infinity": b'{"x": Infinity}',
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"grant_type": "client_credentials"}'.encode("utf-16"),
    "no UTF-8": b'{"grant_type": "\xff\xfe"}',
    "overlong UTF-8": b'{"grant_type": "\xc0\xaf"}',
    "raw surrogate": b'{"grant_type": "\xed\xa0\x80"}',
    "lone surrogate": b'{"grant_type": "\\ud800"}',
    "lone surrogate in a name": b'{"\\udc00": "x"}',
    "NUL": b'{"grant_type": "\\u0000"}',
    "raw NUL": b'{"grant_type": "\x00"}',
    "raw control character": b'{"grant_type": "\x01"}',
    "NUL around": b"\x00{}\x00",
    "deep array": b"[" * 30_000,
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep within": b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
    "huge number": b'{"a": ' + b"9" * 60_000 + b"}",
    "huge exponent": b'{"a": 1e999999}',
    "many members": json.dumps({f"p{at}": "x" for at in range(1000)}).encode(),
    "nested value": b'{"grant_type": {"a": "b"}}',
    "list value": b'{"grant_type": ["client_credentials"]}',
    "number value": b'{"grant_type": 5}',
    "boolean value": b'{"scope": true}',
    "float value": b'{"scope": 1.5}',
    "duplicate": b'{"grant_type": "client_credentials", "grant_type": "client_credentials"}',
    "duplicate by escape": b'{"grant_type": "client_credentials", "grant\\u005ftype": "x"}',
    "duplicate deep": b'{"x": {"a": 1, "a": 2}}',
}


@pytest.mark.parametrize("case", JSON_BODIES)
def test_json_that_is_not_what_it_should_be(admin: Administrator, secret: Application, case: str) -> None:
    answer = sent(secret, JSON_BODIES[case], "application/json")
    refused(answer, "invalid_request")
    expected = "parameters.duplicate" if case.startswith("duplicate") else "parameters.json"
    assert admin.failing_check(answer).startswith(expected)


def test_json_null_and_empty_are_left_out(secret: Application) -> None:
    accepted(
        secret.http.post("oauth/token", json={**good(secret), "scope": None, "organization": None, "resource": ""})
    )
    for name in ("grant_type", "client_id"):
        refused(
            secret.http.post("oauth/token", json={**good(secret), name: None}),
            "invalid_request" if name == "grant_type" else "invalid_client",
        )


# Forms

FORMS: dict[str, bytes] = {
    "bytes beyond ASCII": b"grant_type=\xff\xfe",
    "raw UTF-8": "grant_type=\u00e4".encode(),
    "percent of no UTF-8": b"grant_type=%ff%fe",
    "percent of overlong UTF-8": b"grant_type=%c0%af",
    "percent of a surrogate": b"grant_type=%ed%a0%80",
    "no equals sign": b"grant_type",
    "no equals sign among others": b"grant_type=client_credentials&x",
    "only ampersands": b"&&&&",
    "1000 parameters": urlencode({f"p{at}": "x" for at in range(1000)}).encode(),
    "65 parameters": urlencode({f"p{at}": "x" for at in range(65)}).encode(),
    "raw NUL": b"grant_type=\x00&client_id",
}


@pytest.mark.parametrize("case", FORMS)
def test_forms_that_are_garbage(admin: Administrator, secret: Application, case: str) -> None:
    answer = sent(secret, FORMS[case])
    refused(answer, "invalid_request")
    assert admin.failing_check(answer) == ("parameters.count" if "parameters" in case else "parameters.form")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"=",
        b"a=b",
        b"=x&a=b",
        b"grant_type=",
        b"grant_type=client_credentials",
        b"grant_type=client_credentials;client_id=x",
        b"%00=%00",
        b"grant_type=%00",
        b"client_id=%00&client_secret=%00&audience=%00&scope=%00&grant_type=%00",
        b"client_id=%f0%9f%98%80",
        b"client_id=%0d%0aSet-Cookie:%20x",
        b"client_id=%25%25%25&client_secret=%",
        b"client_id=%zz&client_secret=x",
        b"client_id=__proto__&client_secret=constructor",
        b"client_id=' OR 1=1 --&client_secret=x",
        b"client_id[]=a&client_id[$ne]=b",
        b"{}",
        b"<xml/>",
        b"a" * 60_000 + b"=b",
        b"a=" + b"b" * 60_000,
    ],
)
def test_forms_without_what_is_needed(admin: Administrator, secret: Application, content: bytes) -> None:
    answer = sent(secret, content)
    assert answer.status_code in (400, 401), answer.text
    refused(answer, answer.json()["error"])
    assert admin.failing_check(answer)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret", "audience", "scope", "x"])
def test_duplicates_in_forms(admin: Administrator, secret: Application, name: str) -> None:
    body = urlencode({**good(secret, scope="read"), "x": "y"})
    escaped = f"%{ord(name[0]):02x}{name[1:]}"
    for content in (f"{body}&{name}=other", f"{name}=other&{body}", f"{body}&{escaped}=other"):
        refused_for(admin, sent(secret, content.encode()), "parameters.duplicate", "invalid_request")


def test_parameters_in_the_query(admin: Administrator, secret: Application) -> None:
    for query in ("x=y", urlencode(good(secret)), "%00", "="):
        answer = secret.http.post(f"oauth/token?{query}", data=good(secret))
        refused_for(admin, answer, "parameters.query", "invalid_request")
    accepted(ask_ok(secret, "/oauth/token?"))


def ask_ok(application: Application, target: str) -> Any:
    """A good request to this very target, as httpx sees answers."""
    answer = ask(application.server, form_request(application.server, good(application), target=target))
    return httpx.Response(answer.status, content=answer.body)


@pytest.mark.parametrize(
    "name",
    ["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "audience", "scope"],
)
@pytest.mark.parametrize("value", ["a" * 50_000, "\x00" * 300, "\U0001f600" * 1000, "a " * 20_000, "\r\n" * 100])
def test_very_long_and_very_odd_values(admin: Administrator, secret: Application, name: str, value: str) -> None:
    for parameters in ({**good(secret), name: value}, {"grant_type": "client_credentials", name: value}):
        answer = sent(secret, urlencode(parameters).encode()[: LIMIT_BYTES - 1])
        assert answer.status_code in (400, 401), answer.text
        refused(answer, answer.json()["error"])
        assert admin.failing_check(answer)
        assert len(answer.content) < 500  # nothing of it comes back


# Sizes


def test_a_body_at_the_limit_is_read(secret: Application) -> None:
    body = urlencode({**good(secret), "x": ""}).encode()
    accepted(sent(secret, body + b"y" * (LIMIT_BYTES - len(body))))


@pytest.mark.parametrize("size", [LIMIT_BYTES + 1, 10 * LIMIT_BYTES, 10**12])
def test_a_body_declared_too_large_is_refused_before_it_is_sent(
    admin: Administrator, secret: Application, size: int
) -> None:
    server = secret.server
    head = (
        f"POST /oauth/token HTTP/1.1\r\nHost: {server.domain}\r\nContent-Type: {FORM}\r\nContent-Length: {size}\r\n\r\n"
    )
    with Wire(server) as wire:
        wire.send(head.encode() + b"grant_type=")  # and not one byte more
        answer = wire.answer()
    assert (answer.status, answer.error) == (413, "invalid_request")
    assert admin.log(answer.headers["x-correlation-id"])["details"]["check"] == "body.size"


def test_a_chunked_body_is_refused_once_it_is_too_large(admin: Administrator, secret: Application) -> None:
    server = secret.server
    head = f"POST /oauth/token HTTP/1.1\r\nHost: {server.domain}\r\nContent-Type: {FORM}\r\n"
    with Wire(server) as wire:
        wire.send(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(9):
            wire.send(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        answer = wire.answer()  # the body never ends
    assert (answer.status, answer.error) == (413, "invalid_request")
    assert admin.log(answer.headers["x-correlation-id"])["details"]["check"] == "body.size"


@pytest.mark.parametrize(
    "lines",
    [
        [b"X: " + b"y" * 70_000],
        [b"Y" * 70_000 + b": x"],
        [b"Authorization: Basic " + b"QUFB" * 20_000],
        [b"X-%d: y" % at for at in range(200)],
        [b"Cookie: " + b"x" * 40_000, b"X: " + b"y" * 40_000],
    ],
)
def test_heads_that_are_too_large(secret: Application, lines: list[bytes]) -> None:
    answer = ask(secret.server, form_request(secret.server, good(secret), *lines))
    assert (answer.status, answer.error) == (431, "invalid_request")


def test_a_target_that_is_too_long(secret: Application) -> None:
    answer = ask(secret.server, form_request(secret.server, good(secret), target="/" + "x" * 70_000))
    assert answer.status in (414, 431)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n" * 10 + b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /oauth/token\r\n\r\n",
        b"POST /oauth/token HTTP/3.7\r\nHost: x\r\n\r\n",
        b"CONNECT victim.example:443 HTTP/1.1\r\nHost: victim.example:443\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nX: y\x00z\r\n\r\n",
        b"POST /oauth token HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http(secret: Application, data: bytes) -> None:
    with Wire(secret.server) as wire:
        wire.send(data)
        answer = wire.answer_or_end()
    assert answer is None or answer.status in (400, 404, 421, 501, 505), answer
    accepted(secret.by_secret())


# Methods and paths


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "PROPFIND", "QUERY", "LINK"])
def test_other_methods(admin: Administrator, secret: Application, method: str) -> None:
    request = form_request(secret.server, good(secret), method=method)
    with Wire(secret.server) as wire:
        wire.send(request)
        answer = wire.answer(method)
    assert answer.status in (400, 405)
    if answer.status == 405:
        assert answer.headers["allow"] == "POST"
        assert admin.log(answer.headers["x-correlation-id"])["details"]["check"] == "http.method"
    if method != "HEAD":
        assert answer.error == "invalid_request"


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_methods_are_not_overridden(secret: Application, override: str) -> None:
    request = form_request(secret.server, good(secret), f"{override}: POST".encode(), method="PUT")
    assert ask(secret.server, request).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/oauth/token/",
        "//oauth/token",
        "/oauth//token",
        "/./oauth/token",
        "/oauth/./token",
        "/oauth/../oauth/token",
        "/x/../oauth/token",
        "/oauth/token/..",
        "/oauth/token/x",
        "/oauth/token;x=y",
        "/oauth/token%20",
        "/oauth/token%00",
        "/oauth/token%2f",
        "/oauth%2ftoken",
        "/oauth/%2e%2e/oauth/token",
        "/OAUTH/TOKEN",
        "/oauth/Token",
        "/oauth\\token",
        "/oauth/token.json",
        "/oauth",
        "/",
        "/token",
        "/%2foauth/token",
        "/%ff%fe",
        "/oauth/authorize",
        "/admin",
        "/.git/config",
        "/api",
        "/api/v1/clients",
        "/api/v22",
    ],
)
def test_other_paths(secret: Application, path: str) -> None:
    answer = ask(secret.server, form_request(secret.server, good(secret), target=path))
    assert answer.status in (400, 404)
    assert "access_token" not in answer.json
    assert answer.error in ("not_found", "invalid_request")


def test_an_escaped_letter_is_the_letter(secret: Application) -> None:
    """RFC 3986 6.2.2.2: `%74` and `t` are one; either way it is the same endpoint with the same rules, or none."""
    answer = ask(secret.server, form_request(secret.server, good(secret), target="/oauth/%74oken"))
    assert answer.status in (200, 404)
    answer = ask(
        secret.server, form_request(secret.server, {**good(secret), "client_secret": "w"}, target="/oauth/%74oken")
    )
    assert answer.status in (401, 404)


# Grant types, audiences, scopes


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
        "Client_Credentials",
        "CLIENT_CREDENTIALS",
        "client_credentials ",
        " client_credentials",
        "client_credentials,password",
        "client_credentials\x00",
        "client-credentials",
        "__class__",
        "x" * 1000,
    ],
)
def test_unknown_grant_types(admin: Administrator, secret: Application, grant_type: str) -> None:
    answer = secret.post({**good(secret), "grant_type": grant_type})
    refused_for(admin, answer, "grant.known", "unsupported_grant_type")
    assert grant_type not in answer.text


def test_a_missing_grant_type(admin: Administrator, secret: Application) -> None:
    for value in (None, ""):
        form = {name: each for name, each in {**good(secret), "grant_type": value}.items() if each is not None}
        refused_for(admin, secret.post(form), "grant.missing", "invalid_request")


@pytest.mark.parametrize(
    ("scope", "check"),
    [
        ("admin", "client_credentials.scope"),
        ("read admin", "client_credentials.scope"),
        ("READ", "client_credentials.scope"),
        ("rea", "client_credentials.scope"),
        ("read*", "client_credentials.scope"),
        ("*", "client_credentials.scope"),
        ("openid", "client_credentials.scope"),
        ("offline_access", "client_credentials.scope"),
        ("read,write", "client_credentials.scope"),
        ("read  write", "client_credentials.scope_form"),
        (" read", "client_credentials.scope_form"),
        ("read ", "client_credentials.scope_form"),
        ("read\twrite", "client_credentials.scope_form"),
        ("read\nwrite", "client_credentials.scope_form"),
        ("read\x00", "client_credentials.scope_form"),
        ('"read"', "client_credentials.scope_form"),
        ("r\u00e9ad", "client_credentials.scope_form"),
        ("\\read", "client_credentials.scope_form"),
        (" ", "client_credentials.scope_form"),
    ],
)
def test_scopes_that_were_not_granted(admin: Administrator, secret: Application, scope: str, check: str) -> None:
    refused_for(admin, secret.by_secret(scope=scope), check, "invalid_scope")


@pytest.mark.parametrize(
    ("scope", "granted"),
    [(None, "read write"), ("", "read write"), ("read", "read"), ("write read", "read write"), ("read read", "read")],
)
def test_scopes_that_were(secret: Application, scope: str | None, granted: str) -> None:
    answer = secret.by_secret(scope=scope)
    accepted(answer)
    assert answer.json()["scope"] == granted


@pytest.mark.parametrize("named", ["https://not-there.example/", "x", " ", "\x00", "a" * 601, "{own}x", "{own} "])
def test_audiences_without_a_grant(admin: Administrator, secret: Application, named: str) -> None:
    answer = secret.post({**good(secret), "audience": named.replace("{own}", secret.audience)})
    refused(answer, "invalid_target")
    assert admin.failing_check(answer).startswith("client_credentials.audience")


def test_a_missing_audience(admin: Administrator, secret: Application) -> None:
    answer = secret.post(secret.form(client_id=secret.client_id, client_secret=secret.secret, audience=None))
    refused_for(admin, answer, "client_credentials.audience_missing", "invalid_request")


@pytest.mark.parametrize(
    "type_", ["", "x", JWT_BEARER.upper(), "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"]
)
def test_other_assertion_types(keyed: Application, type_: str) -> None:
    form = keyed.form(client_assertion=keyed.good_assertion(), client_assertion_type=type_)
    refused(keyed.post(form))


def test_nothing_of_all_this_did_harm(admin: Administrator, secret: Application) -> None:
    """And bad requests are answered about as fast as good ones."""
    began = time.monotonic()
    for content in (b"[" * 60_000, b'{"a":' * 10_000, b"a=b&" * 16_000, b"%41" * 20_000):
        for content_type in (FORM, "application/json"):
            assert sent(secret, content, content_type).status_code == 400
    assert time.monotonic() - began < 20
    accepted(secret.by_secret())
