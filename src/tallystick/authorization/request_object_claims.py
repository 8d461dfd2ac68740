"""The walk of one request object, and the rules for what it may claim (RFC 9101 4 and 10, FAPI 2 Message Signing 5.3).

Pure. Which key signed it is asked in `request_object`, which has the whole table.
"""

from __future__ import annotations

import msgspec

from ..clients.directory import LoadedKey, RegisteredClient
from ..errors import OAuthError
from ..jose.claims import VerifiedClaims
from ..jose.jwt import UnverifiedJwt
from ..rules import Rule
from ..tenants.tenant import Tenant

SKEW_MS = 10_000
"""As for client assertions; conformance.md 2: nbf 8 s ahead is accepted."""
LIFE_MS_MAX = 3_600_000
"""How old an object may be that says when it was made and not when it ends, and how long a ``jti`` is remembered."""
JTI_CHARS_MAX = 64
NAME_CHARS_MAX = 128
"""As long as an id of a client may be."""
_TESTS = "tests/authorization/request_objects/test_claims.py"


class RequestObjectRefused(OAuthError):
    """Whatever is wrong with a request object, the caller hears the same; ``check`` tells the log."""

    def __init__(self, check: str, **evidence: object) -> None:
        super().__init__("invalid_request_object", "The request object is not acceptable.", check=check, **evidence)


class RequestObjectWalk(msgspec.Struct, kw_only=True):
    """How far one request object got."""

    tenant: Tenant
    registered: RegisteredClient
    text: str
    now_ms: int
    envelope: UnverifiedJwt | None = None
    keys: tuple[LoadedKey, ...] = ()
    """The client's keys for request objects, looked up once the head of the object held."""
    candidates: list[LoadedKey] = []
    key: LoadedKey | None = None
    """Whose signature it is."""
    verified: VerifiedClaims | None = None
    expires_at_ms: int | None = None
    issued_at_ms: int | None = None
    not_before_ms: int | None = None
    jti: str | None = None

    @property
    def jwt(self) -> UnverifiedJwt:
        """The object taken apart: the first rule did."""
        if self.envelope is None:
            raise AssertionError("the request object was not parsed, and no rule said so")
        return self.envelope

    @property
    def claims(self) -> VerifiedClaims:
        """What was signed: nobody reads it before the signature held."""
        if self.verified is None:
            raise AssertionError("the request object was not verified, and no rule said so")
        return self.verified

    @property
    def life_ms_max(self) -> int | None:
        """With a number the profile is strict about who, for whom, and when."""
        return self.registered.profile.request_object_life_ms_max

    @property
    def made_at_ms(self) -> int | None:
        """When the object says it was made."""
        return self.issued_at_ms if self.issued_at_ms is not None else self.not_before_ms

    @property
    def end_ms(self) -> int | None:
        """When it is refused for its age alone; None for one without any date, which a client may prepare for ever
        (OpenID Connect Core 6.2)."""
        if self.expires_at_ms is not None:
            return self.expires_at_ms + SKEW_MS
        return None if self.made_at_ms is None else self.made_at_ms + LIFE_MS_MAX + SKEW_MS


def _check_issuer(walk: RequestObjectWalk) -> None:
    issuer = walk.claims.string("iss", chars_max=NAME_CHARS_MAX)
    client_id = walk.registered.client.client_id
    if issuer != client_id and not (issuer is None and walk.life_ms_max is None):
        raise RequestObjectRefused("request_object.iss", expected=client_id)


def _check_audience(walk: RequestObjectWalk) -> None:
    audience = walk.claims.audience()
    named = (audience,) if isinstance(audience, str) else audience
    # Others may stand beside the issuer: who gets hold of the object can do no more with it than its owner wants.
    if (named is not None or walk.life_ms_max is not None) and walk.tenant.issuer not in (named or ()):
        raise RequestObjectRefused("request_object.aud", expected=walk.tenant.issuer)


