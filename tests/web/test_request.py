"""The request as endpoints see it: a bounded body, and a certificate from the handshake alone."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.front.headers import CERTIFICATE_HEADERS
from tallystick.web.request import BODY_BYTES_MAX, PEER_CERTIFICATES, BodyTooLarge, ClientGone, new_correlation_id
from tests.web.scopes import Body, request

FULL = b"x" * BODY_BYTES_MAX


def read(body: Body, *headers: tuple[bytes, bytes]) -> bytes:
    return asyncio.run(request(body, headers).body())


def test_a_body_in_any_pieces() -> None:
    assert read(Body(b"abc")) == read(Body(b"a", b"", b"bc")) == b"abc"
    assert read(Body(FULL)) == read(Body(FULL[:1], FULL[1:])) == FULL


@pytest.mark.parametrize("pieces", [(FULL + b"x",), (FULL, b"x"), (b"x", FULL), (FULL, b"x", b"y")])
def test_a_body_over_the_limit(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(BodyTooLarge) as refusal:
        read(Body(*pieces))
    assert (refusal.value.status, refusal.value.code) == (413, "invalid_request")


def test_a_declared_length_over_the_limit_is_refused_before_anything_is_read() -> None:
    body = Body(b"small")
    with pytest.raises(BodyTooLarge):
        read(body, (b"content-length", str(BODY_BYTES_MAX + 1).encode()))
    assert body.asked == 0
    assert read(Body(b"small"), (b"content-length", str(BODY_BYTES_MAX).encode())) == b"small"


def test_an_endless_body_is_not_read_on() -> None:
    body = Body(*[b"x" * 16_384] * 100, more_after=True)
    with pytest.raises(BodyTooLarge):
        read(body)
    assert body.asked == 5


@pytest.mark.parametrize("pieces", [(), (b"a",), (b"a", b"b")])
def test_a_client_that_goes_away_in_the_middle(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(ClientGone):
        read(Body(*pieces, more_after=True))


@pytest.mark.parametrize("name", sorted(CERTIFICATE_HEADERS))
def test_c20_no_header_makes_a_certificate(name: bytes) -> None:
    """`front` drops these; even where one got through, nothing here would read it."""
    shown = request(Body(b""), [(name, b"MIIB"), (PEER_CERTIFICATES.encode(), b"MIIB")])
    assert shown.peer_certificates == ()


def test_c20_a_certificate_comes_by_the_connections_extension() -> None:
    assert request(Body(b""), extensions={PEER_CERTIFICATES: (b"leaf", b"more")}).peer_certificates == (
        b"leaf",
        b"more",
    )
    for extensions in (
        {},
        None,
        {PEER_CERTIFICATES: None},
        {PEER_CERTIFICATES: ()},
        {"tls": {"client_cert_chain": ["x"]}},
    ):
        assert request(Body(b""), extensions=extensions).peer_certificates == ()


def test_headers_are_kept_apart() -> None:
    shown = request(Body(b""), [(b"authorization", b"a"), (b"x", b"1"), (b"authorization", b"b")])
    assert shown.header_values(b"authorization") == [b"a", b"b"]
    assert (shown.header(b"authorization"), shown.header(b"nothing"), shown.header_values(b"nothing")) == ("a", "", [])


def test_correlation_ids_are_ours_and_differ() -> None:
    ids = {new_correlation_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(each) for each in ids} == {24}
