"""Status lists: which tokens are withdrawn, readable by any API (draft-ietf-oauth-status-list)."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.apis.directory import ApiDirectory
from tallystick.app import open_app
from tallystick.app.tokens import issuer_of, recogniser_of
from tallystick.tenants.tenant import SeenTenant, Tenant
from tallystick.tokens.access_token import AccessTokenOrder
from tallystick.tokens.families import ACCESS_TOKEN_LIFE_MAX_MS, WITHDRAWN_KEPT_MS, Families
from tallystick.tokens.family import TokenFamily
from tallystick.tokens.recognised import InvalidToken
from tallystick.tokens.revoked_token import RevokedToken
from tallystick.tokens.status_lists import StatusLists, packed
from tallystick.tokens.status_places import StatusPlaces
from tests.authorization.asking import asking, set_tenant
from tests.inprocess import FORM, InProcess
from tests.tokens.allowed import ROTATING, Allowed, allowed
from tests.tokens.status_reader import bits_of, claims_of, fetched, status_of, verified

API = "https://api.example/"
OFFLINE = ["openid", "offline_access"]
LISTS = "https://localhost:8443/oauth/status-lists"


def own_token(house: InProcess, client: dict[str, Any]) -> str:
    """An access token of an application itself."""
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    return str(house.token(**proof, audience=API).json()["access_token"])


def published(house: InProcess, **fields: Any) -> Allowed:
    """A person's application, and an API that publishes the status of its tokens."""
    house.api(API, token_status_list=True, allow_offline_access=True, **fields)
    return allowed(house, refresh_token=ROTATING)


@pytest.mark.parametrize("dialect", ["access_token", "rfc9068_profile"])
def test_a_token_names_its_place(house: InProcess, dialect: str) -> None:
    """Draft 6.2: an object of exactly two members."""
    house.api(API, token_status_list=True, token_dialect=dialect)
    place = claims_of(own_token(house, house.client(API)))["status"]
    assert set(place) == {"status_list"}
    assert set(place["status_list"]) == {"idx", "uri"}
    assert place["status_list"]["uri"] == f"{LISTS}/0"
    assert 0 <= place["status_list"]["idx"] < 2**20


def test_without_the_switch_no_token_has_a_place(house: InProcess) -> None:
    house.api(API)
    assert "status" not in claims_of(own_token(house, house.client(API)))


def test_a_list_is_a_signed_jwt_of_its_own_type(house: InProcess) -> None:
    """Draft 5.1; the key is one of the issuer's, and the issuer that of the tokens."""
    house.api(API, token_status_list=True)
    token = own_token(house, house.client(API))
    header, claims = verified(house, fetched(house, f"{LISTS}/0").content)
    now_s = house.clock.now_ms() // 1000
    assert (header["typ"], header["alg"]) == ("statuslist+jwt", "ES256")
    assert claims["iss"] == claims_of(token)["iss"] == house.issuer
    assert claims["sub"] == claims_of(token)["status"]["status_list"]["uri"]
    assert (claims["iat"], claims["exp"], claims["ttl"]) == (now_s, now_s + 600, 30)
    assert claims["status_list"]["aggregation_uri"] == LISTS
    assert status_of(house, token) == 0