def _check_client(walk: RequestObjectWalk) -> None:
    client_id = walk.registered.client.client_id
    if walk.claims.string("client_id", chars_max=NAME_CHARS_MAX) != client_id:
        raise RequestObjectRefused("request_object.client_id", expected=client_id)


def _check_subject(walk: RequestObjectWalk) -> None:
    if walk.claims.string("sub") == walk.registered.client.client_id:
        raise RequestObjectRefused("request_object.sub")


def _check_nested(walk: RequestObjectWalk) -> None:
    for name in ("request", "request_uri"):
        if name in walk.claims.members:
            raise RequestObjectRefused("request_object.nested", parameter=name)


def _read_dates(walk: RequestObjectWalk) -> None:
    claims = walk.claims
    walk.expires_at_ms = claims.numeric_date_ms("exp")
    walk.issued_at_ms = claims.numeric_date_ms("iat")
    walk.not_before_ms = claims.numeric_date_ms("nbf")


def _check_expiry(walk: RequestObjectWalk) -> None:
    if walk.expires_at_ms is None:
        if walk.life_ms_max is not None:
            raise RequestObjectRefused("request_object.exp_missing", profile=walk.registered.profile.name)
    elif walk.expires_at_ms + SKEW_MS <= walk.now_ms:
        seconds = (walk.now_ms - walk.expires_at_ms) // 1000
        raise RequestObjectRefused("request_object.exp_past", seconds_past=seconds)


def _check_not_before(walk: RequestObjectWalk) -> None:
    if walk.not_before_ms is None:
        if walk.life_ms_max is not None:
            raise RequestObjectRefused("request_object.nbf_missing", profile=walk.registered.profile.name)
    elif walk.not_before_ms > walk.now_ms + SKEW_MS:
        seconds = (walk.not_before_ms - walk.now_ms) // 1000
        raise RequestObjectRefused("request_object.nbf_future", seconds_ahead=seconds)


def _check_issued(walk: RequestObjectWalk) -> None:
    if walk.issued_at_ms is not None and walk.issued_at_ms > walk.now_ms + SKEW_MS:
        seconds = (walk.issued_at_ms - walk.now_ms) // 1000
        raise RequestObjectRefused("request_object.iat_future", seconds_ahead=seconds)


