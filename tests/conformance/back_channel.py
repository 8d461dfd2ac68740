"""Checks of what the client itself is answered (conformance.md 0: token response, errors, userinfo)."""

from __future__ import annotations

import re

from tests.administrator import Json
from tests.conformance.front_channel import ERROR_TEXT, check_random
from tests.conformance.id_token import check_standard_claims
from tests.conformance.provider import as_json
from tests.conformance.relying_party import RelyingParty
from tests.signin import Reply

TOKEN_MEMBERS = {"access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token"}
YEAR_S = 366 * 86_400
_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750 2.1."""
_VSCHAR = re.compile(r"[\x20-\x7e]+")
"""RFC 6749 appendix A.17."""


def check_access_token(members: Json | dict[str, str], token_type: str = "Bearer") -> None:
    """The access token and what is said of it, in either channel."""
    assert members["token_type"] == token_type
    assert _B64TOKEN.fullmatch(members["access_token"])
    check_random(members["access_token"], chars_min=22)  # 128 bits in base64url
    assert 0 < int(members["expires_in"]) <= YEAR_S


def check_tokens(party: RelyingParty, reply: Reply, scope: str, *members: str) -> Json:
    """The token response to a request for these scopes; ``members`` that it has beside those of every request."""
    tokens = as_json(reply)
    assert set(tokens) <= {*TOKEN_MEMBERS, *members}, f"unexpected: {set(tokens) - TOKEN_MEMBERS}"
    assert set(members) <= set(tokens)
    assert "no-store" in reply.header("cache-control")
    assert type(tokens["expires_in"]) is int
    check_access_token(tokens, party.token_type)
    asked = scope.split()
    if "openid" not in asked:
        assert "id_token" not in tokens
    assert set(tokens.get("scope", scope).split()) <= set(asked)
    if "offline_access" not in asked:
        assert "refresh_token" not in tokens
    if "refresh_token" in tokens:
        assert _VSCHAR.fullmatch(tokens["refresh_token"])
        check_random(tokens["refresh_token"], chars_min=22)
    return tokens


def check_token_error(reply: Reply, *codes: str) -> Json:
    """A refusal at the token endpoint: 400, or 401 together with invalid_client alone."""
    body = as_json(reply, reply.status)
    assert body.get("error") in codes, body
    assert reply.status == 400 or (reply.status, body["error"]) == (401, "invalid_client"), (reply.status, body)
    assert "no-store" in reply.header("cache-control")
    for name in ("error", "error_description"):
        assert ERROR_TEXT.fullmatch(body.get(name, "-")), body[name]
    return body


def check_userinfo(party: RelyingParty, reply: Reply, subject: str, expected: set[str]) -> Json:
    """The answer of /userinfo: the same person, right types, and nothing that was not asked for."""
    claims = as_json(reply)
    assert claims["sub"] == subject
    check_standard_claims(claims, party.provider.now_s())
    unasked = set(claims) - {"sub"} - expected
    assert not unasked, f"not asked for: {unasked}"
    return claims
