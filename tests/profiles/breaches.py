"""The table: every field of a profile, how a request breaks it and nothing else, and what is heard then.

What no request can break is *shown*: by an answer, or at the edge of a time. A field without a row fails the walk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from tallystick.profiles import Profile
from tests.application import decoded
from tests.authorization.asking import REDIRECT_URI, set_tenant
from tests.forge import LEFT_OUT, Key
from tests.profiles.flow import API, OTHER_MECHANISM, Flow, Refusal, members, put_under
from tests.profiles.forms import Json
from tests.sender.holder import PAR, key_for, post, proof_for

WITHOUT_TLS = "http://localhost/callback"
UNNAMED = {"name": "what the profile is called: it demands nothing"}
"""Fields that have no row, and why."""


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    field: str
    applies: Callable[[Profile], bool]
    """Whether the profile demands what is broken: else the same request must not be refused for it."""
    breaks: Callable[[Flow], Refusal | None]
    error: str
    check: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One row of what no request can break."""

    field: str
    applies: Callable[[Profile], bool] = lambda profile: True
    holds: Callable[[Flow], bool]


def _by_secret(flow: Flow) -> Refusal | None:
    client = flow.house.made("POST", "clients", {"name": "by secret", "grant_types": ["client_credentials"]})
    put_under(flow.house, client["client_id"], flow.level)
    proof = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    return flow.heard(flow.house.token(flow.certificates, audience=API, **proof))


def _by_other_alg(flow: Flow) -> Refusal | None:
    other = flow.with_keys(authentication=Key("ES384"))
    return other.heard(other.push(other.request()))


def _for_the_endpoint(flow: Flow) -> Refusal | None:
    return flow.heard(flow.push(flow.request(), flow.proof(f"{flow.house.issuer}oauth/token")))


def _for_a_list(flow: Flow) -> Refusal | None:
    return flow.heard(flow.push(flow.request(), flow.proof([flow.house.issuer])))


def _by_the_browser(flow: Flow) -> Refusal | None:
    return flow.heard_at(flow.browser.get(f"/authorize?{urlencode(flow.request())}"))


def _unsigned(flow: Flow) -> Refusal | None:
    return flow.heard(flow.push(flow.parameters()))


def _signed_otherwise(flow: Flow) -> Refusal | None:
    other = flow.with_keys(signing=Key("ES384"))
    return other.heard(other.push(other.signed()))


def _plain_jwt(flow: Flow) -> Refusal | None:
    return flow.heard(flow.push(flow.signed(header={"typ": "jwt"})))


def _dated(**off_s: float | None) -> Callable[[Flow], Refusal | None]:
    """Signed with these dates, so many seconds from now; None leaves one out."""

    def breaks(flow: Flow) -> Refusal | None:
        now_s = flow.house.clock.now_ms() // 1000
        dates = {name: LEFT_OUT if off is None else now_s + off for name, off in off_s.items()}
        return flow.heard(flow.push(flow.signed(claims=dates)))

    return breaks


def _nameless(claim: str) -> Callable[[Flow], Refusal | None]:
    """Signed without saying from whom, or to whom."""

    def breaks(flow: Flow) -> Refusal | None:
        return flow.heard(flow.push(flow.signed(claims={claim: LEFT_OUT})))

    return breaks


def _pushed(**changes: Any) -> Callable[[Flow], Refusal | None]:
    def breaks(flow: Flow) -> Refusal | None:
        return flow.heard(flow.push(flow.request(**changes)))

    return breaks


def _in_front(flow: Flow) -> Refusal | None:
    set_tenant(flow.house, implicit_and_hybrid_supported=True)
    other = flow.with_client(grant_types=["authorization_code", "implicit"])
    return other.heard(other.push(other.request(response_type="code id_token token")))


def _without_tls(flow: Flow) -> Refusal | None:
    other = flow.with_client(callbacks=[REDIRECT_URI, WITHOUT_TLS])
    return other.heard(other.push(other.request(redirect_uri=WITHOUT_TLS)))