def _check_life(walk: RequestObjectWalk) -> None:
    life_ms_max, expires_at_ms, not_before_ms = walk.life_ms_max, walk.expires_at_ms, walk.not_before_ms
    if life_ms_max is None or expires_at_ms is None or not_before_ms is None:
        return
    if expires_at_ms - not_before_ms > life_ms_max:
        life_s = (expires_at_ms - not_before_ms) // 1000
        raise RequestObjectRefused("request_object.exp_far", life_s=life_s, life_s_max=life_ms_max // 1000)


def _check_age(walk: RequestObjectWalk) -> None:
    if walk.life_ms_max is not None:
        if walk.not_before_ms is not None and walk.not_before_ms < walk.now_ms - walk.life_ms_max:
            raise RequestObjectRefused("request_object.nbf_old", age_s=(walk.now_ms - walk.not_before_ms) // 1000)
    elif walk.expires_at_ms is None and walk.end_ms is not None and walk.end_ms <= walk.now_ms:
        raise RequestObjectRefused("request_object.old", life_s_max=LIFE_MS_MAX // 1000)


def _read_jti(walk: RequestObjectWalk) -> None:
    walk.jti = walk.claims.string("jti", chars_max=JTI_CHARS_MAX)


def _check_memory(walk: RequestObjectWalk) -> None:
    if walk.jti is None:
        return
    if walk.end_ms is None or walk.end_ms > walk.now_ms + LIFE_MS_MAX + 2 * SKEW_MS:
        raise RequestObjectRefused("request_object.jti_life", life_s_max=LIFE_MS_MAX // 1000)


CLAIM_RULES: tuple[Rule[RequestObjectWalk], ...] = (
    Rule(
        name="iss",
        demands="iss is the client_id; outside FAPI it may be left out",
        clause="RFC 9101 4, FAPI 2 Message Signing 5.3.1",
        check=_check_issuer,
        refuted_by=f"{_TESTS}::test_iss_is_the_client",
    ),
    Rule(
        name="aud",
        demands="aud names this server, others may stand beside it; outside FAPI it may be left out",
        clause="RFC 9101 4, FAPI 2 Message Signing 5.3.1",
        check=_check_audience,
        refuted_by=f"{_TESTS}::test_aud_names_this_server",
    ),
    Rule(
        name="client_id",
        demands="client_id is the one beside the object",
        clause="RFC 9101 5, 6.3",
        check=_check_client,
        refuted_by=f"{_TESTS}::test_client_id_stands_inside_too",
    ),
    Rule(
        name="sub",
        demands="sub is not the client_id, or a client assertion could pass for a request",
        clause="RFC 9101 10.8",
        check=_check_subject,
        refuted_by=f"{_TESTS}::test_a_client_assertion_is_no_request_object",
    ),
    Rule(
        name="nested",
        demands="neither request nor request_uri is inside",
        clause="RFC 9101 4",
        check=_check_nested,
        refuted_by=f"{_TESTS}::test_no_request_is_inside_a_request",
    ),
    Rule(
        name="dates",
        demands="exp, iat and nbf are numbers",
        clause="RFC 7519 2, 4.1.4",
        check=_read_dates,
        refuted_by=f"{_TESTS}::test_dates_are_numbers",
    ),
    Rule(
        name="exp",
        demands="exp is not past; in FAPI it must be there",
        clause="RFC 7519 4.1.4, FAPI 2 Message Signing 5.3.1",
        check=_check_expiry,
        needs=("dates",),
        refuted_by=f"{_TESTS}::test_an_expired_object_is_refused",
    ),
    Rule(
        name="nbf",
        demands="nbf has begun; in FAPI it must be there",
        clause="RFC 7519 4.1.5, FAPI 2 Message Signing 5.3.1",
        check=_check_not_before,
        needs=("dates",),
        refuted_by=f"{_TESTS}::test_an_object_that_has_not_begun_is_refused",
    ),
    Rule(
        name="iat",
        demands="iat is not ahead of time",
        clause="RFC 7519 4.1.6",
        check=_check_issued,
        needs=("dates",),
        refuted_by=f"{_TESTS}::test_an_object_of_the_future_is_refused",
    ),
    Rule(
        name="life",
        demands="in FAPI exp is an hour after nbf at most",
        clause="FAPI 2 Message Signing 5.3.1",
        check=_check_life,
        needs=("exp", "nbf"),
        refuted_by=f"{_TESTS}::test_an_object_for_longer_than_an_hour_is_refused",
    ),
    Rule(
        name="age",
        demands="in FAPI nbf is an hour ago at most; elsewhere so is iat or nbf where there is no exp",
        clause="FAPI 2 Message Signing 5.3.1",
        check=_check_age,
        needs=("dates",),
        refuted_by=f"{_TESTS}::test_an_old_object_is_refused",
    ),
    Rule(
        name="jti",
        demands=f"jti, where there is one, is a string of {JTI_CHARS_MAX} characters at most",
        clause="RFC 7519 4.1.7, auth0.md 5.1",
        check=_read_jti,
        refuted_by=f"{_TESTS}::test_jti_is_a_short_string",
    ),
    Rule(
        name="memory",
        demands="an object with a jti ends within an hour, for so long it is remembered",
        clause="RFC 9101 10.2",
        check=_check_memory,
        needs=("dates", "jti"),
        refuted_by=f"{_TESTS}::test_a_jti_needs_an_end",
    ),
)
"""What a request object may claim, in the order in which it is asked."""
