"""ID tokens that come back as hints: which are taken for one (attacks.md 45)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.app.tokens import id_token_hints_of
from tallystick.tokens.id_token_hint import HintedIdToken
from tallystick.tokens.recognised import InvalidToken
from tests.inprocess import InProcess
from tests.tokens.allowed import Allowed, allowed

API = "https://api.example/"


def read(house: InProcess, token: str) -> HintedIdToken:
    return house.run(id_token_hints_of(house.worker).read(house.tenant, token))


def check(house: InProcess, token: str) -> str:
    with pytest.raises(InvalidToken) as refusal:
        read(house, token)
    return refusal.value.check


def forged(house: InProcess, app: Allowed, typ: str = "JWT", **claims: Any) -> str:
    """Signed with the tenant's own key, as every token of ours is."""
    good = {"iss": house.issuer, "sub": "s", "aud": app.client_id, "exp": 2**31, "sid": "x"}
    full = {name: value for name, value in {**good, **claims}.items() if value is not None}
    signer = house.run(house.worker.ring.signer(house.tenant.tenant_id, "ES256"))
    return signer.sign(msgspec.json.encode(full), typ)


def test_an_id_token_says_who_is_meant_even_when_it_expired(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens()["id_token"]
    house.clock.advance(10 * 86_400)
    hinted = read(house, token)
    assert (hinted.client_id, hinted.subject) == (app.client_id, app.user.user_id)
    assert hinted.session_id == app.session.id
    assert hinted.expires_at_ms < house.clock.now_ms()
    assert read(house, forged(house, app, sid=None)).session_id is None


def test_other_kinds_of_tokens_are_no_hints(house: InProcess) -> None:
    app = allowed(house, userinfo_signed_response_alg="RS256")
    house.api(API)
    body = app.tokens(["openid", "read", "offline_access"], audience=API)
    signed = app.userinfo(body["access_token"]).content.decode()
    own = house.client(API)
    token = house.token(client_id=own["client_id"], client_secret=own["client_secret"], audience=API)
    for other in (body["access_token"], signed, token.json()["access_token"]):
        assert check(house, other) == "id_token_hint.kind"
    assert check(house, forged(house, app, events={"x": {}}, typ="logout+jwt")) == "id_token_hint.kind"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": "https://evil.example/"}, "id_token_hint.iss"),
        ({"iss": None}, "id_token_hint.iss"),
        ({"aud": ["a", "b"]}, "id_token_hint.kind"),
        ({"aud": None}, "id_token_hint.kind"),
        ({"sub": None}, "id_token_hint.kind"),
        ({"sub": 5}, "jwt.claim.sub"),
        ({"exp": None}, "id_token_hint.kind"),
        ({"azp": "a"}, "id_token_hint.kind"),
        ({"typ": "at+jwt"}, "id_token_hint.kind"),
    ],
)
def test_what_is_missing_or_wrong(house: InProcess, claims: dict[str, Any], expected: str) -> None:
    app = allowed(house)
    assert check(house, forged(house, app, **claims)) == expected


def test_signed_by_somebody_else_or_by_nobody(house: InProcess) -> None:
    app = allowed(house)
    head, body, signature = app.tokens()["id_token"].split(".")
    assert check(house, f"{head}.{body}.{signature[:-4]}AAAA").startswith("jwt.")
    assert check(house, f"eyJhbGciOiJub25lIn0.{body}.").startswith(("jwt.", "id_token_hint."))
    assert check(house, "x").startswith("jwt.")
