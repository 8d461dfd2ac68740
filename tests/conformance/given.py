"""What a flow gave, in either channel, with every check on the way."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from tallystick.users.claims import CLAIMS_BY_SCOPE
from tests.administrator import Json
from tests.conformance.back_channel import check_access_token, check_tokens, check_userinfo
from tests.conformance.id_token import check_id_token
from tests.conformance.relying_party import RelyingParty
from tests.signin import Reply

Request = dict[str, str]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens, and what they say."""

    tokens: Json
    raw_id_token: str = ""
    id_token: Json = {}
    """Its claims."""


def given_in_front(party: RelyingParty, request: Request, answer: dict[str, str]) -> Given:
    """What the browser brought. Hashes of what comes along are mandatory (OpenID Connect Core 3.2.2.10, 3.3.2.11)."""
    if "access_token" in answer:
        check_access_token(answer)
    raw = answer.get("id_token", "")
    if not raw:
        return Given(tokens=dict(answer))
    requested = requested_in(request, "id_token")
    if request["response_type"] == "id_token":  # Core 5.4: nothing comes along that could fetch what the scopes ask for
        requested |= claims_of_scopes(request["scope"])
    hashed = _hashed(request, answer)
    mandatory = {name for name in ("at_hash", "c_hash") if hashed[name]}
    nonce = request.get("nonce")
    claims = check_id_token(party, raw, nonce=nonce, requested=requested, hashed=hashed, mandatory=mandatory)
    return Given(tokens=dict(answer), raw_id_token=raw, id_token=claims)


def given_for_code(party: RelyingParty, request: Request, answer: dict[str, str], fields: dict[str, str]) -> Given:
    """What the token endpoint answers to the code."""
    tokens = check_tokens(party, party.redeem(answer["code"], **fields), request["scope"])
    claims = check_id_token(
        party,
        tokens["id_token"],
        nonce=request.get("nonce"),
        requested=requested_in(request, "id_token"),
        hashed=_hashed(request, {**answer, **tokens}),
        mandatory=set(),
    )
    return Given(tokens=tokens, raw_id_token=tokens["id_token"], id_token=claims)


def given_at_userinfo(party: RelyingParty, request: Request, given: Given) -> Json:
    """What /userinfo answers to the access token; nothing where there is none."""
    if "access_token" not in given.tokens:
        return {}
    expected = claims_of_scopes(request["scope"]) | requested_in(request, "userinfo")
    return check_userinfo(party, userinfo(party, given.tokens["access_token"]), given.id_token["sub"], expected)


def userinfo(party: RelyingParty, access_token: str) -> Reply:
    """The answer of /userinfo."""
    return party.fetch(party.provider.metadata["userinfo_endpoint"], access_token)


def requested_in(request: Request, member: str) -> set[str]:
    """Claims that the ``claims`` parameter names."""
    return set(json.loads(request.get("claims", "{}")).get(member, {}))


def claims_of_scopes(scope: str) -> set[str]:
    """Claims that the scopes ask for."""
    return {name for word in scope.split() for name in CLAIMS_BY_SCOPE.get(word, ())}


def _hashed(request: Request, given: dict[str, Any]) -> dict[str, str]:
    return {
        "at_hash": given.get("access_token", ""),
        "c_hash": given.get("code", ""),
        "s_hash": request.get("state", ""),
    }
