"""attacks.md 32: what others may have the server fetch. One table of places, each against the same bad addresses.

The guarded client is held to its rules in `tests/outbound`; here every place is shown to go through it. A new
place that fetches gets a row.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tallystick.clients.key_set import KeySet
from tallystick.outbound import guarded
from tests.application import JWT_BEARER, now_ms
from tests.authorization.asking import last_event
from tests.authorization.request_objects.signing import signing
from tests.forge import Key
from tests.inprocess import InProcess, in_process
from tests.nameserver import NameServer, name_server
from tests.publisher import public_jwk
from tests.receiver import Receiver, receiver, says

NAME = "rp.example"
NUMBER = itertools.count()
KEY = Key("ES256", "a")


@pytest.fixture(scope="module")
def rp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(tmp_path_factory.mktemp("rp"), NAME) as running:
        yield running


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with name_server() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, rp: Receiver, names: NameServer) -> Iterator[InProcess]:
    """The operator lists one address, at which the receiver is."""
    options = {"outbound_allow": "127.0.0.1/32", "outbound_ca": rp.ca_file, "dns_server": names.address}
    with in_process(tmp_path_factory.mktemp("outbound") / "data", now_ms(), **options) as running:
        running.api()
        yield running


# Each place: has the server fetch the address, and answers the guarded client's word for why it could not; empty for an
# answer that came, whatever was in it.


def _robot(house: InProcess, url: str) -> str:
    client_id = str(house.client("https://api.example/")["client_id"])
    methods = {"private_key_jwt": {"jwks_uri": url}}
    body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    answer = house.call("PATCH", f"clients/{client_id}", body)
    return client_id if answer.status == 200 else ""


def _word_of(house: InProcess, url: str) -> str:
    record = house.run(house.worker.storage.get(KeySet, house.tenant.tenant_id, url))
    word = (record.last_error or "").partition(":")[0] if record is not None else ""
    return "" if word in ("json", "keys", "status") else word


def jwks_uri_of_a_token_request(house: InProcess, url: str) -> str:
    """Anybody can send an assertion in a client's name."""
    client_id = _robot(house, url)
    if not client_id:
        return "url"
    assertion = KEY.assertion(client_id, house.issuer)
    form: dict[str, Any] = {
        "audience": "https://api.example/",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
    }
    assert house.token(**form).status == 401
    return _word_of(house, url)


def jwks_uri_of_a_refresh(house: InProcess, url: str) -> str:
    """An administrator asks for it."""
    client_id = _robot(house, url)
    if not client_id:
        return "url"
    house.ask("POST", f"clients/{client_id}/key-sets/refresh")
    return _word_of(house, url)


SAID = {
    "is not a JSON array": "",
    "is not public": "address",
    "redirect is not followed": "redirect",
    "took longer than": "time",
    "is larger than": "size",
    "no connection": "connection",
    "has no address": "connection",
    "URL": "url",
}
"""What an administrator is told → the guarded client's word for it."""


def sector_identifier_uri(house: InProcess, url: str) -> str:
    """An administrator, and later whoever may register."""
    body = {"name": "x", "callbacks": ["https://app.example/"], "sector_identifier_uri": url}
    answer = house.call("POST", "clients", body)
    assert answer.status == 400
    return next(word for said, word in SAID.items() if said in answer.json()["message"])


def request_uri(house: InProcess, url: str) -> str:
    """Anybody can send a browser to ``/authorize`` with an address that the client registered."""
    try:
        app = signing(house, request_uris=[url])
    except AssertionError:
        return "url"
    app.browser.get(app.path(request_uri=url, scope=None, response_type=None))
    details: dict[str, Any] = last_event(house).details
    return str(details["reason"]) if details["check"] == "request_uri.fetch" else ""


PLACES: list[Callable[[InProcess, str], str]] = [
    jwks_uri_of_a_token_request,
    jwks_uri_of_a_refresh,
    sector_identifier_uri,
    request_uri,
]

each_place = pytest.mark.parametrize("fetch", PLACES, ids=lambda place: place.__name__)


def fresh(rp: Receiver, host: str, path: str = "") -> str:
    """An address that nobody was asked about yet."""
    return rp.url(f"/{path or next(NUMBER)}", host=host)


def ready(house: InProcess, rp: Receiver, names: NameServer, *addresses: str) -> None:
    # A connection that is kept was judged when it was made; here each test is to make its own.
    house.run(house.worker.outbound.close())
    house.clock.advance(60)
    house.forget_token()
    rp.answers.clear()
    rp.told.clear()
    names.addresses[NAME] = list(addresses)


@each_place
def test_what_is_allowed_is_asked(fetch: Any, house: InProcess, rp: Receiver, names: NameServer) -> None:
    ready(house, rp, names, "127.0.0.1")
    path = f"/allowed-{fetch.__name__}"
    rp.answers[path] = says(200, b"{}", content_type="application/jwt")
    assert fetch(house, rp.url(path, host=NAME)) == ""
    assert [told.path for told in rp.told] == [path]


