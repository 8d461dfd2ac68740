"""The rules for what a request object may claim (RFC 9101 4 and 10, FAPI 2 Message Signing 5.3).

Pure. Which key signed it is asked in `request_object`, which has the whole table.
"""

from __future__ import annotations

from ..rules import Rule
from .request_object_dates import DATE_RULES
from .request_object_walk import LIFE_MS_MAX, SKEW_MS, RequestObjectRefused, RequestObjectWalk

JTI_CHARS_MAX = 64
NAME_CHARS_MAX = 128
"""As long as an id of a client may be."""
_TESTS = "tests/authorization/request_objects/test_claims.py"


def _check_issuer(walk: RequestObjectWalk) -> None:
    issuer = walk.claims.string("iss", chars_max=NAME_CHARS_MAX)
    client_id, profile = walk.registered.client.client_id, walk.registered.profile
    if issuer != client_id and (issuer is not None or profile.requires_request_object_parties):
        raise RequestObjectRefused("request_object.iss", expected=client_id)


def _check_audience(walk: RequestObjectWalk) -> None:
    audience = walk.claims.audience()
    named = (audience,) if isinstance(audience, str) else audience
    # Others may stand beside the issuer: who gets hold of the object can do no more with it than its owner wants.
    is_asked = named is not None or walk.registered.profile.requires_request_object_parties
    if is_asked and walk.tenant.issuer not in (named or ()):
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
    *DATE_RULES,
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
