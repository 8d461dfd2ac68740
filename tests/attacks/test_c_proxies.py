"""C20 and C26 behind a proxy: each form, each way for the proxy to show itself, and whoever only says that it is one.

`test_c_spoofing.py` attacks a deployment that believes nobody; here one form is believed, from whom it ought to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.application import Application, decoded
from tests.attacks.proxied import CLIENT_ADDRESS, NONE, PROXY_ADDRESS, Proxied, der, proxied, stranger
from tests.attacks.wire import Answer, Wire, by_unix
from tests.certificate_mill import CA, CLIENT_AUTH, EXPIRED_DAYS, SERVER_AUTH, Holder, authority, certify, leaf, twin_of
from tests.forwarded import KEY, LEAF_ALONE, SPELLED, Lines, key_line, name_of, value_of
from tests.patience import settle

WAYS = ["certificate", "key", "second key", "address", "unix socket"]
VERDICT_FORMS = ("auth0", "nginx")


@pytest.fixture(scope="module", params=SPELLED)
def behind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """A deployment for each form."""
    with proxied(tmp_path_factory.mktemp(str(request.param)), str(request.param)) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def in_plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """One that speaks plain HTTP."""
    with proxied(tmp_path_factory.mktemp("plain"), "rfc9440", tls=False) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """One that lets nginx's SUCCESS stand in for its own check."""
    with proxied(tmp_path_factory.mktemp("trusting"), "nginx", trust_proxy_verification="true") as deployment:
        yield deployment


def bound_to(answer: Answer) -> str | None:
    """The certificate that the token is bound to."""
    assert answer.status == 200, answer.body
    claims = decoded(answer.json["access_token"])[1]
    confirmation: dict[str, str] = claims.get("cnf", {})
    return confirmation.get("x5t#S256")


# The good paths


@pytest.mark.parametrize("way", WAYS)
def test_every_method_and_the_binding_work_by_way_of_the_proxy(behind: Proxied, way: str) -> None:
    for application, holder in (*behind.victims, (behind.secret, behind.by_itself)):
        lines = [*behind.forwarded(holder), b"X-Forwarded-For: evil, " + CLIENT_ADDRESS.encode()]
        answer = behind.ask(application, lines, way)
        assert bound_to(answer) == holder.thumbprint
    assert bound_to(behind.ask(behind.secret, [], way)) is None


def test_the_log_shows_the_clients_address_and_not_the_proxys(behind: Proxied) -> None:
    lines = [b"X-Forwarded-For: 198.51.100.1, " + CLIENT_ADDRESS.encode()]
    refused = behind.ask(behind.named, lines)
    assert behind.admin.log(refused.headers["x-correlation-id"])["ip"] == CLIENT_ADDRESS
    with Wire(behind.server) as wire:
        wire.send(behind.request(behind.named, *lines))
        refused = wire.answer()
    assert behind.admin.log(refused.headers["x-correlation-id"])["ip"] == "127.0.0.1"


def test_intermediates_reach_the_chain_where_the_form_has_a_place_for_them(behind: Proxied) -> None:
    intermediate = authority("intermediate", behind.authorities.root)
    below = leaf("CN=victim", intermediate)
    answer = behind.ask(behind.named, behind.forwarded(below, intermediate))
    if behind.form in LEAF_ALONE:
        assert behind.check_of(answer) == "chain.no_issuer"
    else:
        assert bound_to(answer) == below.thumbprint


def test_chain_is_ours_to_check(behind: Proxied) -> None:
    """What the proxy lets through is not trusted, whatever it says of it."""
    strangers = leaf("CN=victim", twin_of(behind.authorities.root))
    expired = behind.authorities.leaf("CN=victim", days=EXPIRED_DAYS)
    for holder, check in ((strangers, "chain.signature"), (expired, "certificate.expired")):
        assert behind.check_of(behind.ask(behind.named, behind.forwarded(holder, verdict="SUCCESS"))) == check