def test_keys_come_over_tls_from_a_name(house: InProcess, rp: Receiver, names: NameServer) -> None:
    """The way as it should go, through every part: name server, certificate, key set, token."""
    ready(house, rp, names, "127.0.0.1")
    rp.answers["/jwks.json"] = says(200, json.dumps({"keys": [public_jwk(KEY)]}).encode())
    client_id, now_s = _robot(house, rp.url("/jwks.json", host=NAME)), house.clock.now_ms() // 1000
    assertion = KEY.assertion(client_id, house.issuer, iat=now_s, exp=now_s + 60)
    form: dict[str, Any] = {"audience": "https://api.example/", "client_assertion_type": JWT_BEARER}
    assert house.token(**form, client_assertion=assertion).status == 200


@each_place
def test_inner_addresses_are_not_dialled_however_they_are_written(
    fetch: Any, house: InProcess, rp: Receiver, names: NameServer
) -> None:
    ready(house, rp, names)
    for host in (
        *("127.0.0.2", "2130706434", "0x7f000002", "127.2", "[::1]", "[::ffff:127.0.0.2]", "[64:ff9b::7f00:2]"),
        *("10.0.0.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "0.0.0.0"),
    ):
        assert fetch(house, fresh(rp, host)) in ("address", "url", "connection"), host
    assert rp.told == []


@each_place
@pytest.mark.parametrize("address", ["169.254.169.254", "10.1.2.3", "::1", "::ffff:127.0.0.2", "127.0.0.2"])
def test_names_that_lead_inside_are_not_followed(
    fetch: Any, house: InProcess, rp: Receiver, names: NameServer, address: str
) -> None:
    ready(house, rp, names, address)
    assert fetch(house, fresh(rp, NAME)) == "address"


@each_place
def test_a_name_that_leads_elsewhere_the_second_time(
    fetch: Any, house: InProcess, rp: Receiver, names: NameServer
) -> None:
    ready(house, rp, names, "127.0.0.1")
    path = f"/rebind-{fetch.__name__}"
    rp.answers[path] = says(200, b"{}", connection="close", cache_control="no-store")
    assert fetch(house, rp.url(path, host=NAME)) == ""
    asked = len(rp.told)
    ready(house, rp, names, "169.254.169.254")
    names.asked.clear()
    assert fetch(house, rp.url(path, host=NAME)) == "address"
    assert (asked, rp.told) == (1, [])
    assert names.asked  # the name was looked up anew


@each_place
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(fetch: Any, house: InProcess, rp: Receiver, names: NameServer, status: int) -> None:
    ready(house, rp, names, "127.0.0.1")
    path = f"/moved-{status}-{fetch.__name__}"
    rp.answers[path] = says(status, location=rp.url("/inside", host="localhost"))
    assert fetch(house, rp.url(path, host=NAME)) == "redirect"
    assert [told.path for told in rp.told] == [path]


@each_place
def test_a_slow_server_does_not_hold_us(
    fetch: Any, house: InProcess, rp: Receiver, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(house, rp, names, "127.0.0.1")
    monkeypatch.setattr(guarded, "TOTAL_S_MAX", 0.3)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/jwt\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(800):  # until nobody listens any more, which is much sooner
            try:
                handler.wfile.write(b"x")
            except OSError:
                break
            time.sleep(0.05)
        handler.close_connection = True

    path = f"/slow-{fetch.__name__}"
    rp.answers[path] = drip
    assert fetch(house, rp.url(path, host=NAME)) == "time"


@each_place
def test_an_endless_answer_is_not_read(fetch: Any, house: InProcess, rp: Receiver, names: NameServer) -> None:
    ready(house, rp, names, "127.0.0.1")
    written = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal written
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/jwt\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while written < 2**30:
                handler.wfile.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                written += 65_536
        except OSError:
            pass
        handler.close_connection = True

    path = f"/endless-{fetch.__name__}"
    rp.answers[path] = endless
    assert fetch(house, rp.url(path, host=NAME)) == "size"
    assert written < 50 * 2**20


@pytest.mark.parametrize("fetch", [jwks_uri_of_a_token_request, request_uri])
def test_the_caller_does_not_hear_what_is_inside(
    fetch: Any, house: InProcess, rp: Receiver, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open port and a forbidden address look alike to whoever is no administrator."""
    heard = []
    real = house.sent

    def listening(*arguments: Any, **options: Any) -> Any:
        answer = real(*arguments, **options)
        if arguments[1].startswith(("/oauth/token", "/authorize")):
            heard.append((answer.status, re.sub(rb'"correlation_id":"[^"]*"', b"", answer.content)))
        return answer

    monkeypatch.setattr(house, "sent", listening)
    for host, address in ((NAME, "127.0.0.1"), (NAME, "169.254.169.254"), ("127.0.0.1", "")):
        ready(house, rp, names, *([address] if address else []))
        fetch(house, fresh(rp, host))
    failures = [one for one in heard if one[0] != 200]
    assert len(set(failures)) == 1
