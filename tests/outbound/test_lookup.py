"""DNS look-ups against a real server: what is found, and that every trouble is one sentence in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tallystick.errors import StartupError
from tallystick.outbound import lookup
from tallystick.outbound.dns_server import server_of
from tallystick.outbound.lookup import RECORDS_MAX, DnsLookup, LookupFailed
from tests.nameserver import NameServer, dead_port, name_server

NAME = "_cf-custom-hostname.id.acme.example"


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits, but longer: an answer comes, however busy the machine is."""
    for limit in ("LOOKUP_S_MAX", "ATTEMPT_S_MAX"):
        monkeypatch.setattr(lookup, limit, 60.0)


@pytest.fixture
def impatient(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits, but shorter: no answer comes."""
    for limit, seconds in (("LOOKUP_S_MAX", 0.4), ("ATTEMPT_S_MAX", 0.2), ("SETTLE_S", 0.1)):
        monkeypatch.setattr(lookup, limit, seconds)


def txt(dns: NameServer, name: str = NAME) -> list[str]:
    return list(asyncio.run(DnsLookup(("127.0.0.1", dns.port)).txt(name)))


def reason(dns: NameServer) -> str:
    with pytest.raises(LookupFailed) as failure:
        txt(dns)
    return str(failure.value)


def test_every_text_of_every_record_is_found(dns: NameServer) -> None:
    dns.texts[NAME] = ["one", "two words", "x" * 600]
    assert sorted(txt(dns)) == sorted(["one", "two words", "x" * 600])
    assert dns.asked == [("udp", NAME, "TXT")]


def test_the_name_is_asked_for_as_it_is_never_below_a_search_domain(dns: NameServer) -> None:
    reason(dns)
    assert {name for _, name, _ in dns.asked} == {NAME}


def test_an_alias_is_followed(dns: NameServer) -> None:
    dns.aliases[NAME], dns.texts["proof.acme.example"] = "proof.acme.example", ["one"]
    assert txt(dns) == ["one"]


def test_what_udp_cannot_carry_comes_over_tcp_and_only_so_many_records_are_looked_at(dns: NameServer) -> None:
    dns.texts[NAME] = [f"record {number}" for number in range(RECORDS_MAX * 3)]
    assert len(txt(dns)) == RECORDS_MAX
    assert [protocol for protocol, _, _ in dns.asked] == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("", "There is no name"),
        ("silent", "did not answer within"),
        ("SERVFAIL", "No DNS server could answer"),
        ("REFUSED", "No DNS server could answer"),
        ("FORMERR", "No DNS server could answer"),
        ("garbage", ""),
        ("another question", ""),
    ],
)
def test_trouble_is_one_sentence(dns: NameServer, mood: str, said: str, request: pytest.FixtureRequest) -> None:
    if mood in ("silent", "garbage", "another question"):
        request.getfixturevalue("impatient")
    dns.mood = mood
    if mood == "another question":
        dns.texts[NAME] = ["one"]
    found = reason(dns)
    assert said in found
    assert found.endswith(".")
    assert "127.0.0.1" not in found


def test_a_name_without_such_a_record(dns: NameServer) -> None:
    dns.addresses[NAME] = ["192.0.2.1"]
    assert reason(dns) == f"There is no TXT record at {NAME}."


def test_nobody_listens(impatient: None) -> None:
    with pytest.raises(LookupFailed):
        asyncio.run(DnsLookup(("127.0.0.1", dead_port())).txt(NAME))


def test_a_crowd_waits_its_turn_and_no_longer(dns: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "AT_ONCE_MAX", 2)
    dns.texts[NAME] = ["one"]

    async def crowd() -> list[object]:
        asker = DnsLookup(("127.0.0.1", dns.port))
        return await asyncio.gather(*(asker.txt(NAME) for _ in range(10)), return_exceptions=True)

    assert asyncio.run(crowd()) == [["one"]] * 10
    monkeypatch.setattr(lookup, "LOOKUP_S_MAX", 0.2)
    dns.mood = "silent"
    assert all(isinstance(each, LookupFailed) for each in asyncio.run(crowd()))


def test_addresses_of_either_family(dns: NameServer) -> None:
    ask = DnsLookup(("127.0.0.1", dns.port)).addresses
    dns.addresses |= {"four.example": ["192.0.2.1"], "six.example": ["2001:db8::1"]}
    assert asyncio.run(ask("four.example")) == ["192.0.2.1"]
    assert asyncio.run(ask("six.example")) == ["2001:db8::1"]
    with pytest.raises(LookupFailed, match=r"There is no name none\.example"):
        asyncio.run(ask("none.example"))


@pytest.mark.parametrize(
    ("text", "server"),
    [
        (None, None),
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("[::1]:5353", ("::1", 5353)),
        ("[::1]", ("::1", 53)),
        ("2001:db8::53", ("2001:db8::53", 53)),
    ],
)
def test_servers_as_operators_write_them(text: str | None, server: tuple[str, int] | None) -> None:
    assert server_of(text) == server


@pytest.mark.parametrize(
    "text",
    ["", "dns.example", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "a@127.0.0.1", "127.0.0.1/x", "[::1", "1"],
)
def test_what_is_no_server_stops_the_start(text: str) -> None:
    with pytest.raises(StartupError, match="dns_server"):
        server_of(text)
