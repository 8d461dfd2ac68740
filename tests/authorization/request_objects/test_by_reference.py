"""Request objects by reference: RFC 9101 5.2, OpenID Connect Core 6.2; attacks.md 32."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tallystick.authorization import request_uris
from tallystick.authorization.request_uris import RequestUris
from tallystick.clients.client import Client
from tallystick.clients.directory import RegisteredClient
from tallystick.errors import OAuthError
from tallystick.jose.keys import jwk_of, public_key_of
from tallystick.outbound.guarded import Fetched, FetchFailed
from tests.application import now_ms
from tests.authorization.asking import REDIRECT_URI, check_of
from tests.authorization.request_objects.signing import Signing, signing
from tests.forge import Key, b64
from tests.inprocess import InProcess, in_process
from tests.receiver import Receiver, receiver, says
from tests.signin import Stop

TYPE = "application/oauth-authz-req+jwt"
PATH = "/request.jwt"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """The application's own server."""
    with receiver(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, site: Receiver) -> Iterator[InProcess]:
    site.answers.clear()
    site.told.clear()
    options = {"outbound_allow": "127.0.0.1", "outbound_ca": site.ca_file}
    with in_process(tmp_path / "data", now_ms(), **options) as running:
        yield running


def by_reference(app: Signing, request_uri: str) -> Stop:
    return app.browser.get(app.path(request_uri=request_uri, scope=None, response_type=None))


def publish(site: Receiver, text: str, **headers: str) -> None:
    site.answers[PATH] = says(200, text.encode(), **{"content_type": TYPE, **headers})


def refused(app: Signing, stop: Stop, check: str) -> None:
    """The same for whatever was wrong, so that nobody learns what is open in which network."""
    assert stop.location.startswith(REDIRECT_URI), (stop.status, stop.url, stop.error)
    answer = stop.answer
    assert (answer["error"], answer["error_description"]) == (
        "invalid_request_uri",
        "The request_uri is not acceptable.",
    )
    assert check_of(app.house) == check


def test_a_registered_address_is_asked(house: InProcess, site: Receiver) -> None:
    app = signing(house, request_uris=[site.url(PATH)])
    publish(site, app.object())
    answer = by_reference(app, site.url(PATH)).answer
    assert (answer["state"], "code" in answer) == ("inside", True)
    assert TYPE in site.told[0].headers["accept"]
    # By the letter; and what is no https address is none at all.
    for other in (site.url(PATH + "?"), site.url("/Request.jwt"), site.url(PATH, host="127.0.0.1")):
        refused(app, by_reference(app, other), "request_uri.registered")
    for scheme in ("http://localhost/x", "urn:example:x", "data:,x", "file:///etc/passwd"):
        refused(app, by_reference(app, scheme), "request_uri.scheme")
    assert len(site.told) == 1


def test_without_a_registered_address_nobody_is_asked(house: InProcess, site: Receiver) -> None:
    app = signing(house)
    refused(app, by_reference(app, site.url(PATH)), "request_uri.registered")
    assert not site.told


def test_not_both_ways(house: InProcess, site: Receiver) -> None:
    app = signing(house, request_uris=[site.url(PATH)])
    stop = by_reference(app, site.url(PATH) + "&request=" + app.object())
    assert stop.answer["error"] in ("invalid_request_uri", "invalid_request")
    stop = app.browser.get(app.path(request_uri=site.url(PATH), request=app.object()))
    assert (stop.answer["error"], check_of(house)) == ("invalid_request", "request_object.ambiguous")
    assert not site.told


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        ("request_uri.status", says(404, content_type=TYPE)),
        ("request_uri.content_type", says(200, b"x", content_type="text/html")),
        ("request_uri.content", says(200, b"\xc3\xa4", content_type=TYPE)),
        ("request_uri.fetch", says(302, location="https://localhost/")),
        ("request_uri.fetch", says(200, b"x" * 60_000, content_type=TYPE)),
    ],
)
def test_trouble_is_not_told_apart(house: InProcess, site: Receiver, check: str, answer: Any) -> None:
    app = signing(house, request_uris=[site.url(PATH)])
    site.answers[PATH] = answer
    for _ in range(2):
        refused(app, by_reference(app, site.url(PATH)), check)
    assert len(site.told) == 1, "an address in trouble is left alone for a while"


def test_private_addresses_are_not_asked(tmp_path: Path, site: Receiver) -> None:
    """attacks.md 32: loopback is private, unless the operator lists it."""
    with in_process(tmp_path / "data", now_ms(), outbound_ca=site.ca_file) as house:
        app = signing(house, request_uris=[site.url(PATH)])
        refused(app, by_reference(app, site.url(PATH)), "request_uri.fetch")


def test_every_rule_holds_for_what_was_fetched(house: InProcess, site: Receiver) -> None:
    app = signing(house, request_uris=[site.url(PATH)])
    publish(site, app.object(client_id="somebody"))
    answer = by_reference(app, site.url(PATH)).answer
    assert (answer["error"], check_of(house)) == ("invalid_request_object", "request_object.client_id")


