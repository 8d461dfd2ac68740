"""attacks.md 50, CVE-2026-16100: what a stranger sends makes no series, wherever it is sent."""

from __future__ import annotations

import pytest

from tallystick import metrics
from tallystick.metrics import BUNDLED, OTHER, SERIES_MAX, Counted, bounded
from tests.application import JWT_BEARER
from tests.forge import Key
from tests.inprocess import FORM, InProcess
from tests.signin import visitor

Series = set[tuple[int, tuple[str, ...]]]


def series() -> Series:
    """Every combination of labels that was counted lately."""
    return {(index, labels) for index, metric in enumerate(BUNDLED) for labels in metric._fresh}


def attack(house: InProcess, mark: str) -> None:
    """Every place that takes text gets some nobody has sent before."""
    client_id = house.bootstrap["management"]["client_id"]
    key = Key(kid=mark)
    house.request(mark.upper(), f"/{mark}")
    for method in ("GET", "POST", "DELETE", mark):
        for path in ("/oauth/token", f"/api/v2/{mark}", f"/api/v2/clients/{mark}", f"/oauth/{mark}?{mark}={mark}"):
            house.request(method, path, headers={b"authorization": f"Bearer {mark}".encode()})
            house.request(method, path, headers={mark.encode(): mark.encode(), b"user-agent": mark.encode()})
    house.request("GET", "/oauth/token", headers={b"Host": mark.encode()})
    house.token(grant_type=mark, client_id=mark, client_secret=mark, audience=mark, scope=mark)
    house.token(
        grant_type=mark, **{name: house.bootstrap["management"][name] for name in ("client_id", "client_secret")}
    )
    house.token(**{**house.bootstrap["management"], "audience": mark, "scope": mark, mark: mark})
    for header in ({"alg": mark}, {"typ": mark}, {"crit": [mark]}, {mark: mark}, {}):
        for claims in ({"iss": mark}, {"aud": mark}, {mark: mark}, {"jti": mark}, {"exp": mark}):
            assertion = key.assertion(client_id, house.issuer, header=header, **claims)
            house.token(client_assertion_type=JWT_BEARER, client_assertion=assertion, client_id=mark)
    house.token(client_assertion_type=mark, client_assertion=mark)
    house.request("POST", "/oauth/token", mark.encode(), {b"content-type": mark.encode()})
    house.request("POST", "/oauth/token", f"{mark}&{mark}=%zz".encode(), {b"content-type": FORM})
    house.request("POST", "/oauth/token", b"", {b"authorization": f"Basic {mark}".encode(), b"content-type": FORM})
    house.call("POST", f"clients?{mark}={mark}", {"name": mark, mark: mark})
    house.call("PATCH", f"clients/{mark}", {mark: mark})
    house.call("GET", f"resource-servers/{mark}")
    visitor(house).get("/account").press("sign-in", username=mark, password=mark)


def test_50_a_second_round_of_other_texts_makes_no_series_more(house: InProcess) -> None:
    metrics.hand_over()
    attack(house, "first-mark")
    after_first = series()
    for number in range(3):
        attack(house, f"mark{number}")
    assert series() == after_first
    assert [labels for _, labels in after_first if any("mark" in label for label in labels)] == []
    # The tenant, the application and the host are nobody's label either.
    named = {house.bootstrap["management"]["client_id"], "localhost", "127.0.0.1", "tallystick"}
    assert [labels for _, labels in after_first if named & set(labels)] == []


def test_50_even_a_label_that_somebody_else_chooses_is_bounded() -> None:
    known: set[tuple[str, ...]] = set()
    for number in range(SERIES_MAX + 10):
        bounded(known, (str(number), "x"))
    assert len(known) == SERIES_MAX
    assert bounded(known, ("1", "x")) == ("1", "x")
    assert bounded(known, ("new", "x")) == (OTHER, OTHER)


@pytest.mark.parametrize("metric", [metric for metric in BUNDLED if isinstance(metric, Counted)])
def test_counters_end_as_prometheus_wants(metric: Counted) -> None:
    assert metric._counter._name.startswith("tallystick_")