def _signed_for_it_otherwise(flow: Flow) -> Refusal | None:
    other = flow.with_client(jwt_configuration={"alg": "RS256"})
    return other.heard(other.redeem(other.code()))


def _unbound(flow: Flow) -> Refusal | None:
    """Without certificate and proof; where the certificate is the authentication and binds too, at an API that takes
    another mechanism alone."""
    if _keys(flow.profile):
        return flow.heard(flow.redeem(flow.code(), certificates=(), proofs=()))
    if flow.holds_key:
        return flow.heard(flow.redeem(flow.code(), proofs=()))
    return flow.heard(flow.redeem(flow.code(audience=OTHER_MECHANISM, scope="openid")))


def _proven_otherwise(flow: Flow) -> Refusal | None:
    return flow.heard(flow.redeem(flow.code(), proofs=(proof_for(flow.house, key_for("ES384")),)))


def _pushed_with_another_proof(flow: Flow) -> Refusal | None:
    proof = proof_for(flow.house, key_for("ES384"), PAR)
    form = {**flow.request(), **flow.proof()}
    return flow.heard(post(flow.house, PAR, form, proof, certificates=flow.certificates))


def _late(flow: Flow) -> Refusal | None:
    code = flow.code()
    flow.house.clock.advance(flow.profile.code_life_ms / 1000)
    return flow.heard(flow.redeem(code))


def _after_the_overlap(flow: Flow) -> Refusal | None:
    first = flow.tokens()["refresh_token"]
    assert flow.refresh(first).status == 200
    overlap_s = flow.profile.refresh_overlap_ms_min / 1000
    if overlap_s:
        # conformance.md, refresh-token: the old one must still work 30 s later.
        flow.house.clock.advance(30)
        assert flow.refresh(first).status == 200
    flow.house.clock.advance(max(overlap_s - 30, 0))
    return flow.heard(flow.refresh(first))


def _state_hash(flow: Flow) -> bool:
    set_tenant(flow.house, implicit_and_hybrid_supported=True)
    other = flow.with_client(grant_types=["authorization_code", "implicit"])
    hybrid = {"response_type": "code id_token", "scope": "openid", "audience": None}
    id_token = members(other.visit(other.request(**hybrid)))["id_token"]
    return ("s_hash" in decoded(id_token)[1]) is flow.profile.has_state_hash


def _default_alg(flow: Flow) -> bool:
    header: Json = decoded(flow.tokens()["id_token"])[0]
    return bool(header["alg"] == flow.profile.default_signing_alg)


def _issuer(flow: Flow) -> bool:
    """Whatever the tenant's setting is; a signed answer has it anyhow."""
    set_tenant(flow.house, authorization_response_iss_parameter_supported=False)
    is_signed = "code" in flow.profile.signed_response_types
    return (flow.answer().get("iss") == flow.house.issuer) is (flow.profile.requires_issuer or is_signed)


def _keys(profile: Profile) -> bool:
    return "private_key_jwt" in profile.authentication_methods


