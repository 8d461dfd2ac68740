"""Requests that two readers could read in two ways, headers that claim a certificate, and limits."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from tallystick.front import headers, protocol
from tallystick.front.framing import HEAD_BYTES_MAX, HEADERS_MAX
from tallystick.front.headers import CERTIFICATE_HEADERS

from .running import TIMEOUT_S, Front, Identity, parse, read_all, read_one


def post(fields: bytes, body: bytes = b"", *, host: bytes = b"Host: localhost\r\n", version: bytes = b"1.1") -> bytes:
    return b"POST /x HTTP/" + version + b"\r\n" + host + fields + b"\r\n" + body


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "both lengths": (400, post(b"Content-Length: 4\r\n" + CHUNKED, b"0\r\n\r\n" + SMUGGLED)),
    "both lengths, other order": (400, post(CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n" + SMUGGLED)),
    "two lengths": (400, post(b"Content-Length: 0\r\nContent-Length: 44\r\n", SMUGGLED)),
    "two equal lengths": (400, post(b"Content-Length: 1\r\nContent-Length: 1\r\n", b"a")),
    "list of lengths": (400, post(b"Content-Length: 1, 1\r\n", b"a")),
    "signed length": (400, post(b"Content-Length: +1\r\n", b"a")),
    "negative length": (400, post(b"Content-Length: -1\r\n", b"a")),
    "hexadecimal length": (400, post(b"Content-Length: 0x1\r\n", b"a")),
    "empty length": (400, post(b"Content-Length:\r\n")),
    "folded field": (400, post(b"X-A: 1\r\n b\r\n")),
    "folded coding": (400, post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n")),
    "bare LF": (400, b"GET / HTTP/1.1\nHost: localhost\n\n"),
    "bare LF after a field": (400, post(b"X-A: 1\nX-B: 2\r\n")),
    "bare CR": (400, post(b"X-A: 1\rX-B: 2\r\n")),
    "NUL in a value": (400, post(b"X-A: 1\x002\r\n")),
    "NUL in a name": (400, post(b"X\x00A: 1\r\n")),
    "blank before the colon": (400, post(b"Content-Length : 1\r\n", b"a")),
    "blank before the first field": (400, b"GET / HTTP/1.1\r\n X-A: 1\r\nHost: localhost\r\n\r\n"),
    "no colon": (400, post(b"nonsense\r\n")),
    "unknown coding": (501, post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n")),
    "coding after chunked": (400, post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n")),
    "coding before chunked": (501, post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n")),
    "chunked twice": (400, post(CHUNKED + CHUNKED, b"0\r\n\r\n")),
    "vertical tab in the coding": (400, post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n")),
    "chunk size with 0x": (400, post(CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n")),
    "chunk size too large": (400, post(CHUNKED, b"fffffffffffffffff5\r\nhello\r\n0\r\n\r\n")),
    "chunk size with bare LF": (400, post(CHUNKED, b"5\nhello\r\n0\r\n\r\n")),
    "chunk extension with bare LF": (400, post(CHUNKED, b"5;a\nhello\r\n0\r\n\r\n")),
    "chunk longer than its size": (400, post(CHUNKED, b"5\r\nhelloX\r\n0\r\n\r\n")),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, post(b"Host: localhost\r\n")),
    "empty host": (400, post(b"", host=b"Host:\r\n")),
    "host with a path": (400, post(b"", host=b"Host: localhost/evil\r\n")),
    "host with a user": (400, post(b"", host=b"Host: a@localhost\r\n")),
    "list of hosts": (400, post(b"", host=b"Host: localhost, evil\r\n")),
    "target names another host": (400, b"GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "target of another scheme": (400, b"GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "target with a fragment": (400, b"GET /#a HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "target with a blank": (400, b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "target with a control": (400, b"GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "tunnel": (501, b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "chunked in HTTP/1.0": (400, post(CHUNKED, b"0\r\n\r\n", version=b"1.0")),
    "HTTP/0.9": (505, b"GET /\r\n\r\n"),
    "HTTP/1.2": (400, b"GET / HTTP/1.2\r\nHost: localhost\r\n\r\n"),
    "HTTP/2.0": (505, b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"),
    "HTTP/2 preface": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "head too large": (431, post(b"X-A: " + b"a" * HEAD_BYTES_MAX + b"\r\n")),
    "head never ends": (431, b"GET / HTTP/1.1\r\nX-A: " + b"a" * 5 * HEAD_BYTES_MAX),
    "target too large": (431, b"GET /" + b"a" * HEAD_BYTES_MAX + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "too many fields": (431, post(b"X-A: 1\r\n" * HEADERS_MAX)),
    "trailers too large": (431, post(CHUNKED, b"0\r\n" + b"X-A: 1\r\n" * HEAD_BYTES_MAX)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_doubtful_requests_are_refused_whole(plain: Front, case: str) -> None:
    """RFC 9112 2.2, 3, 5.1, 5.2, 6.1 to 6.3, 7.1, 11.2: one refusal, and nothing that follows is read as a request."""
    status, request = REFUSED[case]
    answer = plain.ask(request)
    assert answer.status == status
    assert answer.rest == b""
    assert answer.headers["connection"] == "close"
    assert answer.json["correlation_id"] == answer.headers["x-correlation-id"]
    assert answer.json["error"] == "invalid_request"


def test_log_names_the_check_and_the_answer_does_not(plain: Front, caplog: pytest.LogCaptureFixture) -> None:
    answer = plain.ask(post(b"Host: localhost\r\n"))
    logged = [record.getMessage() for record in caplog.records if answer.json["correlation_id"] in record.getMessage()]
    assert len(logged) == 1
    assert "host.count" in logged[0]
    assert b"host" not in answer.body


CERTIFICATE_NAMES = [
    *(name.decode() for name in sorted(CERTIFICATE_HEADERS)),
    "X-SSL-Client-Cert",
    "X-SSL-Client-Verify",
    "X-SSL-Client-S-DN",
    "SSL-Client-Cert",
    "Ssl-Client-Verify",
    "X-Client-Cert-Pem",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Amzn-Mtls-Clientcert-Leaf",
    "X-Tls-Client-Cert",
]


@pytest.mark.parametrize("spell", [str.upper, str.title, lambda name: name.replace("-", "_")])
@pytest.mark.parametrize("listener", ["port", "mtls_port"])
def test_headers_that_claim_a_certificate_never_arrive(
    shared: Front, identities: dict[str, Identity | None], listener: str, spell: object
) -> None:
    """attacks.md 20: directly, doubled, in any spelling, and beside a real certificate."""
    fields = "".join(f"{spell(name)}: {value}\r\n" for name in CERTIFICATE_NAMES for value in "ab")  # type: ignore[operator]
    request = f"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Kept: 1\r\n{fields}\r\n".encode()
    identity = identities["self-signed-ec"]
    shown = shared.ask(request, port=getattr(shared, listener), identity=identity).json
    assert [name for name, _ in shown["headers"]] == ["host", "connection", "x-kept"]
    assert len(shown["x5t"]) == (1 if listener == "mtls_port" else 0)
    assert shown["source"] == ("tls" if listener == "mtls_port" else "")
    assert shown["dropped"] == list(dict.fromkeys(spell(name).lower() for name in CERTIFICATE_NAMES))  # type: ignore[operator]


def test_certificate_header_over_plain_http_never_arrives(plain: Front) -> None:
    shown = plain.ask(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close, Client-Cert\r\nClient_Cert: a\r\n\r\n"
    ).json
    assert (shown["x5t"], shown["listener"], shown["scheme"]) == ([], "plain", "http")
    assert [name for name, _ in shown["headers"]] == ["host", "connection"]


def test_trailers_never_become_headers(plain: Front) -> None:
    """RFC 9110 6.5.1."""
    trailers = b"0\r\nX-Ssl-Cert: a\r\nAuthorization: Basic b\r\nHost: evil\r\n\r\n"
    shown = plain.ask(post(CHUNKED + b"Connection: close\r\n", b"5\r\nhello\r\n" + trailers)).json
    assert [name for name, _ in shown["headers"]] == ["host", "transfer-encoding", "connection"]
    assert shown["body"] == 5


def test_upgrade_is_ignored_and_the_body_is_read(plain: Front) -> None:
    """RFC 9110 7.8; some clients offer h2c on every plain request."""
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEA\r\nContent-Length: 3\r\n"
    with plain.connect() as connection:
        for _ in range(2):
            connection.sendall(post(upgrade, b"abc"))
            assert read_one(connection).json["body"] == 3


def test_pipelined_requests_are_answered_in_order(plain: Front) -> None:
    paths = [b"/slow", b"/a", b"/b"]
    with plain.connect() as connection:
        connection.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in paths))
        content = b""
        while content.count(b'"pid"') < 3:
            content += connection.recv(65536)
    assert [content.index(b'"path": "%s"' % path) for path in paths] == sorted(
        content.index(b'"path": "%s"' % path) for path in paths
    )


def test_refusal_never_takes_an_earlier_answers_place(plain: Front) -> None:
    with plain.connect() as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"nonsense\r\n\r\n")
        assert parse(read_all(connection)).status in (0, 200)


def test_answers_carry_a_date_and_no_server_name(plain: Front) -> None:
    answer = plain.ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert "date" in answer.headers
    assert "server" not in answer.headers


def test_absolute_target_is_accepted(plain: Front) -> None:
    """RFC 9112 3.2.2."""
    answer = plain.ask(b"GET http://localhost/a HTTP/1.1\r\nHost: LOCALHOST\r\nConnection: close\r\n\r\n")
    assert (answer.status, answer.json["path"]) == (200, "/a")


def send_what_is_taken(connection: socket.socket, content: bytes) -> None:
    """A busy machine may have given the request up before it begins."""
    with suppress(ConnectionError):
        connection.sendall(content)


def test_request_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "REQUEST_TIMEOUT_S", 0.2)
    with Front(tmp_path, uvloop.new_event_loop, tls=False) as front:
        for beginning in (b"", b"\r\n", b"GET / HT", post(b"Content-Length: 9\r\n", b"a")):
            with socket.create_connection(("127.0.0.1", front.port), TIMEOUT_S) as connection:
                send_what_is_taken(connection, beginning)
                assert read_all(connection) == b""


def test_long_header_names_are_not_remembered(plain: Front) -> None:
    """attacks.md 12: whoever sends a thousand names of 60 KiB must not leave them in memory."""
    headers.remembered_name.cache_clear()
    for number in range(3):
        name = b"x-%d" % number + b"a" * 50_000
        assert (
            plain.ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + name + b": 1\r\n\r\n").status
            == 200
        )
        spoofed = b"client-cert-" + name
        answer = plain.ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + spoofed + b": 1\r\n\r\n")
        assert spoofed.decode() not in dict(answer.json["headers"])
    assert headers.remembered_name.cache_info().currsize <= 2