def test_failed_verdict_rules_out_the_chain_and_nothing_else(behind: Proxied) -> None:
    """auth0.md 2.3."""
    if behind.form not in VERDICT_FORMS:
        # This form carries no verdict, and those of the others are not read.
        foreign = [b"X-SSL-Client-Verify: FAILED:x", b"client-certificate-ca-verified: FAILED"]
        answer = behind.ask(behind.named, [*behind.forwarded(behind.by_authority), *foreign])
        assert bound_to(answer) == behind.by_authority.thumbprint
        return
    for verdict in ("FAILED", "FAILED:self-signed certificate"):
        named = behind.ask(behind.named, behind.forwarded(behind.by_authority, verdict=verdict))
        assert behind.check_of(named) == "tls_client_auth.proxy_verdict"
        itself = behind.ask(behind.self_signed, behind.forwarded(behind.by_itself, verdict=verdict))
        assert bound_to(itself) == behind.by_itself.thumbprint
        by_secret = behind.ask(behind.secret, behind.forwarded(behind.by_authority, verdict=verdict))
        assert bound_to(by_secret) == behind.by_authority.thumbprint


# C20: a header by itself is nobody's proof


@pytest.mark.parametrize("how", ["public port", "mTLS port"])
def test_c20_stranger_with_the_very_header_is_nobody(behind: Proxied, how: str) -> None:
    """In every spelling, once and twice, beside every key that is not ours."""
    beside: list[Lines] = [
        [],
        [key_line("x" * len(KEY))],
        [key_line(), key_line()],
        [b"X_Tallystick_Proxy_Key: " + KEY.encode()],
        [b"cname-api-key: " + KEY.encode()],
        [b"Proxy-Authorization: Bearer " + KEY.encode()],
        [b"X-Forwarded-For: " + PROXY_ADDRESS.encode(), b"X-Real-IP: " + PROXY_ADDRESS.encode()],
    ]
    for application, holder in behind.victims:
        lines = behind.forwarded(holder)
        with stranger(behind.server, how) as wire:
            for more in beside:
                wire.send(behind.request(application, *lines, *more))
                assert behind.check_of(wire.answer()) == NONE
            for respelled in (bytes.upper, bytes.lower, lambda name: name.replace(b"-", b"_")):
                wire.send(
                    behind.request(application, *(respelled(name_of(line)) + b": " + value_of(line) for line in lines))
                )
                assert wire.answer().error == "invalid_client"
            wire.send(behind.request(application, *lines, *lines))
            assert wire.answer().error == "invalid_client"
    with stranger(behind.server, how) as wire:
        wire.send(behind.request(behind.secret, *behind.forwarded(behind.by_itself)))
        assert bound_to(wire.answer()) is None


def test_c20_stranger_over_plain_http_is_nobody(in_plain: Proxied) -> None:
    for source in ("127.0.0.1", "127.0.0.70"):
        with stranger(in_plain.server, "plain HTTP", source=source) as wire:
            for application, holder in in_plain.victims:
                wire.send(in_plain.request(application, *in_plain.forwarded(holder)))
                assert in_plain.check_of(wire.answer()) == NONE
    with stranger(in_plain.server, "plain HTTP", source=PROXY_ADDRESS) as wire:
        for application, holder in in_plain.victims:
            wire.send(in_plain.request(application, *in_plain.forwarded(holder)))
            assert bound_to(wire.answer()) == holder.thumbprint


def test_c20_header_beside_a_real_certificate_changes_nothing(behind: Proxied) -> None:
    """Not even from the proxy's address: the connection itself has shown who the client is."""
    own = behind.authorities.leaf("CN=attacker")
    files = own.files(behind.authorities.directory)
    for source in ("127.0.0.1", PROXY_ADDRESS):
        with Wire(behind.server, files, source=source) as wire:
            for application, holder in behind.victims:
                lines = behind.forwarded(holder)
                wire.send(behind.request(application, *lines))
                assert wire.answer().error == "invalid_client"
                wire.send(behind.request(behind.secret, *lines))
                assert bound_to(wire.answer()) == own.thumbprint


