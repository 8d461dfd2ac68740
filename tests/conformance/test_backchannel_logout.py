"""The modules of the OpenID plan for back-channel logout, by their names (conformance.md 6), at a real receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tallystick.jose.jwt import parse, verify
from tallystick.jose.keys import public_key_from_jwk
from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.logout.leaving import AFTER, leaving
from tests.receiver import Receiver, receiver

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def rp(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, rp: Receiver) -> Iterator[InProcess]:
    options = {"outbound_allow": "127.0.0.1", "outbound_ca": rp.ca_file}
    with in_process(tmp_path / "data", now_ms(), **options) as running:
        yield running


def test_oidcc_backchannel_logout_discovery_endpoint_verification(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("subject_type", ["public", "pairwise"])
def test_oidcc_backchannel_rp_initiated_logout(house: InProcess, rp: Receiver, alg: str, subject_type: str) -> None:
    jane = leaving(
        house,
        oidc_logout={"backchannel_logout_urls": [rp.url("/backchannel_logout", host="127.0.0.1")]},
        jwt_configuration={"alg": alg},
        subject_type=subject_type,
    )
    id_token = parse(jane.id_token(), size_bytes_max=10_000)
    query = urlencode({"id_token_hint": jane.id_token(), "post_logout_redirect_uri": AFTER, "state": "s"})
    assert jane.browser.get(f"/oidc/logout?{query}").location == f"{AFTER}?state=s"
    assert house.run(house.opened.sender.send_due()) == 1
    (told,) = rp.wait("/backchannel_logout")
    assert told.method == "POST"
    assert told.headers["content-type"] == "application/x-www-form-urlencoded"
    assert set(told.form) == {"logout_token"}
    token = parse(told.form["logout_token"])
    keys = {key["kid"]: key for key in house.request("GET", "/.well-known/jwks.json").json()["keys"]}
    assert (token.header["alg"], token.header["typ"]) == (alg, "logout+jwt")
    claims = verify(token, public_key_from_jwk(keys[token.kid]), alg).members
    issued_at_s = house.clock.now_ms() // 1000
    assert claims == {
        "iss": house.issuer,
        "sub": id_token.claims.members["sub"],
        "aud": jane.client_id,
        "iat": issued_at_s,
        "exp": issued_at_s + 120,
        "jti": claims["jti"],
        "sid": id_token.claims.members["sid"],
        "events": {EVENT: {}},
    }
    assert (claims["sub"] == jane.user.user_id) is (subject_type == "public")
    (row,) = jane.rows("oidc_backchannel_logout_succeeded")
    assert (row.client_id, row.details["sid"]) == (jane.client_id, jane.session_id)
    assert house.run(house.opened.sender.send_due()) == 0
