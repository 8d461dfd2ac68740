"""Applications are told until they know, or a day is over; nobody is told of what they did not ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from msgspec.structs import asdict

from tallystick.clients.client_keys import ClientKeys
from tallystick.jose.jwt import parse
from tallystick.logout.delivery import LogoutDelivery
from tallystick.logout.initiators import Initiator
from tallystick.metrics import LOGOUT_DELIVERIES
from tallystick.tenants.tenant import SeenTenant
from tallystick.users.session import Session
from tallystick.users.sessions import Sessions
from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.logout.leaving import Leaving, application, at, leaving
from tests.receiver import Receiver, receiver, says
from tests.recipient import recipient
from tests.tokens.test_response_encryption import encrypting


@pytest.fixture(scope="module")
def rp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(tmp_path_factory.mktemp("rp")) as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, rp: Receiver) -> Iterator[InProcess]:
    rp.answers.clear()
    rp.told.clear()
    options = {"outbound_allow": "127.0.0.1", "outbound_ca": rp.ca_file}
    with in_process(tmp_path / "data", now_ms(), **options) as running:
        yield running


def told_at(rp: Receiver, path: str, **initiators: Any) -> dict[str, Any]:
    """An application that wants to hear of logouts there."""
    wanted = {"backchannel_logout_initiators": initiators} if initiators else {}
    return {"oidc_logout": {"backchannel_logout_urls": [rp.url(path, host="127.0.0.1")], **wanted}}


def end(jane: Leaving, because: Initiator = Initiator.RP_LOGOUT) -> None:
    session, house = jane.session, jane.house
    assert session is not None
    house.run(house.worker.endings.end(house.tenant, [session], because, house.clock.now_ms()))


def send(jane: Leaving) -> int:
    return jane.house.run(jane.house.opened.sender.send_due())


def waiting(jane: Leaving) -> list[LogoutDelivery]:
    return jane.house.run(jane.house.worker.storage.find(LogoutDelivery, jane.house.tenant.tenant_id))


def test_every_application_of_the_session_is_told_but_those_without_a_url(house: InProcess, rp: Receiver) -> None:
    jane = leaving(house, **told_at(rp, "/one"))
    at(house, jane.browser, jane.user, application(house, name="deaf"))
    at(house, jane.browser, jane.user, application(house, name="two", **told_at(rp, "/two")))
    end(jane)
    assert send(jane) == 2
    tokens = [parse(one.form["logout_token"]).claims.members for one in rp.told]
    assert {one.path for one in rp.told} == {"/one", "/two"}
    assert len({token["jti"] for token in tokens}) == 2
    assert {token["sid"] for token in tokens} == {jane.session_id}


def test_trouble_is_tried_again_after_growing_pauses_for_a_day(house: InProcess, rp: Receiver) -> None:
    jane = leaving(house, **told_at(rp, "/down"))
    rp.answers["/down"] = says(503)
    end(jane)
    LOGOUT_DELIVERIES.hand_over()
    begun_ms, waited = house.clock.now_ms(), []
    while send(jane):
        for delivery in waiting(jane):
            seconds = (delivery.next_attempt_at_ms - house.clock.now_ms()) / 1000
            waited.append(seconds)
            house.clock.advance(seconds - 1)
            assert send(jane) == 0
            house.clock.advance(1)
    assert waited[:6] == [5, 30, 120, 600, 1800, 3600]
    assert 20 * 3600 * 1000 < house.clock.now_ms() - begun_ms <= 24 * 3600 * 1000
    assert waiting(jane) == []
    rows = jane.rows("oidc_backchannel_logout_failed")
    assert len(rows) == len(waited) + 1 == len(rp.told)
    assert LOGOUT_DELIVERIES._fresh == {("tried again",): len(waited), ("failed",): 1}
    assert rows[0].details["tried_again_at_ms"] is None
    assert rows[1].details["problem"] == "it answered 503"


@pytest.mark.parametrize(("status", "tells"), [(200, 1), (204, 1), (400, 1), (401, 2), (302, 2), (500, 2)])
def test_what_an_answer_means(house: InProcess, rp: Receiver, status: int, tells: int) -> None:
    jane = leaving(house, **told_at(rp, "/said"))
    rp.answers["/said"] = says(status, location="/elsewhere")
    end(jane)
    send(jane)
    house.clock.advance(5)
    send(jane)
    assert [one.path for one in rp.told] == ["/said"] * tells
    assert len(jane.rows("oidc_backchannel_logout_succeeded")) == (status < 300)


def test_a_delivery_whose_worker_died_is_sent_by_another_when_its_lease_is_over(
    house: InProcess, rp: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane = leaving(house, **told_at(rp, "/late"))
    end(jane)

    async def die(*_: Any) -> None:
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(house.opened.sender, "_attempt", die)
        with pytest.raises(SystemError):
            send(jane)
    assert send(jane) == 0
    house.clock.advance(60)
    assert send(jane) == 1
    assert len(rp.told) == 1


def test_initiators_choose_what_an_application_hears_of(house: InProcess, rp: Receiver) -> None:
    custom = told_at(rp, "/custom", mode="custom", selected_initiators=["rp-logout", "password-changed"])
    jane = leaving(house, **custom)
    at(house, jane.browser, jane.user, application(house, **told_at(rp, "/usual")))
    at(house, jane.browser, jane.user, application(house, **told_at(rp, "/all", mode="all")))
    end(jane, Initiator.PASSWORD_CHANGED)
    send(jane)
    assert {one.path for one in rp.told} == {"/custom", "/all"}


def test_a_session_whose_time_is_over_is_told_as_expired(house: InProcess, rp: Receiver) -> None:
    jane = leaving(house, **told_at(rp, "/expired", mode="all"))
    assert house.run(house.opened.sender.end_expired()) == 0
    house.clock.advance(72 * 3600)
    assert house.run(house.opened.sender.end_expired()) == 1
    assert jane.session is None
    assert send(jane) == 1
    assert [one.path for one in rp.told] == ["/expired"]


def test_a_url_that_was_taken_back_is_asked_no_more(house: InProcess, rp: Receiver) -> None:
    jane = leaving(house, **told_at(rp, "/gone"))
    end(jane)
    house.ask("PATCH", f"clients/{jane.client_id}", {"oidc_logout": None})
    assert send(jane) == 1
    assert (rp.told, waiting(jane)) == ([], [])


def test_ssrf_an_address_inside_is_never_told(tmp_path: Path, rp: Receiver) -> None:
    rp.told.clear()
    with in_process(tmp_path / "data", now_ms(), outbound_ca=rp.ca_file) as house:
        jane = leaving(house, **told_at(rp, "/inside"))
        end(jane)
        assert send(jane) == 1
        assert rp.told == []
        assert jane.rows("oidc_backchannel_logout_failed")[0].details["problem"].startswith("address: ")


def test_what_a_custom_domain_began_is_told_under_its_issuer(house: InProcess, rp: Receiver) -> None:
    jane = leaving(house, **told_at(rp, "/domain"))
    seen = SeenTenant(**asdict(house.tenant) | {"issuer": "https://id.acme.example/"}, own=house.tenant)
    other = application(house, **told_at(rp, "/own"))
    session = jane.session
    assert session is not None
    sessions = Sessions(house.worker.storage, house.worker.handles)
    house.run(sessions.used_by(seen, session, other["client_id"], house.clock.now_ms()))
    end(jane)
    send(jane)
    issuers = {one.path: parse(one.form["logout_token"]).claims.members["iss"] for one in rp.told}
    assert issuers == {"/domain": house.issuer, "/own": "https://id.acme.example/"}
    assert house.run(house.worker.storage.find(Session, house.tenant.tenant_id)) == []


def test_2_4_a_logout_token_is_encrypted_as_id_tokens_are(house: InProcess, rp: Receiver) -> None:
    """Back-Channel Logout 2.4: same keys and algorithms; the issuer is in the header too."""
    app = recipient()
    jane = leaving(house, **told_at(rp, "/one"), **encrypting(app, "id_token", enc="A256GCM"))
    end(jane)
    assert send(jane) == 1
    header, signed = app.opened(rp.told[0].form["logout_token"])
    assert {name: header[name] for name in ("alg", "enc", "cty", "iss")} == {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "cty": "JWT",
        "iss": house.issuer,
    }
    assert parse(signed).claims.members["sid"] == jane.session_id


def test_without_a_key_a_logout_is_told_later_and_never_in_the_clear(house: InProcess, rp: Receiver) -> None:
    jane = leaving(house, **told_at(rp, "/one"), **encrypting(recipient(), "id_token"))
    end(jane)
    with patch.object(ClientKeys, "encryption", AsyncMock(return_value=None)):
        assert send(jane) == 1
    assert (rp.told, [each.attempts for each in waiting(jane)]) == ([], [1])
    house.clock.advance(3600)
    assert send(jane) == 1
    assert len(rp.told) == 1