def test_c20_certificate_beside_a_key_is_a_proxys_own_and_no_clients(behind: Proxied) -> None:
    """Were it the client's, all who come without a certificate would be one, and good for each other's tokens."""
    files = behind.authorities.leaf("CN=victim").files(behind.authorities.directory)
    for source in ("127.0.0.1", PROXY_ADDRESS):
        with Wire(behind.server, files, source=source) as wire:
            for application, holder in behind.victims:
                for lines in ([], behind.forwarded(holder)):
                    wire.send(behind.request(application, *lines, key_line()))
                    assert behind.check_of(wire.answer()) == NONE
                    wire.send(behind.request(behind.secret, *lines, key_line()))
                    assert bound_to(wire.answer()) is None


def test_c20_headers_of_the_other_forms_are_nobody(behind: Proxied) -> None:
    application, holder = behind.victims[1]
    others = [line for form in SPELLED if form != behind.form for line in SPELLED[form](der(holder))]
    for way in ("key", "unix socket"):
        assert behind.check_of(behind.ask(application, others, way)) == NONE
        assert bound_to(behind.ask(application, [*others, *behind.forwarded(holder)], way)) == holder.thumbprint


def _doubled(lines: Lines, other: Lines) -> dict[str, Lines]:
    name, value = name_of(lines[0]), value_of(lines[0])
    underscored = name.replace(b"-", b"_")
    return {
        "two": [*lines, other[0]],
        "the stranger's first": [other[0], *lines],
        "two equal": [*lines, lines[0]],
        "an empty one first": [name + b":", *lines],
        "both spellings": [*lines, underscored + b": " + value_of(other[0])],
        "both spellings, empty": [underscored + b":", *lines],
        "the other spelling alone": [underscored + b": " + value],
        "other case": [*lines, name.upper() + b": " + value_of(other[0])],
    }


@pytest.mark.parametrize("way", ["certificate", "unix socket"])
def test_c20_two_headers_refuse_the_request_and_end_the_connection(behind: Proxied, way: str) -> None:
    """A proxy that passes a client's header on beside its own must not work by chance."""
    application, holder = behind.victims[1]
    for lines in _doubled(behind.forwarded(holder), behind.forwarded(behind.by_authority)).values():
        connection, own = behind.connect(way)
        with connection:
            connection.send(behind.request(application, *lines, *own) + behind.request(application, *own))
            answer = connection.answer()
            assert (answer.status, answer.error) == (400, "invalid_request")
            assert connection.answer_or_end() is None


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda value: b"CN=victim",
    "cut off": lambda value: value[: len(value) // 2],
    "a byte more": lambda value: value + b'"',
    "twice in one": lambda value: value + b", " + value,
    "quoted": lambda value: b'"' + value + b'"',
    "control character": lambda value: value[:20] + b"\x7f" + value[20:],
    "beyond ASCII": lambda value: value[:20] + b"\xff" + value[20:],
    "oversized": lambda value: value + b"A" * 40_000,
    "broken escape": lambda value: b"%4" + value,
}


@pytest.mark.parametrize("case", MALFORMED)
def test_c20_malformed_value_is_refused_whole(behind: Proxied, case: str) -> None:
    application, holder = behind.victims[1]
    first, *rest = behind.forwarded(holder)
    line = name_of(first) + b": " + MALFORMED[case](value_of(first))
    answer = behind.ask(application, [line, *rest], "unix socket")
    assert (answer.status, answer.error) == (400, "invalid_request")
    assert answer.headers["x-correlation-id"] in behind.server.log
    assert b"client_cert" not in answer.body


@pytest.mark.parametrize("named", [None, b"X-Tallystick-Proxy-Key", b"X-Forwarded-For", b"close", b"Host"])
def test_c20_connection_takes_no_header_away(behind: Proxied, named: bytes | None) -> None:
    """RFC 9110 7.6.1 is for intermediaries: naming a header must neither hide it nor let another through."""
    application, holder = behind.victims[1]
    lines = behind.forwarded(holder)
    trick = b"Connection: " + (named or name_of(lines[0]))
    assert bound_to(behind.ask(application, [trick, *lines])) == holder.thumbprint
    with Wire(behind.server) as wire:
        wire.send(behind.request(application, trick, *lines))
        assert behind.check_of(wire.answer()) == NONE


