"""``authorization_code`` (RFC 6749 4.1.3, RFC 7636 4.6): the application redeems what a person allowed it.

1. the code: known, and this client's. A stranger learns nothing and spends nothing
2. not spent: a code that is shown again was copied, and what it gave is withdrawn (RFC 6749 4.1.2)
3. alive, at the redirect URI of the request, with the verifier of its challenge
4. all that may have changed since: the client, the session, the person, the API
5. what is granted; code and family are written in one go, so that of many redemptions one succeeds
"""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest

from msgspec.structs import replace

from ..apis.resource_servers import ResourceServer
from ..authorization.code import CODE_KEPT_MS, AuthorizationCode, code_hash_of
from ..authorization.redirect_uri import fits
from ..errors import OAuthError
from ..events import EventType
from ..jose import base64url
from ..records import Json
from ..sender.binding import Binding
from ..tokens.families import begin, withdrawn
from ..tokens.family import TokenFamily
from ..tokens.person_claims import OFFLINE_ACCESS
from ..tokens.rotation import with_refresh_token
from ..tokens.userinfo_api import userinfo_api
from ..users.session import Session
from ..users.sessions import is_alive
from .authorization_details import asked_details, details_in_force
from .grant import FamilyMisused, GrantedToPerson, GrantRequest, Settled
from .person import living_user, refused, target

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
"""RFC 7636 4.1."""
_DULL = "Invalid authorization code."


async def decide(request: GrantRequest) -> GrantedToPerson:
    """What the code gives; raises OAuthError, and then nothing was spent."""
    code = await _code(request)  # 1, 2
    check_code(request, code)  # 3
    await _check_session(request, code)  # 4
    user = await living_user(request, code.user_id, "code.user", _DULL)
    api, scopes = await target(request, code.audience, code.scope, "code.audience", _DULL)
    granted = await details_in_force(request, api, code.authorization_details)
    details = asked_details(request, granted, "code.authorization_details")
    family = begin(  # 5
        tenant_id=code.tenant_id,
        client_id=code.client_id,
        user_id=code.user_id,
        session_id=code.session_id,
        audience=code.audience,
        scope=scopes,
        auth_time_ms=code.auth_time_ms,
        now_ms=request.now_ms,
        code_hash=code.code_hash,
        credential_id=request.credential_id,
        claims=code.claims,
        authorization_details=granted,
        transaction_linking_id=code.transaction_linking_id,
        amr=code.amr,
        acr=code.acr,
        device=_device(*request.seen),
    )
    family = await request.people.places.with_place(family, api)

    async def settle(binding: Binding | None) -> Settled:
        return await _settled(request, code, family, api, binding)

    return GrantedToPerson(
        user=user,
        family=family,
        resource_server=api,
        scopes=scopes,
        authorization_details=details,
        nonce=code.nonce,
        settle=settle,
    )


def _device(ip: str, user_agent: str) -> Json:
    first = {"initial_ip": ip, "initial_user_agent": user_agent}
    return {**first, "last_ip": ip, "last_user_agent": user_agent}


async def _code(request: GrantRequest) -> AuthorizationCode:
    shown = request.parameters.get("code")
    if shown is None:
        raise OAuthError("invalid_request", "Missing required parameter: code", check="code.missing")
    people, tenant_id = request.people, request.tenant.tenant_id
    code = await people.live.get(AuthorizationCode, tenant_id, code_hash_of(people.handles, tenant_id, shown))
    if code is None:
        raise refused("code.unknown", _DULL)
    client_id = request.authenticated.client.client_id
    if code.client_id != client_id:
        raise refused("code.client", _DULL, client_id=client_id, issued_to=code.client_id)
    if code.spent_at_ms is not None:
        family = await people.families.living(tenant_id, code.family_id) if code.family_id else None
        raise FamilyMisused(_DULL, check="code.spent", family=family, because="code reuse", type=EventType.CODE_REFUSED)
    return code


def check_code(request: GrantRequest, code: AuthorizationCode) -> None:
    """What the redemption must repeat of the request (RFC 6749 4.1.3, RFC 7636 4.6). Pure."""
    client, redirect_uri = request.authenticated.client, request.parameters.get("redirect_uri")
    if request.now_ms >= code.expires_at_ms:
        raise refused("code.expired", _DULL, seconds_past=(request.now_ms - code.expires_at_ms) // 1000)
    if (redirect_uri is None and code.redirect_uri_sent) or redirect_uri not in (None, code.redirect_uri):
        raise refused("code.redirect_uri", _DULL, is_missing=redirect_uri is None)
    if not fits(client, code.redirect_uri):
        raise refused("code.redirect_uri_unregistered", _DULL, redirect_uri=code.redirect_uri)
    _check_key(request, code.dpop_jkt)
    _check_verifier(request, code.code_challenge)


def _check_key(request: GrantRequest, dpop_jkt: str | None) -> None:
    """RFC 9449 10: a code that was asked for with a key is redeemed with that key alone."""
    if dpop_jkt is None:
        return
    proof = request.shown.proof
    if proof is None or not compare_digest(proof.jkt.encode(), dpop_jkt.encode()):
        raise refused("code.possession", _DULL, jkt=proof.jkt if proof is not None else None, expected=dpop_jkt)


def _check_verifier(request: GrantRequest, code_challenge: str | None) -> None:
    verifier = request.parameters.get("code_verifier")
    if code_challenge is None:
        # RFC 9700 2.1.1: a verifier without a challenge means that somebody stripped the challenge off the request.
        if verifier is not None:
            raise refused("code.verifier_unexpected", "Failed to verify code verifier.")
        if not request.authenticated.is_confidential:
            raise refused("code.challenge_missing", "Failed to verify code verifier.")
        return
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise refused("code.verifier_form", "Failed to verify code verifier.", is_missing=verifier is None)
    computed = base64url.encode(sha256(verifier.encode("ascii")).digest())
    if not compare_digest(computed.encode(), code_challenge.encode()):
        raise refused("code.verifier", "Failed to verify code verifier.")


async def _check_session(request: GrantRequest, code: AuthorizationCode) -> None:
    """A logout between the request and the redemption counts."""
    session = await request.people.live.get(Session, code.tenant_id, code.session_id)
    if session is None or session.user_id != code.user_id or not is_alive(session, request.now_ms):
        raise refused("code.session", _DULL, user_id=code.user_id)


async def _settled(
    request: GrantRequest,
    code: AuthorizationCode,
    family: TokenFamily,
    api: ResourceServer | None,
    binding: Binding | None,
) -> Settled:
    spent = replace(code, spent_at_ms=request.now_ms, family_id=family.id, purge_at_ms=request.now_ms + CODE_KEPT_MS)
    if OFFLINE_ACCESS not in family.scope:
        # Nothing comes after its one access token.
        lifetime_ms = (api or userinfo_api(request.tenant, request.authenticated.profile)).token_lifetime_s * 1000
        return Settled(saves=(spent, replace(family, purge_at_ms=request.now_ms + lifetime_ms)))
    authenticated, people = request.authenticated, request.people
    family = with_refresh_token(
        family,
        authenticated.client,
        request.holder(binding),
        is_confidential=authenticated.is_confidential,
        now_ms=request.now_ms,
    )
    crowded = await people.families.crowded_out(family, request.now_ms)
    gone = (withdrawn(one, "too many", request.now_ms) for one in crowded)
    return Settled(
        saves=(spent, family, *gone),
        refresh_token=people.refresh_tokens.text_of(family),
        crowded_out=len(crowded),
    )
