"""``refresh_token`` (RFC 6749 6, RFC 9700 4.14): new tokens for what a person once allowed.

1. the token: genuine, and this client's. A stranger learns nothing and ends nothing
2. what it is worth: living, told again within the leeway, reused, withdrawn, over    `tokens.rotation`
3. bound to its holder: the request proves possession
4. the person and the API, as they are now
5. scopes and details: all that was granted, or the part of it that was asked for, never more
6. the family goes on, by compare-and-set: of many exchanges of a rotating token one succeeds
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from ..errors import OAuthError
from ..events import EventType
from ..sender.binding import Binding
from ..tenants.settings import setting
from ..tokens.family import TokenFamily
from ..tokens.refresh_token import read
from ..tokens.rotation import Standing, exchanged, leeway_ms_of, standing_of
from .authorization_details import asked_details, details_in_force
from .grant import FamilyMisused, GrantedToPerson, GrantRequest, Settled
from .person import living_user, refused, target

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
"""RFC 6749 3.3."""
_DULL = "Unknown or invalid refresh token."
_OVER = {Standing.WITHDRAWN: "refresh_token.withdrawn", Standing.EXPIRED: "refresh_token.expired"}


async def decide(request: GrantRequest) -> GrantedToPerson:
    """What the refresh token gives now; raises OAuthError."""
    family, standing = await _family(request)  # 1, 2
    _check_possession(request, family, standing)  # 3
    user = await living_user(request, family.user_id, "refresh_token.user", _DULL)  # 4
    _check_audience(request, family)
    asked = _asked(request.parameters.get("scope"), family)  # 5
    api, scopes = await target(request, family.audience, asked, "refresh_token.audience", _DULL)
    granted = await details_in_force(request, api, family.authorization_details)
    details = asked_details(request, granted, "refresh_token.authorization_details")

    placed = await request.people.places.with_place(family, api)

    async def settle(binding: Binding | None) -> Settled:
        settled = _settled(request, placed, standing, binding)  # 6
        if placed is not family and not settled.saves:
            # The API publishes the status of tokens since: the place is written before a token names it.
            return replace(settled, saves=(placed,))
        return settled

    return GrantedToPerson(
        user=user,
        family=placed,
        resource_server=api,
        scopes=scopes,
        authorization_details=details,
        gty="refresh_token",
        settle=settle,
    )


async def _family(request: GrantRequest) -> tuple[TokenFamily, Standing]:
    text = request.parameters.get("refresh_token")
    if text is None:
        raise OAuthError("invalid_request", "Missing required parameter: refresh_token", check="refresh_token.missing")
    people, registered = request.people, request.authenticated.registered
    shown = read(text)
    if shown is None:
        raise refused("refresh_token.form", _DULL)
    family = await people.live.get(TokenFamily, request.tenant.tenant_id, shown.unverified_family_id)
    if family is None or not people.refresh_tokens.holds(family, shown):
        raise refused("refresh_token.unknown", _DULL)
    client_id = registered.client.client_id
    if family.client_id != client_id:
        raise refused("refresh_token.client", _DULL, client_id=client_id, issued_to=family.client_id)
    standing = standing_of(family, shown.generation, leeway_ms_of(registered), request.now_ms)
    if standing is Standing.REUSED:
        raise _reused(family)
    if (over := _OVER.get(standing)) is not None:
        raise refused(over, _DULL, grant_id=family.id, because=family.withdrawn_because)
    # A later generation than the database knows is from before a restore: what was given out since stays replaced.
    return replace(family, generation=max(family.generation, shown.generation)), standing


def _check_possession(request: GrantRequest, family: TokenFamily, standing: Standing) -> None:
    """Of what was replaced the leeway forgives its holder a retry, and nobody else: whoever else has it may have bound
    the new one to a key of their own, and this is the owner whom they robbed."""
    if family.binding is None or request.shown.proves(family.binding):
        return
    if standing is Standing.TOLD_AGAIN:
        raise _reused(family)
    raise refused("refresh_token.possession", _DULL, bound_by=sorted(family.binding))


def _reused(family: TokenFamily) -> FamilyMisused:
    return FamilyMisused(
        _DULL,
        check="refresh_token.reused",
        family=family,
        because="refresh token reuse",
        type=EventType.REFRESH_TOKEN_REUSED,
    )


def _check_audience(request: GrantRequest, family: TokenFamily) -> None:
    """SDKs repeat the audience of the request; another one than was granted is not to be had by this token."""
    parameters = request.parameters
    audience = parameters.get("audience")
    if audience is None and setting(request.tenant, "resource_parameter_profile") == "compatibility":
        audience = parameters.get("resource")
    if audience not in (None, family.audience):
        raise OAuthError(
            "invalid_target",
            "The refresh token was not issued for this audience.",
            check="refresh_token.other_audience",
            audience=audience[:600],
        )


def _asked(scope: str | None, family: TokenFamily) -> list[str]:
    """What is asked for of what was granted; the rest falls away, as it did at /authorize.

    SDKs repeat the scope of the sign-in, not that of the answer; what they got, the answer says (RFC 6749 3.3, 5.1).
    Refused where nothing would be left (RFC 6749 6).
    """
    if scope is None:
        return family.scope
    if not _SCOPE.fullmatch(scope):
        raise OAuthError("invalid_scope", "The scope parameter is malformed.", check="refresh_token.scope_form")
    asked = frozenset(scope.split(" "))
    granted = [one for one in family.scope if one in asked]
    if not granted:
        raise OAuthError(
            "invalid_scope",
            "None of the requested scopes was granted.",
            check="refresh_token.scope",
            not_granted=sorted(asked)[:20],
        )
    return granted


def _settled(request: GrantRequest, family: TokenFamily, standing: Standing, binding: Binding | None) -> Settled:
    text_of = request.people.refresh_tokens.text_of
    if standing is Standing.TOLD_AGAIN:
        return Settled(refresh_token=text_of(family))
    authenticated = request.authenticated
    after = exchanged(
        family,
        authenticated.registered,
        request.holder(binding),
        is_confidential=authenticated.is_confidential,
        credential_id=request.credential_id,
        seen=dict(zip(("last_ip", "last_user_agent"), request.seen, strict=True)),
        now_ms=request.now_ms,
    )
    is_rotated = after.generation != family.generation
    return Settled(
        saves=() if after is family else (after,),
        refresh_token=text_of(after) if is_rotated else None,
        is_rotated=is_rotated,
    )