CONFLICTS: dict[str, tuple[bytes, ...]] = {
    "CL.TE": (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
    "TE.CL": (b"Transfer-Encoding: chunked", b"Content-Length: 4"),
    "TE xchunked": (b"Transfer-Encoding: xchunked", b"Content-Length: 4"),
    "TE with a blank before the colon": (b"Transfer-Encoding : chunked", b"Content-Length: 4"),
    "TE after a bare LF": (b"X: y\nTransfer-Encoding: chunked", b"Content-Length: 4"),
    "two lengths": (b"Content-Length: 4", b"Content-Length: 400"),
}


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_c20_request_smuggled_through_the_proxy_is_never_answered(behind: Proxied, conflict: str) -> None:
    """It would bring a header that the proxy has never seen, on the proxy's own connection."""
    application, holder = behind.victims[1]
    hidden = behind.request(application, *behind.forwarded(holder))
    head = [b"POST /oauth/token HTTP/1.1", b"Host: " + behind.server.domain.encode(), *CONFLICTS[conflict]]
    for way in ("certificate", "unix socket"):
        connection, own = behind.connect(way)
        with connection:
            connection.send(b"\r\n".join([*head, *own]) + b"\r\n\r\n0\r\n\r\n" + hidden)
            first = connection.answer_or_end()
            assert first is None or first.status in (400, 501), first
            assert connection.answer_or_end() is None


def test_c20_request_in_a_body_is_a_body(behind: Proxied) -> None:
    """The counterpart: what a length covers is never a request."""
    application, holder = behind.victims[1]
    hidden = behind.request(application, *behind.forwarded(holder))
    with by_unix(behind.socket_file) as connection:
        connection.send(behind.request(behind.secret, smuggled=hidden.decode()))
        assert bound_to(connection.answer()) is None
        connection.send(behind.request(behind.secret, *behind.forwarded(behind.by_itself)))
        assert bound_to(connection.answer()) == behind.by_itself.thumbprint


# The proxy is not the client


def test_c20_proxys_own_certificate_is_never_a_clients(behind: Proxied) -> None:
    """Registered or not, in the handshake or handed on: it neither authenticates nor binds."""
    registered = behind.authorities.self_signed(behind.proxy)
    settle()
    for way in WAYS:
        assert behind.check_of(behind.ask(registered, [], way)) == NONE
        assert behind.check_of(behind.ask(registered, behind.forwarded(behind.proxy), way)) == NONE
        assert bound_to(behind.ask(behind.secret, behind.forwarded(behind.proxy), way)) is None
    # The pin is one certificate: a twin with the name is a client like any other, and no proxy.
    twin = leaf("proxy")
    files = twin.files(behind.authorities.directory)
    with Wire(behind.server, files) as wire:
        wire.send(behind.request(behind.secret, *behind.forwarded(behind.by_itself)))
        assert bound_to(wire.answer()) == twin.thumbprint


def test_c20_neither_keys_nor_certificates_reach_the_servers_log(behind: Proxied) -> None:
    assert KEY not in behind.server.log
    assert value_of(behind.forwarded(behind.by_itself)[0]).decode()[:200] not in behind.server.log
    assert "not_a_proxy" in behind.server.log


# C26: identity per request


@pytest.mark.parametrize("way", WAYS)
def test_c26_many_clients_over_one_pooled_connection(behind: Proxied, way: str) -> None:
    """One after another, then all at once; between them some that showed nothing."""
    order: list[Holder | None] = [behind.by_itself, None, behind.by_authority, behind.by_itself, None, leaf("CN=x")]
    connection, own = behind.connect(way)
    requests = [
        behind.request(behind.secret, *(behind.forwarded(holder) if holder is not None else []), *own)
        for holder in order
    ]
    expected = [None if holder is None else holder.thumbprint for holder in order]
    with connection:
        for request, thumbprint in zip(requests, expected, strict=True):
            connection.send(request)
            assert bound_to(connection.answer()) == thumbprint
        connection.send(b"".join(requests))
        assert [bound_to(connection.answer()) for _ in requests] == expected


def test_c26_who_was_authenticated_before_is_forgotten(behind: Proxied) -> None:
    """The next request of the connection names another client, or shows nothing."""
    steps: list[tuple[Application, Lines, str | None]] = [
        (behind.named, behind.forwarded(behind.by_authority), None),
        (behind.named, [], NONE),
        (behind.self_signed, behind.forwarded(behind.by_itself), None),
        (behind.named, behind.forwarded(behind.by_itself), "tls_client_auth.subject"),
        (behind.self_signed, behind.forwarded(behind.by_authority), "self_signed_tls_client_auth.registered"),
        (behind.self_signed, [], NONE),
    ]
    with by_unix(behind.socket_file) as connection:
        for application, lines, check in steps:
            connection.send(behind.request(application, *lines))
            answer = connection.answer()
            assert (answer.status == 200) if check is None else (behind.check_of(answer) == check)


def test_c26_key_of_one_request_is_not_the_connections(behind: Proxied) -> None:
    application, holder = behind.victims[1]
    lines = behind.forwarded(holder)
    with Wire(behind.server) as wire:
        for own, check in (([key_line()], None), ([], NONE), ([key_line("x" * 40)], NONE)):
            wire.send(behind.request(application, *lines, *own))
            answer = wire.answer()
            assert (answer.status == 200) if check is None else (behind.check_of(answer) == check)


# A proxy that is trusted with the chain


def test_success_stands_in_for_the_path_where_the_deployment_says_so(trusting: Proxied) -> None:
    unknown = leaf("CN=victim", authority("the proxy's own authority"))
    accepted = trusting.ask(trusting.named, trusting.forwarded(unknown, verdict="SUCCESS"))
    assert bound_to(accepted) == unknown.thumbprint
    # Nothing said: our own check. FAILED: ruled out, also what we would have trusted.
    assert trusting.check_of(trusting.ask(trusting.named, trusting.forwarded(unknown))) == "chain.no_issuer"
    assert bound_to(trusting.ask(trusting.named, trusting.forwarded(trusting.by_authority))) is not None
    failed = trusting.ask(trusting.named, trusting.forwarded(trusting.by_authority, verdict="FAILED:x"))
    assert trusting.check_of(failed) == "tls_client_auth.proxy_verdict"


def test_success_of_a_stranger_stands_in_for_nothing(trusting: Proxied) -> None:
    unknown = leaf("CN=victim", authority("the proxy's own authority"))
    with Wire(trusting.server) as wire:
        wire.send(trusting.request(trusting.named, *trusting.forwarded(unknown, verdict="SUCCESS")))
        assert trusting.check_of(wire.answer()) == NONE
    files = unknown.files(trusting.authorities.directory)
    with Wire(trusting.server, files) as wire:
        wire.send(trusting.request(trusting.named, b"X-SSL-Client-Verify: SUCCESS"))
        assert trusting.check_of(wire.answer()) == "chain.no_issuer"


def test_success_does_not_say_more_than_that_the_chain_held(trusting: Proxied) -> None:
    """Whose leaf, valid now, for clients, and of the pinned authority: that is still ours."""
    above = authority("the proxy's own authority")
    bad: dict[str, Any] = {
        "tls_client_auth.subject": leaf("CN=other", above),
        "certificate.expired": leaf("CN=victim", above, days=EXPIRED_DAYS),
        "chain.eku": certify("CN=victim", above, SERVER_AUTH),
        "chain.leaf_is_ca": certify("CN=victim", above, CA, CLIENT_AUTH),
    }
    for check, holder in bad.items():
        answer = trusting.ask(trusting.named, trusting.forwarded(holder, verdict="SUCCESS"))
        assert trusting.check_of(answer) == check
    pinned = trusting.authorities.by_dn("CN=pinned", certificate_authority_id=trusting.authorities.root_id)
    settle()
    answer = trusting.ask(pinned, trusting.forwarded(leaf("CN=pinned", above), verdict="SUCCESS"))
    assert trusting.check_of(answer) == "chain.no_issuer"
    good = trusting.authorities.leaf("CN=pinned")
    assert bound_to(trusting.ask(pinned, trusting.forwarded(good, verdict="SUCCESS"))) == good.thumbprint


def test_start_is_refused_where_a_pin_cannot_be_read(tmp_path: Path) -> None:
    """C25: never serve with less than was asked for."""
    with (
        pytest.raises(AssertionError, match="proxy certificate"),
        proxied(tmp_path, "rfc9440", proxy_certificate=str(tmp_path / "missing.pem")),
    ):
        pass
