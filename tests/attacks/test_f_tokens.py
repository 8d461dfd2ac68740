"""Attacks 39, 41 and 45 on what is handed out: refresh tokens and codes that were changed, and JWTs out of place."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.handles import HandleHasher, new_handle
from tallystick.ids import new_opaque_id
from tallystick.tokens.families import begin
from tallystick.tokens.refresh_token import RefreshTokens, read
from tests.inprocess import InProcess
from tests.tokens.allowed import ROTATING, allowed

TOKENS = RefreshTokens(HandleHasher(b"k" * 32))
FAMILY = replace(
    begin(
        tenant_id="t",
        client_id="c",
        user_id="u",
        session_id=None,
        audience=None,
        scope=(),
        auth_time_ms=0,
        now_ms=0,
    ),
    has_refresh_token=True,
    generation=7,
)


def holds(text: str) -> bool:
    shown = read(text)
    return shown is not None and TOKENS.holds(FAMILY, shown)


@pytest.mark.parametrize("is_rotating", [False, True])
def test_no_part_of_a_refresh_token_can_be_changed(is_rotating: bool) -> None:
    """Attack 41: every character, every prefix, every suffix, the other case."""
    token = TOKENS.text_of(replace(FAMILY, is_rotating=is_rotating))
    assert holds(token)
    for index, character in enumerate(token):
        for other in {character.swapcase(), "A", "b", "-", ".", "\n", ""} - {character}:
            assert not holds(token[:index] + other + token[index + 1 :]), index
    for other in (token + "A", token + "=", token + "\n", " " + token, token[1:], token.upper(), token.lower()):
        assert not holds(other)
    assert not any(holds(token[:length]) for length in range(len(token)))
    assert not holds(token.removeprefix("v1.") if is_rotating else "v1." + token)
    assert not holds("v1." + token if is_rotating else "v1.v1." + token)


def test_a_token_is_of_one_family_one_tenant_and_one_key() -> None:
    token = TOKENS.text_of(FAMILY)
    shown = read(token)
    assert shown is not None
    for other in (
        replace(FAMILY, tenant_id="u"),
        replace(FAMILY, id=new_opaque_id()),
        replace(FAMILY, seed=new_handle()),
        replace(FAMILY, has_refresh_token=False),
    ):
        assert not TOKENS.holds(other, shown)
    assert not RefreshTokens(HandleHasher(b"j" * 32)).holds(FAMILY, shown)
    assert token not in repr(shown)
    assert FAMILY.seed not in token


def test_changed_tokens_and_codes_spend_and_end_nothing(house: InProcess) -> None:
    app = allowed(house, refresh_token=ROTATING)
    code = app.code(["openid", "offline_access"])
    for changed in (code[:-1], code + "A", code.swapcase(), code[1:], f" {code}", code + "\0"):
        assert app.redeem(changed).json()["error"] == "invalid_grant"
    token = app.redeem(code).json()["refresh_token"]
    generation = slice(3 + 32, 3 + 32 + 8)
    for changed in (
        token[:-1],
        token + "A",
        token.swapcase(),
        token.removeprefix("v1."),
        token[: generation.start] + "AAAAAAAB" + token[generation.stop :],
        token[: generation.start] + "________" + token[generation.stop :],
    ):
        assert app.refresh(changed).json()["error"] == "invalid_grant"
    assert app.refresh(token).status == 200


def test_what_is_one_kind_of_token_is_no_other_kind(house: InProcess) -> None:
    """Attack 45."""
    app = allowed(house)
    code = app.code(["openid", "offline_access"])
    body = app.redeem(code).json()
    for other in (body["id_token"], body["access_token"], code):
        assert app.refresh(other).json()["error"] == "invalid_grant"
    for other in (body["id_token"], body["access_token"], body["refresh_token"]):
        assert app.redeem(other).json()["error"] == "invalid_grant"
    for other in (body["id_token"], body["refresh_token"], code):
        assert app.userinfo(other).status == 401
        assert house.call("GET", "clients", token=other).status in (400, 401)
    # An ID token proves no client.
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    answer = house.token(client_assertion_type=kind, client_assertion=body["id_token"], grant_type="refresh_token")
    assert answer.json()["error"] == "invalid_client"


def test_no_token_is_written_down(house: InProcess) -> None:
    """Neither in the log nor in the database: a stolen copy of it opens nothing."""
    app = allowed(house)
    code = app.code(["openid", "offline_access"])
    body = app.redeem(code).json()
    app.refresh(body["refresh_token"])
    app.redeem(code)
    app.refresh(body["refresh_token"])
    database = (house.settings.data / "tallystick.db").read_bytes()
    wal = house.settings.data / "tallystick.db-wal"
    database += wal.read_bytes() if wal.exists() else b""
    assert app.user.user_id.encode() in database
    for secret in (code, *(body[name] for name in ("access_token", "id_token", "refresh_token"))):
        assert secret[-40:].encode() not in database
