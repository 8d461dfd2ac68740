"""Rules for the dates of a request object (RFC 7519 4.1, FAPI 2 Message Signing 5.3.1). Pure."""

from __future__ import annotations

from ..rules import Rule
from .request_object_walk import LIFE_MS_MAX, SKEW_MS, RequestObjectRefused, RequestObjectWalk

_TESTS = "tests/authorization/request_objects/test_claims.py"


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


DATE_RULES: tuple[Rule[RequestObjectWalk], ...] = (
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
)
"""When a request object is good, in the order in which it is asked."""
