"""Who is believed about clients, byte by byte: each way for a proxy to show itself, and who only looks like one."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography.hazmat.primitives.serialization import Encoding
from prometheus_client import REGISTRY

from tallystick.errors import StartupError, Unavailable
from tallystick.front import dropped
from tallystick.front.dropped import REASONS
from tallystick.front.forwarded.table import FORMS
from tallystick.front.proxies import Pin, Proxies, new_proxies, read_pins
from tests.certificate_mill import EXPIRED_DAYS, FUTURE_DAYS, Holder, leaf
from tests.forwarded import KEY, LEAF_ALONE, OTHER_KEY, SPELLED, key_line, name_of, rfc9440, value_of

from .running import TIMEOUT_S, Answer, Front, Identity, parse, read_all, read_one

ADDRESS = "127.0.0.1"
UNLISTED = "127.0.0.9"


def der(holder: Holder) -> bytes:
    return holder.certificate.public_bytes(Encoding.DER)


CLIENT, ISSUER, SECOND = der(leaf("client")), der(leaf("issuer")), der(leaf("second client"))


def thumb(*chain: bytes) -> list[str]:
    return [sha256(each).hexdigest() for each in chain]


class Proxy:
    """A proxy's certificates: one that is pinned, one that is pinned and expired, one that only has its name."""

    def __init__(self, directory: Path) -> None:
        self.good, self.expired, self.early = (
            leaf("proxy"),
            leaf("old", days=EXPIRED_DAYS),
            leaf("new", days=FUTURE_DAYS),
        )
        self.twin, self.client = leaf("proxy"), leaf("a client of its own")
        self.pinned_file = directory / "proxies.pem"
        self.pinned_file.write_text(self.good.pem + self.expired.pem + self.early.pem)
        self._directory = directory

    def identity(self, holder: Holder) -> Identity:
        """What shows the certificate in a handshake."""
        return Identity(*holder.files(self._directory), (der(holder),))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Proxy:
    return Proxy(tmp_path_factory.mktemp("proxy"))


def settings(proxy: Proxy, **others: Any) -> Proxies:
    """By certificate and by key, but by no address."""
    given: dict[str, Any] = {"form": "rfc9440", "keys": f"{OTHER_KEY}, {KEY}", "certificate_file": proxy.pinned_file}
    return new_proxies(**{**given, "addresses": None, "client_ip_header": None, **others})


@pytest.fixture(scope="module", params=FORMS)
def of_form(
    request: pytest.FixtureRequest, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Front]]:
    """A front for each form."""
    form = str(request.param)
    with Front(tmp_path_factory.mktemp(form), uvloop.new_event_loop, proxies=settings(proxy, form=form)) as running:
        yield form, running