@pytest.mark.parametrize("source", ["jwks", "jwks_uri"])
def test_the_keys_may_be_the_applications_to_publish(house: InProcess, site: Receiver, source: str) -> None:
    """No credential of ours counts as used then, and none can be withdrawn."""
    key = Key("ES256", "the-published-key")
    jwk = {**jwk_of(public_key_of(key.private.public_key())), "kid": key.kid, "use": "sig"}
    site.answers["/jwks.json"] = says(200, json.dumps({"keys": [jwk]}).encode(), content_type="application/json")
    held = {"jwks": {"keys": [jwk]}, "jwks_uri": site.url("/jwks.json")}[source]
    app = signing(house, signed_request_object={source: held})
    assert "code" in app.carry(app.object(key=key)).answer
    stop = app.carry(app.object(key=Key("ES256", "the-published-key")))
    assert (stop.answer["error"], check_of(house)) == ("invalid_request_object", "jwt.signature")


class Site:
    """A fetcher that answers as it is told, and counts."""

    def __init__(self, content: bytes = b"a.b.c", **headers: str) -> None:
        self.asked = 0
        self.content = content
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    async def get(self, url: str, *, tenant_id: str, accept: str, bytes_max: int) -> Fetched:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.content:
            raise FetchFailed("connection", "There was no connection.")
        return Fetched(status=200, content_type=TYPE, headers=self.headers, content=self.content)


URL = "https://app.example/r"


def allowing(*request_uris: str) -> RegisteredClient:
    """A client that registered these."""
    metadata = {"request_uris": list(request_uris)}
    client = Client(tenant_id="t", client_id="c", name="n", metadata=metadata, created_at_ms=0, updated_at_ms=0)
    return RegisteredClient(client=client)


APP = allowing(URL)


def named(content: bytes) -> str:
    """The address with the hash of what is to be there (Core 6.2)."""
    return f"{URL}#{b64(sha256(content).digest())}"


def fetched(uris: RequestUris, now_ms: int, request_uri: str = URL) -> str:
    return asyncio.run(uris.fetch(APP, request_uri, now_ms))


@pytest.mark.parametrize(
    ("cache_control", "fresh_s"),
    [
        ("", 1),
        ("max-age=60", 60),
        ("public, max-age=60", 60),
        ("no-store, max-age=60", 1),
        ("max-age=60, no-cache", 1),
        ("max-age=999999999", 3600),
        ("s-maxage=60", 1),
        ("max-age=0", 1),
    ],
)
def test_an_answer_is_used_again_as_long_as_it_says(cache_control: str, fresh_s: int) -> None:
    site = Site(cache_control=cache_control)
    uris = RequestUris(site)
    for now in (0, fresh_s * 1000 - 1):
        assert fetched(uris, now) == "a.b.c"
    assert site.asked == 1
    fetched(uris, fresh_s * 1000)
    assert site.asked == 2


def test_a_fragment_is_the_hash_of_the_content() -> None:
    site = Site()
    uris = RequestUris(site)
    for now in (0, 3_599_999):
        assert fetched(uris, now, named(b"a.b.c")) == "a.b.c"
    assert site.asked == 1, "what the fragment names cannot have changed"
    site.content = b"d.e.f"
    assert fetched(uris, 3_599_999, named(b"d.e.f")) == "d.e.f", "another fragment says that it has"
    for wrong in ("x", "ä", named(b"a.b.c").partition("#")[2]):
        with pytest.raises(OAuthError) as refusal:
            fetched(uris, 3_700_000, f"{URL}#{wrong}")
        assert (refusal.value.code, refusal.value.check) == ("invalid_request_uri", "request_uri.hash")
    assert site.asked == 3, "fragments without end ask once a second"


def test_an_address_registered_with_its_hash_is_good_for_no_other() -> None:
    client = allowing(named(b"a.b.c"))
    assert asyncio.run(RequestUris(Site()).fetch(client, named(b"a.b.c"), 0)) == "a.b.c"
    uris = RequestUris(Site(b"d.e.f"))
    for request_uri in (URL, named(b"d.e.f")):
        with pytest.raises(OAuthError) as refusal:
            asyncio.run(uris.fetch(client, request_uri, 0))
        assert refusal.value.check == "request_uri.registered"


def test_of_many_at_once_one_asks() -> None:
    site = Site()
    uris = RequestUris(site)

    async def all_at_once() -> list[str]:
        waiting = [asyncio.create_task(uris.fetch(APP, URL, 0)) for _ in range(10)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # who leaves takes nothing from the others
        return await asyncio.gather(*waiting[1:])

    assert asyncio.run(all_at_once()) == ["a.b.c"] * 9
    assert site.asked == 1


def test_trouble_is_remembered_for_five_seconds() -> None:
    site = Site(b"")
    uris = RequestUris(site)
    for now in (0, 4_999, 5_000):
        with pytest.raises(OAuthError):
            fetched(uris, now)
    assert site.asked == 2


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_uris, "ENTRIES_MAX", 1)
    many = allowing(URL, f"{URL}2")
    site = Site(cache_control="max-age=60")
    uris = RequestUris(site)
    for url in (URL, f"{URL}2", URL):
        asyncio.run(uris.fetch(many, url, 0))
    assert site.asked == 3
