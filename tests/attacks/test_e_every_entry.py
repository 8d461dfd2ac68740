"""attacks.md 36, 37: what holds for a plain request holds by every way in: carried, signed, pushed, by reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.authorization.checks import CHECKS, EVERYWHERE
from tallystick.outbound.guarded import GuardedClient
from tests.attacks.test_e_redirects import PARSER_DIFFERENTIALS, REGISTERED
from tests.authorization.asking import check_of
from tests.authorization.pushing import PKCE, post, proof_of, push, pushed, refused, visit
from tests.authorization.request_objects.encrypting import encrypted
from tests.authorization.request_objects.signing import FAPI, Signing, signing, with_key
from tests.forge import Key
from tests.inprocess import InProcess

REQUEST_URI = "https://rp.example/request.jwt"
NEAR_REQUEST_URI = (
    # the registered letters, and then some: CVE-2026-18211 (a prefix of the host), CVE-2026-18206 (a suffix)
    *("https://rp.example.evil.example/request.jwt", "https://evilrp.example/request.jwt"),
    *("https://rp.example@evil.example/request.jwt", "https://evil.example/?https://rp.example/request.jwt"),
    *("https://evil.example#https://rp.example/request.jwt", "https://rp.example:443/request.jwt"),
    *("https://rp.example./request.jwt", "https://RP.example/request.jwt", "HTTPS://rp.example/request.jwt"),
    *("https://rp.example/request.jwt?", "https://rp.example/request.jwt/", "https://rp.example/x/../request.jwt"),
    *(
        "https://rp.example\\@evil.example/request.jwt",
        "https://rp.example/request.jwt\x00",
        " https://rp.example/request.jwt",
    ),
    *("http://rp.example/request.jwt", "https://localhost.evil.example/", "https://localhost/request.jwt", "https://*"),
)


@pytest.fixture(autouse=True)
def nobody_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def get(_: object, url: str, **options: Any) -> None:
        raise AssertionError(f"{url} was asked")

    monkeypatch.setattr(GuardedClient, "get", get)


def test_37_no_parser_differential_is_pushed(house: InProcess) -> None:
    """Plain, signed, and encrypted around it."""
    app = signing(house, callbacks=[REGISTERED])
    for uri in PARSER_DIFFERENTIALS:
        signed = app.object(redirect_uri=uri)
        for form in ({**app.parameters(redirect_uri=uri), **PKCE}, {"request": signed}):
            answer = post(app, {"client_id": app.client["client_id"], **form, **proof_of(app)})
            assert answer.status == 400, uri
            assert answer.json()["error"] in ("invalid_request", "invalid_request_object")
            assert "location" not in answer.headers
    refused(app.push(encrypted(house, app.object(redirect_uri=PARSER_DIFFERENTIALS[0]))), "invalid_request")
    assert "code" in visit(app, pushed(app)).answer


def test_37_no_parser_differential_is_signed(house: InProcess) -> None:
    """Whoever signs it, nobody is sent there; nor to one that stands beside an object which is refused."""
    app = signing(house, callbacks=[REGISTERED, f"{REGISTERED}/2"])  # none that would do unnamed
    for uri in PARSER_DIFFERENTIALS:
        stops = [app.carry(app.object(redirect_uri=uri), redirect_uri=None), app.carry("e30.e30.", redirect_uri=uri)]
        stops.append(app.carry(app.object(redirect_uri=uri, response_mode="form_post"), redirect_uri=None))
        for stop in stops:
            assert (stop.status, stop.location, stop.reply.header("refresh")) == (400, "", ""), uri
            assert not [form for form in stop.page.forms if form.action]
    assert "code" in app.carry(app.object()).answer


def test_37_ports_of_loopback_and_nothing_else_of_it(house: InProcess) -> None:
    """RFC 8252 7.3, pushed and signed: the port is free, every other letter is not."""
    app = signing(
        house, app_type="native", callbacks=["http://127.0.0.1/cb"], token_endpoint_auth_method="client_secret_post"
    )
    for uri, is_one in {
        "http://127.0.0.1:49152/cb": True,
        "http://127.0.0.1:1@evil.example/cb": False,
        "http://127.0.0.1.evil.example/cb": False,
        "http://127.0.0.1:1/cb/x": False,
        "http://localhost:1/cb": False,
        "http://2130706433:1/cb": False,
    }.items():
        assert (push(app, redirect_uri=uri).status == 201) is is_one, uri
        assert (app.push(app.object(redirect_uri=uri)).status == 201) is is_one, uri


def test_36_an_address_is_asked_by_its_letters_alone(house: InProcess) -> None:
    app = signing(house, request_uris=[REQUEST_URI])
    for uri in NEAR_REQUEST_URI:
        stop = app.browser.get(app.path(request_uri=uri, scope=None, response_type=None))
        assert "code" not in stop.location, uri
        assert check_of(house).startswith("request_uri."), uri


def _by_get(app: Signing, **changes: Any) -> str:
    return app.ask(**PKCE, **changes).location


def _by_post(app: Signing, **changes: Any) -> str:
    return app.browser.post("/authorize", app.parameters(**PKCE, **changes)).location


def _pushed(app: Signing, **changes: Any) -> str:
    answer = post(app, {**app.parameters(**changes), **PKCE, **app._proof()})
    assert answer.status == 400
    return ""


def _unsigned(app: Signing, **changes: Any) -> str:
    text = app.object(key=Key("ES256"), **changes)
    return app.carry(f"{text.rpartition('.')[0]}.").location


def _by_name(app: Signing, **changes: Any) -> str:
    query = {"client_id": app.client["client_id"], "request_uri": "urn:ietf:params:oauth:request_uri:x", **changes}
    return app.browser.get(f"/authorize?{urlencode(query)}").location


@pytest.mark.parametrize("level", [None, FAPI])
@pytest.mark.parametrize("way", [_by_get, _by_post, _pushed, _unsigned, _by_name], ids=lambda way: way.__name__)
def test_36_what_must_be_signed_comes_in_no_other_way(
    house: InProcess, way: Callable[..., str], level: str | None
) -> None:
    """CVE-2026-16093: what satisfies the demand is a verified signature, not a parameter that is there."""
    key = Key("ES256")
    app = signing(
        house, level=level, signed_request_object={"required": True, **with_key(key)["signed_request_object"]}
    )
    for changes in ({}, {"prompt": "none"}, {"response_type": "code"}, {"ext-request": "x"}):
        assert "code=" not in way(app, **changes)
    honest = Signing(house, app.client, app.browser, key, app.own_key)
    asked: dict[str, Any] = {"response_mode": "jwt" if level else "query", **PKCE}
    assert honest.push(honest.object(**asked)).status == 201


def test_36_no_check_is_for_one_way_in_alone() -> None:
    """A row that leaves a way out says so here, with the reason."""
    assert [check.test.__name__ for check in CHECKS if check.at is not EVERYWHERE] == []