@pytest.fixture(scope="module")
def keyed(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A front that takes RFC 9440 from proxies with key or certificate."""
    with Front(tmp_path_factory.mktemp("keyed"), uvloop.new_event_loop, proxies=settings(proxy)) as running:
        yield running


@pytest.fixture(scope="module")
def listed(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A plain front that believes 127.0.0.1, and lets it name its clients' addresses."""
    believed = settings(proxy, certificate_file=None, keys=None, addresses=ADDRESS, client_ip_header="X-Forwarded-For")
    with Front(tmp_path_factory.mktemp("listed"), uvloop.new_event_loop, tls=False, proxies=believed) as running:
        yield running


@pytest.fixture(autouse=True)
def fresh_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test may see its own log line."""
    monkeypatch.setattr(dropped.reports, "_next_at_s", dict.fromkeys(REASONS, 0.0))


def get(*lines: bytes, path: str = "/", close: bool = True) -> bytes:
    ending = [b"Connection: close"] if close else []
    return b"\r\n".join([f"GET {path} HTTP/1.1".encode(), b"Host: localhost", *ending, *lines]) + b"\r\n\r\n"


def from_address(front: Front, source: str, request: bytes) -> Answer:
    """Sent from another address of this machine."""
    with socket.create_connection(("127.0.0.1", front.port), TIMEOUT_S, source_address=(source, 0)) as connection:
        connection.sendall(request)
        return parse(read_all(connection))


def by_unix(front: Front, request: bytes) -> Answer:
    with front.connect_unix() as connection:
        connection.sendall(request)
        return parse(read_all(connection))


def believed(answer: Answer, *chain: bytes) -> None:
    shown = answer.json
    assert (shown["x5t"], shown["source"]) == (thumb(*chain), "header")
    no_trace(shown)


def nobody(answer: Answer) -> dict[str, Any]:
    """No identity, and no header about one."""
    shown: dict[str, Any] = answer.json
    assert (shown["x5t"], shown["source"], shown["verdict"]) == ([], "", None)
    no_trace(shown)
    return shown


def no_trace(shown: dict[str, Any]) -> None:
    assert {name for name, _ in shown["headers"]} <= {"host", "connection", "x-forwarded-for", "cf-connecting-ip"}


def counted(reason: str) -> float:
    return REGISTRY.get_sample_value("tallystick_proxy_headers_dropped_total", {"reason": reason}) or 0.0


# Every way for a proxy to show itself, in every form.


def test_proxy_with_the_key_is_believed(of_form: tuple[str, Front]) -> None:
    form, front = of_form
    chain = (CLIENT,) if form in LEAF_ALONE else (CLIENT, ISSUER)
    for key in (KEY, OTHER_KEY):
        answer = front.ask(get(*SPELLED[form]((CLIENT, ISSUER)), key_line(key)))
        believed(answer, *chain)
        assert answer.json["dropped"] == []


def test_proxy_with_the_pinned_certificate_is_believed(of_form: tuple[str, Front], proxy: Proxy) -> None:
    form, front = of_form
    answer = front.ask(get(*SPELLED[form]((CLIENT,))), port=front.mtls_port, identity=proxy.identity(proxy.good))
    believed(answer, CLIENT)


def test_proxy_by_the_unix_socket_is_believed(of_form: tuple[str, Front]) -> None:
    form, front = of_form
    believed(by_unix(front, get(*SPELLED[form]((CLIENT,)))), CLIENT)


def test_proxy_at_a_listed_address_is_believed(listed: Front) -> None:
    believed(listed.ask(get(*rfc9440((CLIENT, ISSUER)))), CLIENT, ISSUER)


def test_blanks_around_a_value_are_no_part_of_it(keyed: Front) -> None:
    """RFC 9110 5.5."""
    line, blanks = rfc9440((CLIENT,))[0], b" \t "
    believed(keyed.ask(get(line.replace(b": ", b":" + blanks) + blanks, key_line() + blanks)), CLIENT)
    assert keyed.ask(get(b"Client-Cert: ::" + blanks, key_line())).json["x5t"] == []


def test_ca_verdict_is_told(proxy: Proxy, tmp_path: Path) -> None:
    for form in ("auth0", "nginx"):
        with Front(tmp_path, None, tls=False, proxies=settings(proxy, form=form)) as front:
            for said, verdict in (("SUCCESS", True), ("FAILED:x", False), ("", None)):
                answer = front.ask(get(*SPELLED[form]((CLIENT,), said), key_line()))
                assert answer.json["verdict"] is verdict


# Whoever has not shown that it is a proxy.


def test_stranger_is_not_believed(of_form: tuple[str, Front], proxy: Proxy) -> None:
    """attacks.md 20, on the port that asks for no certificate and on the one that does; and a client's own counts."""
    form, front = of_form
    request = get(*SPELLED[form]((CLIENT,)))
    before = counted("not_a_proxy")
    for port in (front.port, front.mtls_port):
        shown = nobody(front.ask(request, port=port))
        assert shown["dropped"] == [name_of(line).decode().lower() for line in SPELLED[form]((CLIENT,))]
    assert counted("not_a_proxy") == before + 2
    beside = front.ask(request, port=front.mtls_port, identity=proxy.identity(proxy.client)).json
    assert (beside["x5t"], beside["source"]) == (thumb(der(proxy.client)), "tls")
    no_trace(beside)


def test_address_that_is_not_listed_is_not_believed(listed: Front) -> None:
    shown = nobody(from_address(listed, UNLISTED, get(*rfc9440((CLIENT,)), b"X-Forwarded-For: 203.0.113.9")))
    assert shown["client"] == UNLISTED


WRONG_KEYS: dict[str, list[bytes]] = {
    "another": [key_line("x" * len(KEY))],
    "cut off": [key_line(KEY[:-1])],
    "longer": [key_line(KEY + "x")],
    "empty": [b"X-Tallystick-Proxy-Key:"],
    "both of ours in one": [key_line(f"{KEY},{OTHER_KEY}")],
    "upper case": [key_line(KEY.upper())],
    "quoted": [key_line(f'"{KEY}"')],
    "twice": [key_line(), key_line()],
    "beside a wrong one": [key_line(), key_line("x")],
    "with underscores": [b"X_Tallystick_Proxy_Key: " + KEY.encode()],
    "as cname-api-key": [b"cname-api-key: " + KEY.encode()],
    "as authorization": [b"Authorization: Bearer " + KEY.encode()],
    "under a name near it": [b"X-Tallystick-Proxy-Keys: " + KEY.encode()],
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_wrong_key_is_not_believed(keyed: Front, case: str) -> None:
    lines = WRONG_KEYS[case]
    answer = keyed.ask(get(*rfc9440((CLIENT,)), *lines))
    shown = answer.json
    assert (shown["x5t"], shown["source"]) == ([], "")
    assert "client-cert" in shown["dropped"]
    kept = {name for name, _ in shown["headers"]} - {"host", "connection"}
    assert kept <= {"authorization", "x-tallystick-proxy-keys"}


def test_wrong_key_is_counted_as_such(keyed: Front) -> None:
    before = counted("wrong_key")
    nobody(keyed.ask(get(*rfc9440((CLIENT,)), key_line("x" * 40))))
    assert counted("wrong_key") == before + 1


def test_right_key_never_reaches_the_application(keyed: Front) -> None:
    """Nor does it without a certificate, or when it stands in the wrong case."""
    for spelled in (b"X-Tallystick-Proxy-Key", b"X-TALLYSTICK-PROXY-KEY", b"x-tallystick-proxy-key"):
        shown = nobody(keyed.ask(get(spelled + b": " + KEY.encode())))
        assert shown["dropped"] == []


def test_twin_of_the_pinned_certificate_is_a_client(keyed: Front, proxy: Proxy) -> None:
    """Equal name, other key: the pin is the certificate itself."""
    answer = keyed.ask(get(*rfc9440((CLIENT,))), port=keyed.mtls_port, identity=proxy.identity(proxy.twin))
    assert (answer.json["x5t"], answer.json["source"]) == (thumb(der(proxy.twin)), "tls")


@pytest.mark.parametrize("which", ["expired", "early"])
def test_pinned_certificate_that_is_not_valid_now_is_neither_proxy_nor_client(
    keyed: Front, proxy: Proxy, which: str
) -> None:
    identity = proxy.identity(getattr(proxy, which))
    before = counted("proxy_certificate_expired")
    nobody(keyed.ask(get(*rfc9440((CLIENT,))), port=keyed.mtls_port, identity=identity))
    nobody(keyed.ask(get(), port=keyed.mtls_port, identity=identity))
    assert counted("proxy_certificate_expired") == before + 1


def test_validity_is_looked_at_for_every_request() -> None:
    """A connection may outlive the certificate it was opened with; notAfter is inclusive to the second."""
    pin = Pin(b"", 100.0, 200.0)
    assert [pin.is_valid(now_s) for now_s in (99.9, 100.0, 200.9, 201.0)] == [False, True, True, False]


def test_proxys_own_certificate_is_never_the_clients(keyed: Front, proxy: Proxy) -> None:
    identity = proxy.identity(proxy.good)
    nobody(keyed.ask(get(), port=keyed.mtls_port, identity=identity))
    nobody(keyed.ask(get(b"Client-Cert: ::"), port=keyed.mtls_port, identity=identity))
    before = counted("own_certificate")
    handed_on = get(*rfc9440((der(proxy.good),)))
    nobody(keyed.ask(handed_on, port=keyed.mtls_port, identity=identity))
    nobody(by_unix(keyed, handed_on))
    assert counted("own_certificate") == before + 2


def test_pinned_certificate_is_no_client_without_any_form(proxy: Proxy, tmp_path: Path) -> None:
    with Front(tmp_path, None, proxies=settings(proxy, form="none", keys=None)) as front:
        identity = proxy.identity(proxy.good)
        nobody(front.ask(get(), port=front.mtls_port, identity=identity))
        nobody(front.ask(get(*rfc9440((CLIENT,))), port=front.mtls_port, identity=identity))


def test_certificate_of_a_proxy_that_shows_a_key_is_nobodys(keyed: Front, proxy: Proxy) -> None:
    """Nobody has pinned it; were it to count, every client without a certificate would be the proxy."""
    before, identity = counted("own_handshake"), proxy.identity(proxy.twin)
    nobody(keyed.ask(get(key_line()), port=keyed.mtls_port, identity=identity))
    shown = nobody(keyed.ask(get(*rfc9440((CLIENT,)), key_line()), port=keyed.mtls_port, identity=identity))
    assert shown["dropped"] == ["client-cert"]
    assert counted("own_handshake") == before + 2


def test_own_handshake_counts_from_a_listed_address(proxy: Proxy, tmp_path: Path) -> None:
    before = counted("own_handshake")
    with Front(tmp_path, None, proxies=settings(proxy, addresses=ADDRESS)) as front:
        request, identity = get(*rfc9440((CLIENT,))), proxy.identity(proxy.client)
        shown = front.ask(request, port=front.mtls_port, identity=identity).json
    assert (shown["x5t"], shown["source"]) == (thumb(der(proxy.client)), "tls")
    assert shown["dropped"] == ["client-cert"]
    assert counted("own_handshake") == before + 1


def test_without_settings_nobody_is_believed(plain: Front) -> None:
    before = counted("no_form")
    nobody(plain.ask(get(*rfc9440((CLIENT,)), key_line())))
    nobody(by_unix(plain, get(*rfc9440((CLIENT,)))))
    assert counted("no_form") == before + 2


# What a believed proxy must not send.


@pytest.mark.parametrize("form", FORMS)
def test_headers_of_other_forms_are_dropped(keyed: Front, form: str) -> None:
    lines = SPELLED[form]((CLIENT, ISSUER))
    if form == "rfc9440":
        lines = [b"X-Ssl-Issuer: CN=a"]
    shown = nobody(keyed.ask(get(*lines, key_line())))
    assert shown["dropped"] == [name_of(line).decode().lower() for line in lines]


TWICE: dict[str, tuple[str, list[bytes]]] = {
    "two headers": ("client_cert.duplicate", [*rfc9440((CLIENT,)), *rfc9440((SECOND,))]),
    "two equal headers": ("client_cert.duplicate", [*rfc9440((CLIENT,)), *rfc9440((CLIENT,))]),
    "an empty one first": ("client_cert.duplicate", [b"Client-Cert:", *rfc9440((CLIENT,))]),
    "an empty one last": ("client_cert.duplicate", [*rfc9440((CLIENT,)), b"Client-Cert:"]),
    "both spellings": ("client_cert.duplicate", [*rfc9440((CLIENT,)), b"Client_Cert: ::"]),
    "both spellings, other order": ("client_cert.spelling", [b"Client_Cert: ::", *rfc9440((CLIENT,))]),
    "the other spelling alone": ("client_cert.spelling", [b"Client_Cert: " + value_of(rfc9440((CLIENT,))[0])]),
    "the other spelling, upper case": ("client_cert.spelling", [b"CLIENT_CERT: " + value_of(rfc9440((CLIENT,))[0])]),
    "two cases": ("client_cert.duplicate", [*rfc9440((CLIENT,)), b"CLIENT-CERT: ::"]),
    "two chains": ("client_cert.duplicate", [*rfc9440((CLIENT, ISSUER)), b"Client-Cert-Chain: ::"]),
    "chain in the other spelling": ("client_cert.spelling", [*rfc9440((CLIENT,)), b"Client-Cert_Chain: ::"]),
    "malformed": ("client_cert.rfc9440.sf_binary", [b"Client-Cert: x"]),
    "too long": ("client_cert.rfc9440.size", [b"Client-Cert: :" + b"A" * 20_000 + b":"]),
}


@pytest.mark.parametrize("case", TWICE)
@pytest.mark.parametrize("way", ["key", "unix"])
def test_doubtful_header_of_a_believed_proxy_refuses_the_request(
    keyed: Front, caplog: pytest.LogCaptureFixture, case: str, way: str
) -> None:
    """And the connection, with whatever stands behind: what a stranger smuggled through must not be answered."""
    check, lines = TWICE[case]
    before = counted("malformed")
    request = get(*lines, *([key_line()] if way == "key" else []), close=False) + get()
    answer = keyed.ask(request) if way == "key" else by_unix(keyed, request)
    assert (answer.status, answer.json["error"], answer.rest) == (400, "invalid_request", b"")
    assert answer.headers["connection"] == "close"
    assert any(check in line and answer.json["correlation_id"] in line for line in caplog.messages)
    assert check.encode() not in answer.body
    assert counted("malformed") == before + 1


def test_doubtful_header_of_a_stranger_is_only_dropped(keyed: Front) -> None:
    """A stranger must not find out what is believed, nor is there anything to protect."""
    for _, lines in TWICE.values():
        nobody(keyed.ask(get(*lines)))


# One connection, many clients (attacks.md 26).


def test_each_request_of_a_connection_speaks_for_itself(of_form: tuple[str, Front], proxy: Proxy) -> None:
    form, front = of_form
    clients = [CLIENT, SECOND, None, CLIENT, None, SECOND, SECOND, None]
    for connection in (
        front.connect(port=front.mtls_port, identity=proxy.identity(proxy.good)),
        front.connect_unix(),
    ):
        with connection:
            for client in clients:
                connection.sendall(get(*(SPELLED[form]((client,)) if client else []), close=False))
                assert read_one(connection).json["x5t"] == (thumb(client) if client else [])


def test_pipelined_requests_keep_their_clients_apart(keyed: Front) -> None:
    """The first is still being answered when the others are parsed."""
    clients = [CLIENT, SECOND, None, CLIENT]
    requests = [
        get(*(rfc9440((client,)) if client else []), path="/" if number else "/slow", close=False)
        for number, client in enumerate(clients[:3])
    ]
    with keyed.connect_unix() as connection:
        connection.sendall(b"".join([*requests, get(*rfc9440((CLIENT,)))]))
        rest, shown = read_all(connection), []
        while rest:
            answer = parse(rest)
            shown.append(answer.json["x5t"])
            rest = answer.rest
    assert shown == [thumb(client) if client else [] for client in clients]


def test_key_counts_for_its_own_request_only(keyed: Front) -> None:
    with keyed.connect() as connection:
        for key, found in ((True, True), (False, False), (True, True)):
            connection.sendall(get(*rfc9440((CLIENT,)), *([key_line()] if key else []), close=False))
            assert read_one(connection).json["x5t"] == (thumb(CLIENT) if found else [])


def test_offered_upgrade_does_not_lose_the_client(keyed: Front) -> None:
    """Some clients offer h2c on every request, and the request is then read a second time."""
    upgrade = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEA")
    with keyed.connect_unix() as connection:
        for client in (CLIENT, SECOND):
            connection.sendall(get(*rfc9440((client,)), *upgrade, close=False))
            assert read_one(connection).json["x5t"] == thumb(client)
        connection.sendall(get(*upgrade, close=False))
        assert read_one(connection).json["x5t"] == []


@pytest.mark.parametrize("named", [b"Client-Cert", b"client_cert", b"X-Tallystick-Proxy-Key", b"close, Client-Cert"])
def test_connection_header_changes_nothing(keyed: Front, named: bytes) -> None:
    """RFC 9110 7.6.1 is for intermediaries: naming a header neither hides it nor lets another through."""
    with keyed.connect() as connection:
        connection.sendall(get(b"Connection: " + named, *rfc9440((CLIENT,)), key_line(), close=False))
        assert read_one(connection).json["x5t"] == thumb(CLIENT)
    with keyed.connect() as connection:
        connection.sendall(get(b"Connection: " + named, *rfc9440((CLIENT,)), close=False))
        assert read_one(connection).json["x5t"] == []


def test_header_in_a_trailer_is_nobody(keyed: Front) -> None:
    """RFC 9110 6.5.1: fields after the body come too late."""
    head = [b"POST / HTTP/1.1", b"Host: localhost", b"Connection: close", b"Transfer-Encoding: chunked", key_line()]
    trailer = b"0\r\n" + rfc9440((CLIENT,))[0] + b"\r\n\r\n"
    shown = keyed.ask(b"\r\n".join(head) + b"\r\n\r\n" + trailer).json
    assert (shown["x5t"], shown["dropped"]) == ([], [])


def test_many_dropped_headers_count_as_headers(keyed: Front) -> None:
    """attacks.md 12."""
    assert keyed.ask(get(*[b"Client-Cert: a"] * 200)).status == 431


# What the operator hears.


def test_drop_is_reported_once_a_minute_with_what_to_do(keyed: Front, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        nobody(keyed.ask(get(*rfc9440((CLIENT,)))))
    lines = [line for line in caplog.messages if "not_a_proxy" in line]
    assert len(lines) == 1
    assert "client-cert" in lines[0]
    assert REASONS["not_a_proxy"] in lines[0]
    assert value_of(rfc9440((CLIENT,))[0]).decode() not in caplog.text


def test_next_report_tells_how_many_there_were(
    keyed: Front, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        nobody(keyed.ask(get(*rfc9440((CLIENT,)))))
    monkeypatch.setattr(dropped.reports, "_next_at_s", dict.fromkeys(REASONS, time.monotonic()))
    nobody(keyed.ask(get(*rfc9440((CLIENT,)))))
    assert "2 more since the last such line" in caplog.messages[-1]


def test_no_key_is_ever_logged(keyed: Front, caplog: pytest.LogCaptureFixture) -> None:
    nobody(keyed.ask(get(*rfc9440((CLIENT,)), key_line("canary-" + "x" * 40))))
    keyed.ask(get(b"Client-Cert: x", key_line()))
    assert "canary" not in caplog.text
    assert KEY not in caplog.text
    assert "canary" not in repr(
        new_proxies(form="none", certificate_file=None, keys="canary" * 8, addresses=None, client_ip_header=None)
    )


def test_pins_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="proxy certificate"):
        read_pins(tmp_path / "missing.pem")
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(StartupError, match="PEM"):
        read_pins(tmp_path / "empty.pem")


# The client's address.


def test_listed_proxy_names_the_clients_address(listed: Front) -> None:
    for named, client in (
        ("203.0.113.7", "203.0.113.7"),
        ("10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("evil, 203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("nonsense", ADDRESS),
        ("203.0.113.7, unknown", ADDRESS),
    ):
        assert listed.ask(get(b"X-Forwarded-For: " + named.encode())).json["client"] == client
    assert listed.ask(get()).json["client"] == ADDRESS
    two = listed.ask(get(b"X-Forwarded-For: 198.51.100.1", b"X-Forwarded-For: 203.0.113.7"))
    assert two.json["client"] == "203.0.113.7"
    assert listed.ask(get(b"X_Forwarded_For: 203.0.113.7")).json["client"] == ADDRESS


def test_address_is_the_requests_not_the_connections(listed: Front) -> None:
    with listed.connect() as connection:
        for lines, client in (([b"X-Forwarded-For: 203.0.113.7"], "203.0.113.7"), ([], ADDRESS)):
            connection.sendall(get(*lines, close=False))
            assert read_one(connection).json["client"] == client


def test_stranger_names_no_address(proxy: Proxy, tmp_path: Path) -> None:
    with Front(tmp_path, None, tls=False, proxies=settings(proxy, client_ip_header="cf-connecting-ip")) as front:
        line = b"CF-Connecting-IP: 203.0.113.7"
        assert front.ask(get(line)).json["client"] == ADDRESS
        assert front.ask(get(line, key_line("x" * 40))).json["client"] == ADDRESS
        assert front.ask(get(line, key_line())).json["client"] == "203.0.113.7"
        assert front.ask(get(line, line, key_line())).json["client"] == ADDRESS
        assert by_unix(front, get(line)).json["client"] == "203.0.113.7"
        assert by_unix(front, get()).json["client"] == ""


# Keys of custom domains: the application's word.


class Domains:
    """One domain, one key, and a database that may be silent."""

    async def cname_key_holds(self, host: str, key: str) -> bool:
        """By exact comparison."""
        if key == "silent":
            raise Unavailable("the database is silent")
        return (host, key) == ("localhost", "domain-key")

    async def client_ip_header(self, host: str) -> str | None:
        """As the domain says."""
        return "True-Client-IP"


@pytest.fixture(scope="module")
def cname(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Auth0's form, with a custom domain."""
    believed = settings(proxy, form="auth0")
    with Front(tmp_path_factory.mktemp("cname"), uvloop.new_event_loop, proxies=believed, domains=Domains()) as running:
        yield running


CNAME_KEY = b"cname-api-key: domain-key"


def test_domains_key_is_believed(cname: Front) -> None:
    answer = cname.ask(get(*SPELLED["auth0"]((CLIENT,), "SUCCESS"), CNAME_KEY, b"True-Client-IP: 203.0.113.7"))
    shown = answer.json
    assert (shown["x5t"], shown["source"], shown["verdict"]) == (thumb(CLIENT), "header", True)
    assert shown["client"] == "203.0.113.7"
    assert {name for name, _ in shown["headers"]} == {"host", "connection", "true-client-ip"}


def test_a_domains_proxy_names_the_client_in_its_own_header_alone(proxy: Proxy, tmp_path: Path) -> None:
    """The deployment's header is another proxy's business: this one may pass on what the client wrote into it."""
    believed = settings(proxy, form="auth0", client_ip_header="X-Forwarded-For")
    with Front(tmp_path, None, proxies=believed, domains=Domains()) as front:
        forged = b"X-Forwarded-For: 203.0.113.9"
        assert front.ask(get(CNAME_KEY, forged)).json["client"] == ADDRESS
        assert front.ask(get(CNAME_KEY, forged, b"True-Client-IP: 203.0.113.7")).json["client"] == "203.0.113.7"
        assert front.ask(get(key_line(), forged)).json["client"] == "203.0.113.9"


@pytest.mark.parametrize(
    "lines",
    [
        [b"cname-api-key: another"],
        [b"cname-api-key:"],
        [CNAME_KEY, CNAME_KEY],
        [CNAME_KEY, b"cname-api-key: another"],
        [b"cname_api_key: domain-key"],
        [b"X-Tallystick-Proxy-Key: domain-key"],
    ],
)
def test_wrong_domain_key_is_not_believed(cname: Front, lines: list[bytes]) -> None:
    before = counted("wrong_key")
    shown = cname.ask(get(*SPELLED["auth0"]((CLIENT,)), *lines, b"True-Client-IP: 203.0.113.7")).json
    assert (shown["x5t"], shown["source"], shown["verdict"], shown["client"]) == ([], "", None, ADDRESS)
    assert "client-certificate" in shown["dropped"]
    assert counted("wrong_key") == before + 1


def test_domains_key_counts_for_its_host_and_its_request(cname: Front) -> None:
    lines = [*SPELLED["auth0"]((CLIENT,)), CNAME_KEY]
    assert cname.ask(get(*lines).replace(b"Host: localhost", b"Host: other.localhost")).json["x5t"] == []
    with cname.connect() as connection:
        for sent, found in ((lines, thumb(CLIENT)), (lines[:2], []), ([CNAME_KEY], [])):
            connection.sendall(get(*sent, close=False))
            assert read_one(connection).json["x5t"] == found


def test_domains_key_is_nothing_in_another_form(proxy: Proxy, tmp_path: Path) -> None:
    with Front(tmp_path, None, tls=False, proxies=settings(proxy), domains=Domains()) as front:
        nobody(front.ask(get(*rfc9440((CLIENT,)), CNAME_KEY)))


def test_malformed_under_a_domains_key_is_refused_alike(cname: Front, caplog: pytest.LogCaptureFixture) -> None:
    with cname.connect() as connection:
        connection.sendall(get(b"client-certificate: x", CNAME_KEY, close=False))
        answer = read_one(connection)
        assert read_all(connection) == b""
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert any("client_cert.auth0.pem" in line and answer.json["correlation_id"] in line for line in caplog.messages)


def test_silent_database_is_503_and_not_nobody(cname: Front) -> None:
    answer = cname.ask(get(*SPELLED["auth0"]((CLIENT,)), b"cname-api-key: silent"))
    assert (answer.status, answer.json["error"]) == (503, "temporarily_unavailable")
