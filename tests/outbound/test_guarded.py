"""The guarded client against a server that answers as it should, and as it should not."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tallystick.outbound import guarded
from tallystick.outbound.allowed import allowed_of
from tallystick.outbound.guarded import Fetched, FetchFailed, GuardedClient
from tests.receiver import Receiver, receiver, says

T = TypeVar("T")
LOOP = asyncio.Runner()
"""One loop for all, as in a worker: what a failed handshake leaves behind is closed by and by."""


@pytest.fixture(scope="module")
def rp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(tmp_path_factory.mktemp("rp"), "rp.example") as running:
        yield running
    LOOP.close()


class Names:
    """A DNS of the test's own: each look-up takes the next answer; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def addresses(self, name: str) -> list[str]:
        self.asked.append(name)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def txt(self, name: str) -> list[str]:
        raise AssertionError(name)


def asked(
    rp: Receiver,
    ask: Callable[[GuardedClient], Awaitable[T]],
    *,
    allow: str = "127.0.0.0/8",
    names: Names | None = None,
    trusted: bool = True,
) -> T:
    """What comes of ``ask``, in a fresh client."""

    async def run() -> T:
        client = GuardedClient(allowed_of(allow), rp.ca_file if trusted else None, names)
        try:
            return await ask(client)
        finally:
            await client.close()

    return LOOP.run(run())


def get(rp: Receiver, url: str, **options: Any) -> Fetched:
    how = {name: options.pop(name) for name in ("redirects_max", "bytes_max") if name in options}
    return asked(rp, lambda client: client.get(url, **how), **options)


def refused(rp: Receiver, url: str, **options: Any) -> str:
    before = len(rp.told)
    with pytest.raises(FetchFailed) as failure:
        get(rp, url, **options)
    if failure.value.reason in ("url", "address", "tls") and "redirects_max" not in options:
        assert len(rp.told) == before  # nothing was asked
    return failure.value.reason


def test_a_form_arrives_and_its_answer_comes_back(rp: Receiver) -> None:
    rp.answers["/form"] = says(200, b"taken", content_type="Text/Plain; charset=utf-8", set_cookie="a=b")

    async def twice(client: GuardedClient) -> Fetched:
        await client.post_form(rp.url("/form"), {"logout_token": "a.b+c", "x": "ä"})
        return await client.post_form(rp.url("/form"), {})

    answer = asked(rp, twice)
    assert (answer.status, answer.content_type, answer.content) == (200, "text/plain", b"taken")
    first, second = [one for one in rp.told if one.path == "/form"]
    assert first.form == {"logout_token": "a.b+c", "x": "ä"}
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert first.headers["accept-encoding"] == "identity"
    assert "cookie" not in second.headers


@pytest.mark.parametrize("status", [204, 302, 400, 404, 500])
def test_an_answer_of_any_status_is_one_but_for_redirects(rp: Receiver, status: int) -> None:
    rp.answers["/status"] = says(status, location="/elsewhere")
    if status == 302:
        assert refused(rp, rp.url("/status")) == "redirect"
    else:
        assert get(rp, rp.url("/status")).status == status


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://rp.example/",
            "ftp://rp.example/",
            "file:///etc/passwd",
            "//rp.example",
            "https://",
            "https:///x",
            "",
        ),
        *("https:///x", "https://user@rp.example/", "https://user:pw@rp.example/", "https://rp.example:0/"),
        *(
            "https://rp.example:x/",
            f"https://rp.example/{'a' * 3000}",
            "https://[::1/",
            "http://127.0.0.2.example/",
            "gopher://127.0.0.1:25/",
        ),
    ],
)
def test_what_is_no_https_url_is_not_asked(rp: Receiver, url: str) -> None:
    names = Names(["127.0.0.1"])
    assert refused(rp, url, names=names) == "url"
    assert names.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::7f00:1]", "169.254.169.254"),
        *("①②⑦.⓪.⓪.①", "127。0。0。1", "10.0.0.1", "[fd00:ec2::254]", "[fe80::1%25lo]"),
    ],
)
def test_loopback_and_private_addresses_are_not_dialled_however_they_are_written(rp: Receiver, host: str) -> None:
    assert refused(rp, rp.url(host=host), allow="") in ("address", "url")


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1", "169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["0.0.0.0"]]
)
def test_a_name_that_leads_inside_is_not_dialled(rp: Receiver, addresses: list[str]) -> None:
    assert refused(rp, rp.url(host="rp.example"), allow="", names=Names(addresses)) == "address"


