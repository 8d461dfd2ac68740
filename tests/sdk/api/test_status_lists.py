"""Status lists: a revoked token is refused while it is still alive, and a list that cannot be had opens nothing."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from tallystick.jose import base64url
from tallystick.sdk.api.status_lists import BITS, LIST_BYTES_MAX, unpacked
from tests.forge import LEFT_OUT, Key

from .issuer import ISSUER, JWKS, NOW_MS, Issuer, asked, bearer, check_of

S = NOW_MS // 1000
URI = "https://as.example/status/0"
REVOKED, VALID = 9, 8


def packed(statuses: bytes = bytes([0, 0b10])) -> str:
    return base64url.encode(zlib.compress(statuses, 9))


def published(issuer: Issuer, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any) -> bytes:
    good = {"sub": URI, "iat": S, "exp": S + 3600, "ttl": 120, "status_list": {"bits": 1, "lst": packed()}}
    return (key or issuer.key).jwt({**good, **claims}, **{"typ": "statuslist+jwt", **(header or {})}).encode()


@pytest.fixture
def issuer() -> Issuer:
    found = Issuer()
    found.pages[URI] = published(found)
    return found


def naming(issuer: Issuer, index: Any = VALID, uri: Any = URI, **claims: Any) -> tuple[str, str]:
    status = {"status_list": {"idx": index, "uri": uri}}
    return bearer(issuer.token(**{"exp": S + 99_999, "status": status, **claims}))


def test_a_revoked_token_is_refused(issuer: Issuer) -> None:
    api = issuer.resource()
    assert asked(api, naming(issuer))
    assert check_of(lambda: asked(api, naming(issuer, REVOKED))) == "status.revoked"
    assert check_of(lambda: asked(api, naming(issuer, 16))) == "status.revoked"  # beyond the end
    assert issuer.asked.count(URI) == 1
    assert asked(issuer.resource(reads_status_lists=False), naming(issuer, REVOKED))


@pytest.mark.parametrize("bits", BITS)
def test_section_4_1_the_lowest_bits_come_first(bits: int) -> None:
    count = 32
    wanted = [index % (1 << bits) for index in range(count)]
    number = sum(status << index * bits for index, status in enumerate(wanted))
    found = unpacked({"bits": bits, "lst": packed(number.to_bytes(count * bits // 8, "little"))})
    assert [found.status_at(index) for index in range(count)] == wanted
    assert found.status_at(count) is None
    assert found.status_at(-1) is None


def test_the_example_of_the_draft() -> None:
    one = unpacked({"bits": 1, "lst": "eNrbuRgAAhcBXQ"})
    assert "".join(str(one.status_at(index)) for index in range(16)) == "1001110111000101"
    two = unpacked({"bits": 2, "lst": "eNo76fITAAPfAgc"})
    assert [two.status_at(index) for index in range(12)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    "status",
    [
        None,
        "x",
        {},
        {"status_list": None},
        {"status_list": {"idx": VALID}},
        {"status_list": {"uri": URI}},
        {"status_list": {"idx": "8", "uri": URI}},
        {"status_list": {"idx": True, "uri": URI}},
        {"status_list": {"idx": -1, "uri": URI}},
    ],
)
def test_half_a_reference_is_refused(issuer: Issuer, status: Any) -> None:
    assert check_of(lambda: asked(issuer.resource(), naming(issuer, status=status))) == "status.reference"


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": LEFT_OUT}, {}),
        ({"alg": "none"}, {}),
        ({"kid": "k-9"}, {}),
        ({}, {"sub": f"{URI}0"}),
        ({}, {"sub": LEFT_OUT}),
        ({}, {"iss": "https://evil.example/"}),
        ({}, {"exp": S}),
        ({}, {"iat": LEFT_OUT}),
        ({}, {"ttl": "long"}),
        ({}, {"ttl": 0}),
        ({}, {"status_list": LEFT_OUT}),
        ({}, {"status_list": {"bits": 3, "lst": packed()}}),
        ({}, {"status_list": {"bits": True, "lst": packed()}}),
        ({}, {"status_list": {"bits": 1, "lst": "AAAA"}}),
        ({}, {"status_list": {"bits": 1, "lst": packed()[:-4]}}),
        ({}, {"status_list": {"bits": 1}}),
    ],
)
def test_section_8_3_a_list_that_does_not_hold_is_none(
    issuer: Issuer, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    issuer.pages[URI] = published(issuer, header, **claims)
    assert check_of(lambda: asked(issuer.resource(), naming(issuer))) == "status_list.not_fetched"


def test_a_list_of_another_key_is_none(issuer: Issuer) -> None:
    issuer.pages[URI] = published(issuer, key=Key("ES256", "k-1"))
    assert check_of(lambda: asked(issuer.resource(), naming(issuer))) == "status_list.not_fetched"


def test_a_zip_bomb_is_not_unpacked(issuer: Issuer) -> None:
    unpacked({"bits": 1, "lst": packed(bytes(LIST_BYTES_MAX))})
    bomb = packed(bytes(LIST_BYTES_MAX + 1))
    assert len(bomb) < 4000
    issuer.pages[URI] = published(issuer, status_list={"bits": 1, "lst": bomb})
    assert check_of(lambda: asked(issuer.resource(), naming(issuer))) == "status_list.not_fetched"
    with pytest.raises(ValueError, match="too long"):
        unpacked({"bits": 1, "lst": base64url.encode(zlib.compress(b"\0") + b"x")})


def test_a_list_is_kept_for_its_ttl_and_used_until_its_end(issuer: Issuer) -> None:
    api = issuer.resource()
    asked(api, naming(issuer))
    issuer.clock.advance(119)
    asked(api, naming(issuer))
    assert issuer.asked.count(URI) == 1
    issuer.pages[URI] = published(issuer, status_list={"bits": 1, "lst": packed(b"\xff\xff")}, iat=S + 120)
    issuer.clock.advance(1)
    assert check_of(lambda: asked(api, naming(issuer))) == "status.revoked"
    issuer.is_down = True
    issuer.clock.advance(3600 - 121)
    assert check_of(lambda: asked(api, naming(issuer))) == "status.revoked"
    issuer.clock.advance(1)
    assert check_of(lambda: asked(api, naming(issuer))) == "status_list.not_fetched"


@pytest.mark.parametrize("uri", ["http://as.example/status/0", "file:///etc/passwd", "https://user@as.example/x", ""])
def test_only_https_is_fetched(issuer: Issuer, uri: str) -> None:
    assert check_of(lambda: asked(issuer.resource(), naming(issuer, uri=uri))) == "status_list.not_fetched"
    assert uri not in issuer.asked


def test_tokens_without_status_ask_nothing(issuer: Issuer) -> None:
    asked(issuer.resource(), bearer(issuer.token()))
    assert issuer.asked[-1] == JWKS
    assert ISSUER