OBJECT_DATES: dict[str, dict[str, float | None]] = {
    "exp_missing": {"exp": None},
    "nbf_missing": {"nbf": None},
    "exp_far": {"exp": 3_700},
    "nbf_old": {"nbf": -3_605, "exp": -9, "iat": None},
}
"""How an object breaks the one bound on its life, by the check that says so."""
BREACHES: tuple[Breach, ...] = (
    Breach(
        field="authentication_methods",
        applies=lambda profile: "client_secret_post" not in profile.authentication_methods,
        breaks=_by_secret,
        error="invalid_client",
        check="profile.authentication_methods",
    ),
    Breach(
        field="assertion_algs",
        applies=lambda profile: _keys(profile) and "ES384" not in profile.assertion_algs,
        breaks=_by_other_alg,
        error="invalid_client",
        check="private_key_jwt.alg",
    ),
    *(
        Breach(
            field="assertion_audience_issuer_only",
            applies=lambda profile: _keys(profile) and profile.assertion_audience_issuer_only,
            breaks=breaks,
            error="invalid_client",
            check="private_key_jwt.aud",
        )
        for breaks in (_for_the_endpoint, _for_a_list)
    ),
    Breach(
        field="requires_pushed_request",
        applies=lambda profile: profile.requires_pushed_request,
        breaks=_by_the_browser,
        error="invalid_request",
        check="authorize.pushed_as_demanded",
    ),
    Breach(
        field="requires_signed_request",
        applies=lambda profile: profile.requires_signed_request,
        breaks=_unsigned,
        error="invalid_request",
        check="authorize.signed_as_demanded",
    ),
    Breach(
        field="request_object_algs",
        applies=lambda profile: "ES384" not in profile.request_object_algs,
        breaks=_signed_otherwise,
        error="invalid_request_object",
        check="request_object.alg",
    ),
    Breach(
        field="request_object_types",
        applies=lambda profile: "jwt" not in profile.request_object_types,
        breaks=_plain_jwt,
        error="invalid_request_object",
        check="request_object.typ",
    ),
    *(
        Breach(
            field="request_object_life_ms_max",
            applies=lambda profile: profile.request_object_life_ms_max is not None,
            breaks=_dated(**off_s),
            error="invalid_request_object",
            check=f"request_object.{check}",
        )
        for check, off_s in OBJECT_DATES.items()
    ),
    *(
        Breach(
            field="requires_request_object_parties",
            applies=lambda profile: profile.requires_request_object_parties,
            breaks=_nameless(claim),
            error="invalid_request_object",
            check=f"request_object.{claim}",
        )
        for claim in ("iss", "aud")
    ),
    Breach(
        field="requires_pkce",
        applies=lambda profile: profile.requires_pkce,
        breaks=_pushed(code_challenge=None, code_challenge_method=None),
        error="invalid_request",
        check="authorize.pkce_present",
    ),
    Breach(
        field="requires_redirect_uri",
        applies=lambda profile: profile.requires_redirect_uri,
        breaks=_pushed(redirect_uri=None),
        error="invalid_request",
        check="authorize.redirect_uri_named",
    ),
    Breach(
        field="requires_https_callbacks",
        applies=lambda profile: profile.requires_https_callbacks,
        breaks=_without_tls,
        error="invalid_request",
        check="authorize.redirect_uri_secure",
    ),
    Breach(
        field="response_types",
        applies=lambda profile: "code id_token token" not in profile.response_types,
        breaks=_in_front,
        error="unauthorized_client",
        check="authorize.response_type_in_profile",
    ),
    Breach(
        field="signed_response_types",
        applies=lambda profile: "code" in profile.signed_response_types,
        breaks=_pushed(response_mode=None),
        error="invalid_request",
        check="authorize.response_signed_as_demanded",
    ),
    Breach(
        field="signing_algs",
        applies=lambda profile: "RS256" not in profile.signing_algs,
        breaks=_signed_for_it_otherwise,
        error="unauthorized_client",
        check="profile.signing_algs",
    ),
    Breach(
        field="sender_constraint",
        applies=lambda profile: profile.sender_constraint is not None,
        breaks=_unbound,
        error="invalid_request",
        check="sender.profile",
    ),
    *(
        Breach(
            field="proof_algs",
            applies=lambda profile: "ES384" not in profile.proof_algs,
            breaks=breaks,
            error="invalid_dpop_proof",
            check="dpop.alg",
        )
        for breaks in (_proven_otherwise, _pushed_with_another_proof)
    ),
    Breach(
        field="code_life_ms",
        applies=lambda profile: True,
        breaks=_late,
        error="invalid_grant",
        check="code.expired",
    ),
    Breach(
        field="refresh_overlap_ms_min",
        applies=lambda profile: True,
        breaks=_after_the_overlap,
        error="invalid_grant",
        check="refresh_token.reused",
    ),
)
SHOWN: tuple[Shown, ...] = (
    Shown(field="requires_issuer", holds=_issuer),
    Shown(field="has_state_hash", applies=lambda profile: "code id_token" in profile.response_types, holds=_state_hash),
    Shown(field="default_signing_alg", holds=_default_alg),
)