def test_rebinding_a_name_that_leads_inside_the_second_time(rp: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    # Allowed at first, private after: every connection is judged by the address that it goes to.
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    rp.answers["/rebind"] = says(204, connection="close")

    async def twice(client: GuardedClient) -> None:
        url = rp.url("/rebind", host="rp.example")
        assert (await client.get(url)).status == 204
        with pytest.raises(FetchFailed) as failure:
            await client.get(url)
        assert failure.value.reason == "address"

    asked(rp, twice, allow="127.0.0.1/32", names=names)
    assert names.asked == ["rp.example", "rp.example"]


def test_the_good_one_of_several_addresses_is_dialled(rp: Receiver) -> None:
    names = Names(["10.0.0.1", "127.0.0.1"])
    assert get(rp, rp.url(host="rp.example"), names=names, allow="127.0.0.1").status == 204


def test_a_host_that_the_operator_lists_may_be_anywhere(rp: Receiver) -> None:
    assert get(rp, rp.url(host="rp.example"), names=Names(["127.0.0.1"]), allow="rp.example").status == 204
    assert refused(rp, rp.url(host="rp.example"), names=Names(["127.0.0.1"]), allow="other.example") == "address"


def test_redirects_are_followed_only_where_asked_for_and_each_is_judged(rp: Receiver) -> None:
    rp.answers |= {
        "/r/one": says(302, location="two"),
        "/r/two": says(200, b"here"),
        "/r/inside": says(302, location=rp.url(host="localhost")),
        "/r/metadata": says(307, location="https://169.254.169.254/latest/meta-data/"),
        "/r/plain": says(301, location="http://public.example/"),
        "/r/file": says(302, location="file:///etc/passwd"),
        "/r/nowhere": says(302),
        "/r/ever": says(302, location="/r/ever"),
    }
    here = {"allow": "rp.example", "names": Names(["127.0.0.1"]), "redirects_max": 1}
    assert get(rp, rp.url("/r/one", host="rp.example"), **here).content == b"here"
    why = {path: refused(rp, rp.url(f"/r/{path}", host="rp.example"), **here) for path in ("ever", "nowhere", "file")}
    assert why == {"ever": "redirect", "nowhere": "url", "file": "url"}
    for path, reason in (("inside", "address"), ("metadata", "address"), ("plain", "url")):
        with pytest.raises(FetchFailed) as failure:
            get(rp, rp.url(f"/r/{path}", host="rp.example"), **here)
        assert failure.value.reason == reason


def test_a_form_is_never_sent_on(rp: Receiver) -> None:
    rp.answers["/moved"] = says(307, location="/stolen")
    with pytest.raises(FetchFailed) as failure:
        asked(rp, lambda client: client.post_form(rp.url("/moved"), {"logout_token": "t"}))
    assert failure.value.reason == "redirect"
    assert not [one for one in rp.told if one.path == "/stolen"]


def test_huge_bodies_are_not_read(rp: Receiver) -> None:
    written = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal written
        handler.send_response(200)
        handler.send_header("content-length", str(2**30))
        handler.end_headers()
        try:
            while written < 2**30:
                handler.wfile.write(b"x" * 65_536)
                written += 65_536
        except OSError:
            handler.close_connection = True

    rp.answers["/huge"] = endless
    rp.answers["/just"] = says(200, b"x" * 100)
    assert refused(rp, rp.url("/huge"), bytes_max=100_000) == "size"
    assert written < 50 * 2**20
    assert len(get(rp, rp.url("/just"), bytes_max=100).content) == 100
    assert refused(rp, rp.url("/just"), bytes_max=99) == "size"


def test_a_bomb_is_not_unpacked(rp: Receiver) -> None:
    rp.answers["/bomb"] = says(200, gzip.compress(b"0" * 10_000_000), content_encoding="gzip")
    assert refused(rp, rp.url("/bomb")) == "encoding"


@pytest.mark.parametrize("part", ["head", "body"])
def test_slow_answers_end_after_the_time_for_all_of_it(
    rp: Receiver, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(guarded, "TOTAL_S_MAX", 0.4)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n")
        handler.wfile.write(b"\r\n" if part == "body" else b"name: ")
        for _ in range(1000):  # until nobody listens any more, which is much sooner
            try:
                handler.wfile.write(b"x")
            except OSError:
                break
            time.sleep(0.05)
        handler.close_connection = True

    rp.answers["/slow"] = drip
    assert refused(rp, rp.url("/slow")) == "time"


class SlowNames(Names):
    """Names that begin with ``slow`` are never found."""

    async def addresses(self, name: str) -> list[str]:
        found = await super().addresses(name)
        if name.startswith("slow"):
            await asyncio.Event().wait()
        return found


def test_a_tenant_whose_addresses_never_answer_leaves_the_others_room(
    rp: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "AT_ONCE_PER_TENANT_MAX", 3)
    monkeypatch.setattr(guarded, "AT_ONCE_MAX", 4)
    monkeypatch.setattr(guarded, "TOTAL_S_MAX", 2)
    names = SlowNames(["127.0.0.1"])

    async def ask(client: GuardedClient) -> Fetched:
        slow = [client.get(f"https://slow{number}.example/", tenant_id="one") for number in range(10)]
        waiting = asyncio.gather(*slow, return_exceptions=True)
        await asyncio.sleep(0)
        answer = await client.get(rp.url(host="rp.example"), tenant_id="another")
        assert len(names.asked) <= 4
        # Those that wait for their turn do so within their time.
        assert {type(each) for each in await waiting} == {FetchFailed}
        return answer

    assert asked(rp, ask, names=names).status == 204


def test_certificates_are_checked(rp: Receiver) -> None:
    assert refused(rp, rp.url(), trusted=False) == "tls"
    assert refused(rp, rp.url(host="other.example"), names=Names(["127.0.0.1"])) == "tls"


def test_no_proxy_of_the_environment_is_used(rp: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert get(rp, rp.url()).status == 204


def test_plain_http_is_for_this_machine_alone_where_it_is_listed(rp: Receiver) -> None:
    # The receiver speaks TLS: that it breaks there shows that it was dialled.
    assert refused(rp, rp.url(scheme="http"), allow="127.0.0.1") == "connection"
    assert refused(rp, rp.url(scheme="http", host="rp.example"), allow="127.0.0.1,rp.example") == "url"
    assert refused(rp, rp.url(scheme="http"), allow="") == "url"


def test_a_name_that_nobody_has_is_told_as_that(rp: Receiver, tmp_path: Path) -> None:
    assert refused(rp, "https://nobody.invalid/") == "connection"