def test_an_empty_list_is_small(house: InProcess) -> None:
    answer = fetched(house, f"{LISTS}/0")
    assert len(answer.content) < 1024
    assert bits_of(house, f"{LISTS}/0") == bytes(2**20 // 8)


def test_a_family_has_one_place_for_all_its_tokens(house: InProcess) -> None:
    app = published(house)
    body = app.tokens(OFFLINE, audience=API)
    again = app.refresh(body["refresh_token"]).json()
    other = app.tokens(OFFLINE, audience=API)
    places = [claims_of(one["access_token"])["status"] for one in (body, again, other)]
    assert places[0] == places[1] != places[2]


def test_a_withdrawn_family_marks_all_its_tokens_and_no_others(house: InProcess) -> None:
    app = published(house)
    body, other = (app.tokens(OFFLINE, audience=API) for _ in range(2))
    again = app.refresh(body["refresh_token"]).json()
    tokens = [one["access_token"] for one in (body, again, other)]
    assert [status_of(house, token) for token in tokens] == [0, 0, 0]
    assert app.revoke(again["refresh_token"]).status == 200
    house.clock.advance(0.5)
    assert [status_of(house, token) for token in tokens] == [1, 1, 0]
    assert sum(byte.bit_count() for byte in bits_of(house, f"{LISTS}/0")) == 1


def test_a_reused_refresh_token_marks_what_it_gave(house: InProcess) -> None:
    app = published(house)
    body = app.tokens(OFFLINE, audience=API)
    app.refresh(body["refresh_token"])
    assert app.refresh(body["refresh_token"]).status == 400
    assert status_of(house, body["access_token"]) == 1


def test_a_blocked_person_a_deleted_one_and_a_deleted_application(house: InProcess) -> None:
    app = published(house)
    token = app.tokens(OFFLINE, audience=API)["access_token"]
    house.ask("PATCH", f"users/{app.user.user_id}", {"blocked": True})
    assert status_of(house, token) == 1
    house.ask("DELETE", f"users/{app.user.user_id}")
    other = allowed(house)
    later = other.tokens(OFFLINE, audience=API)["access_token"]
    house.ask("DELETE", f"clients/{other.client_id}")
    house.clock.advance(1)
    assert [status_of(house, one) for one in (token, later)] == [1, 1]


def test_a_place_is_given_to_a_family_that_was_there_before(house: InProcess) -> None:
    """An API that publishes from now on: the next exchange names a place, and the family keeps it."""
    api = house.api(API, allow_offline_access=True)
    app = allowed(house)  # not rotating: an exchange by itself writes nothing
    body = app.tokens(OFFLINE, audience=API)
    app.refresh(body["refresh_token"])
    house.ask("PATCH", f"resource-servers/{api['id']}", {"token_status_list": True})
    one, two = (app.refresh(body["refresh_token"]).json()["access_token"] for _ in range(2))
    assert claims_of(one)["status"] == claims_of(two)["status"]
    assert status_of(house, one) == 0
    app.revoke(body["refresh_token"])
    house.clock.advance(1)
    assert [status_of(house, token) for token in (one, two)] == [1, 1]


@pytest.mark.parametrize("dialect", ["access_token", "opaque"])
def test_a_token_through_the_browser_is_withdrawn_with_its_family(house: InProcess, dialect: str) -> None:
    set_tenant(house, implicit_and_hybrid_supported=True)
    house.api(API, token_dialect=dialect, token_status_list=dialect != "opaque")
    app = asking(house, grant_types=["implicit"])
    answer = app.ask(response_type="token", scope="openid read", audience=API).answer
    token, storage, tenant_id = answer["access_token"], house.worker.storage, house.tenant.tenant_id
    found = house.run(recogniser_of(house.worker).recognise(house.tenant, token))
    assert found.person is not None
    (family,) = house.run(storage.find(TokenFamily, tenant_id))
    assert found.grant_id == family.id
    house.run(Families(storage).withdraw(tenant_id, family, "test", house.clock.now_ms()))
    if dialect != "opaque":
        assert status_of(house, token) == 1
    with pytest.raises(InvalidToken):
        house.run(recogniser_of(house.worker).recognise(house.tenant, token))


def test_ten_thousand_places_over_several_lists(house: InProcess) -> None:
    """Lists of 3000 places; each bit says what became of its token, and no other."""
    storage, tenant = house.worker.storage, house.tenant
    places = StatusPlaces(storage, list_places=3000, block_places=256)
    taken = [house.run(places.take(tenant.tenant_id)) for _ in range(10_000)]
    withdrawn = set(Random(41).sample(taken, 700))
    rows = [
        RevokedToken(
            tenant_id=tenant.tenant_id,
            token_hash=f"{place.list_number}.{place.index}",
            client_id="c",
            status_list=place.list_number,
            status_index=place.index,
            revoked_at_ms=0,
            purge_at_ms=house.clock.now_ms() + 1000,
        )
        for place in withdrawn
    ]
    house.run(storage.write(saves=rows))
    lists = StatusLists(places, storage, house.worker.ring, house.worker.clock)
    read = {}
    for number in range(4):
        published = house.run(lists.published(tenant, number))
        assert published is not None
        encoded = verified(house, published.jwt)[1]["status_list"]["lst"]
        read[number] = zlib.decompress(urlsafe_b64decode(encoded + "=="))
        assert len(read[number]) == 375
    found = {place for place in taken if read[place.list_number][place.index // 8] >> (place.index % 8) & 1}
    assert found == withdrawn
    assert sum(byte.bit_count() for bits in read.values() for byte in bits) == 700


def test_the_example_of_the_draft(house: InProcess) -> None:
    """Draft 4.1: sixteen places of one bit are the bytes B9 and A3."""
    status = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    lst = packed(frozenset(index for index, one in enumerate(status) if one), 16)
    assert zlib.decompress(urlsafe_b64decode(lst + "==")) == bytes([0xB9, 0xA3])
    assert lst[0] == "e"  # RFC 1950: a window of 32 KiB, deflate


def test_another_worker_says_the_same_at_once(house: InProcess) -> None:
    """What one revokes, another refuses with the next request, and lists within 500 ms."""
    app = published(house)
    client = house.client(house.issuer + "api/v2/", ["read:clients"])
    own = Allowed(house=house, client=client, user=app.user, session=app.session)
    token = house.token(**own.proof, audience=house.issuer + "api/v2/").json()["access_token"]
    body = app.tokens(OFFLINE, audience=API)
    opened = house.run(open_app(house.settings, house.clock))
    other = InProcess(house._runner, opened, house.bootstrap, house.clock, house.settings)
    try:
        assert [status_of(one, body["access_token"]) for one in (house, other)] == [0, 0]
        assert other.call("GET", "clients", token=token).status == 200
        assert own.revoke(token).status == app.revoke(body["access_token"]).status == 200
        assert other.call("GET", "clients", token=token).status == 401
        house.clock.advance(0.5)
        assert [status_of(one, body["access_token"]) for one in (house, other)] == [1, 1]
    finally:
        house.run(opened.close())


@pytest.mark.parametrize(("scope", "kept_ms"), [(OFFLINE, ACCESS_TOKEN_LIFE_MAX_MS), (["openid"], 10 * 86_400_000)])
def test_a_family_stays_listed_until_its_last_token_is_over(house: InProcess, scope: list[str], kept_ms: int) -> None:
    """What can refresh may have got its last token this very moment; what cannot has had its only one."""
    app = published(house, token_lifetime=10 * 86_400)
    token = app.tokens(scope, audience=API)["access_token"]
    begun_ms = house.clock.now_ms()
    app.revoke(token)
    (family,) = app.families()
    assert family.purge_at_ms == begun_ms + kept_ms
    house.clock.advance(9.9 * 86_400)
    house.run(house.worker.storage.forget(house.clock.now_ms()))
    assert status_of(house, token) == 1


def test_a_family_without_a_place_is_no_family_of_such_an_api(house: InProcess) -> None:
    """A person's token in a place of its own would look as if it could be withdrawn."""
    app = published(house)
    app.tokens(OFFLINE, audience=API)
    (family,) = app.families()
    api = house.run(ApiDirectory(house.worker.storage, house.worker.storage, list).resource_server(*key_of(family)))
    assert api is not None
    order = AccessTokenOrder(
        tenant=house.tenant,
        resource_server=api,
        client_id=app.client_id,
        subject="s",
        scopes=(),
        gty="",
        binding=None,
        now_ms=0,
        jti="j",
        grant_id=family.id,
    )
    with pytest.raises(AssertionError, match="place of its family"):
        house.run(issuer_of(house.worker).issue(order))


def key_of(family: TokenFamily) -> tuple[str, str]:
    assert family.audience is not None
    return family.tenant_id, family.audience


def test_under_another_issuer_the_same_list_has_its_name(house: InProcess) -> None:
    """A custom domain's tokens name lists under their own issuer: ``sub`` is the URL that they name (draft 8.3)."""
    worker, tenant = house.worker, house.tenant
    seen = SeenTenant(
        **{name: getattr(tenant, name) for name in Tenant.__struct_fields__ if name not in ("issuer", "mtls_issuer")},
        issuer="https://login.example/",
        mtls_issuer="https://login.example/",
        own=tenant,
    )
    lists = StatusLists(worker.status_places, worker.storage, worker.ring, worker.clock)
    for one in (tenant, seen, tenant):
        found = house.run(lists.published(one, 0))
        assert found is not None
        claims = verified(house, found.jwt)[1]
        assert (claims["iss"], claims["sub"]) == (one.issuer, f"{one.issuer}oauth/status-lists/0")


def test_a_key_that_is_rotated_out_signs_no_list_any_more(house: InProcess) -> None:
    before, _ = verified(house, fetched(house, f"{LISTS}/0").content)
    house.ask("POST", "keys/signing/rotate", {"alg": "ES256"})
    house.clock.advance(1)
    after, _ = verified(house, fetched(house, f"{LISTS}/0").content)
    assert after["kid"] != before["kid"]


def test_a_clock_that_is_set_back_freezes_no_list(house: InProcess) -> None:
    """Whatever was read at a time that is still to come is not younger than half a second."""
    house.api(API, token_status_list=True)
    client = house.client(API)
    assert [house.request("GET", f"/oauth/status-lists{path}").status for path in ("", "/1")] == [200, 404]
    token = own_token(house, client)
    assert status_of(house, token) == 0
    house.clock.advance(-30)
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    sent = urlencode({**proof, "token": token}).encode()
    assert house.request("POST", "/oauth/revoke", sent, {b"content-type": FORM}).status == 200
    assert status_of(house, token) == 1
    assert len(fetched(house, LISTS).json()["status_lists"]) == 1


def test_a_family_that_no_list_names_is_forgotten_as_before(house: InProcess) -> None:
    app = allowed(house)
    app.revoke(app.tokens(OFFLINE)["refresh_token"])
    (family,) = app.families()
    assert family.purge_at_ms == house.clock.now_ms() + WITHDRAWN_KEPT_MS
