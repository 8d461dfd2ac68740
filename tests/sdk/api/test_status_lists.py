"""Status lists: a revoked token is refused while it is still alive, and a list that cannot be had opens nothing."""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

import pytest

from tallystick.jose import base64url
from tallystick.jose.claims import UnverifiedClaims
from tallystick.sdk.api import ApiRefused
from tallystick.sdk.api.authorization_server import AuthorizationServer
from tallystick.sdk.api.fetching import THREADS_MAX
from tallystick.sdk.api.kept import FRESH_MS
from tallystick.sdk.api.status_lists import BITS, CONCURRENT_MAX, LIST_BYTES_MAX, StatusLists, unpacked
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
    assert asked(api, naming(issuer, 0))
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


def test_lists_that_do_not_come_leave_the_way_free(issuer: Issuer) -> None:
    """One of several issuers may be no friend: its tokens name ever new lists, and none of them answers."""

    async def flood() -> None:
        issuer.gate = asyncio.Event()
        lists = []
        server = AuthorizationServer(ISSUER, issuer, issuer.clock.now_ms)
        checker = StatusLists(server, issuer.clock.now_ms)
        for index in range(20):
            status = {"status_list": {"idx": VALID, "uri": f"{URI}/{index}"}}
            lists.append(asyncio.create_task(checker.check(UnverifiedClaims({"status": status}))))  # type: ignore[arg-type]
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(issuer.asked) == CONCURRENT_MAX < THREADS_MAX
        issuer.gate.set()
        await asyncio.gather(*lists, return_exceptions=True)
        assert len(issuer.asked) == 20

    asyncio.run(flood())


def problem_of(issuer: Issuer, **reference: Any) -> str:
    """Why the list could not be had."""
    with pytest.raises(ApiRefused) as refused:
        asked(issuer.resource(), naming(issuer, **reference))
    assert (refused.value.check, refused.value.status) == ("status_list.not_fetched", 503)
    return str(refused.value.evidence["problem"])


NO_LIST = "not a status list"


@pytest.mark.parametrize(
    ("header", "claims", "problem"),
    [
        ({"typ": "JWT"}, {}, "jwt.typ"),
        ({"typ": LEFT_OUT}, {}, "jwt.typ"),
        ({"alg": "none"}, {}, "jwt.alg"),
        ({}, {"z": [1] * 70_000}, "jwt.members"),
        ({"kid": "k-9"}, {}, "jwt.kid"),
        ({}, {"sub": f"{URI}0"}, "jwt.claim.sub"),
        ({}, {"sub": LEFT_OUT}, "jwt.claim.sub"),
        ({}, {"iss": "https://evil.example/"}, "jwt.claim.iss"),
        ({}, {"exp": S}, "jwt.claim.exp"),
        ({}, {"exp": "later"}, "jwt.claim.exp"),
        ({}, {"iat": LEFT_OUT}, "jwt.claim.iat"),
        ({}, {"ttl": "long"}, "jwt.claim.ttl"),
        ({}, {"ttl": True}, "jwt.claim.ttl"),
        ({}, {"ttl": 0}, "jwt.claim.ttl"),
        ({}, {"status_list": LEFT_OUT}, NO_LIST),
        ({}, {"status_list": {"bits": 3, "lst": packed()}}, NO_LIST),
        ({}, {"status_list": {"bits": True, "lst": packed()}}, NO_LIST),
        ({}, {"status_list": {"bits": 1, "lst": "AAAA"}}, NO_LIST),
        ({}, {"status_list": {"bits": 1, "lst": packed()[:-4]}}, NO_LIST),
        ({}, {"status_list": {"bits": 1}}, NO_LIST),
        ({}, {"status_list": {"bits": 1, "lst": 7}}, NO_LIST),
    ],
)
def test_section_8_3_a_list_that_does_not_hold_is_none(
    issuer: Issuer, header: dict[str, Any], claims: dict[str, Any], problem: str
) -> None:
    issuer.pages[URI] = published(issuer, header, **claims)
    assert problem_of(issuer) == problem


def test_a_list_may_name_neither_end_nor_life(issuer: Issuer) -> None:
    issuer.pages[URI] = published(issuer, ttl=LEFT_OUT, exp=LEFT_OUT, iss=ISSUER)
    api = issuer.resource()
    asked(api, naming(issuer))
    issuer.clock.advance(FRESH_MS / 1000 - 1)
    asked(api, naming(issuer))
    assert issuer.asked.count(URI) == 1
    issuer.clock.advance(1)
    asked(api, naming(issuer))
    assert issuer.asked.count(URI) == 2


def test_the_list_of_long_ago_makes_room(issuer: Issuer) -> None:
    """The one that was used last stays, however old it is."""
    other = f"{URI}1"
    lists = StatusLists(AuthorizationServer(ISSUER, issuer, issuer.clock.now_ms), issuer.clock.now_ms, lists_max=2)
    issuer.pages[other], issuer.pages[f"{URI}2"] = published(issuer, sub=other), published(issuer, sub=f"{URI}2")

    def check(uri: str) -> None:
        status = {"status_list": {"idx": 0, "uri": uri}}
        asyncio.run(lists.check(UnverifiedClaims({"status": status})))  # type: ignore[arg-type]  # nobody signed it

    for uri in (URI, other, URI, f"{URI}2", URI):
        check(uri)
    assert issuer.asked.count(URI) == 1
    check(other)
    assert issuer.asked.count(other) == 2


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


@pytest.mark.parametrize(
    "uri", ["http://as.example/status/0", "http://localhost/x", "file:///etc/passwd", "https://user@as.example/x", ""]
)
def test_only_https_is_fetched(issuer: Issuer, uri: str) -> None:
    assert check_of(lambda: asked(issuer.resource(), naming(issuer, uri=uri))) == "status_list.not_fetched"
    assert uri not in issuer.asked


def test_tokens_without_status_ask_nothing(issuer: Issuer) -> None:
    asked(issuer.resource(), bearer(issuer.token()))
    assert issuer.asked[-1] == JWKS
    assert ISSUER


def test_odd_numbers_break_nothing(issuer: Issuer) -> None:
    issuer.pages[URI] = published(issuer, ttl=1e308)
    assert asked(issuer.resource(), naming(issuer))
    issuer.pages[URI] = published(issuer, status_list={"bits": 1.0, "lst": packed()})
    assert check_of(lambda: asked(issuer.resource(), naming(issuer))) == "status_list.not_fetched"
