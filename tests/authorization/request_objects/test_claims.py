"""What a request object may claim: RFC 9101 4, FAPI 2 Message Signing 5.3.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.request_objects import signing as signing_
from tests.authorization.request_objects.signing import FAPI, LEFT_OUT, Signing, signing
from tests.inprocess import InProcess

HOUR_S = 3600


def refuses(app: Signing, check: str, **claims: Any) -> None:
    signing_.refuses(app, app.object(**claims), check)


def takes(app: Signing, **claims: Any) -> None:
    signing_.takes(app, app.object(**claims))


@pytest.mark.parametrize("level", [None, FAPI])
def test_an_honest_object_is_taken(house: InProcess, level: str | None) -> None:
    takes(signing(house, level=level))


def test_iss_is_the_client(house: InProcess) -> None:
    app, strict = signing(house), signing(house, level=FAPI)
    for each in (app, strict):
        refuses(each, "request_object.iss", iss="somebody")
    takes(app, iss=LEFT_OUT)
    refuses(strict, "request_object.iss", iss=LEFT_OUT)


def test_aud_names_this_server(house: InProcess) -> None:
    """FAPI: ensure-request-object-with-bad-aud-fails, -with-multiple-aud-succeeds."""
    app, strict = signing(house), signing(house, level=FAPI)
    for each in (app, strict):
        for aud in (["https://other.example/"], house.issuer.rstrip("/"), []):
            refuses(each, "request_object.aud", aud=aud)
        takes(each, aud=["https://other.example/", house.issuer])
    takes(app, aud=LEFT_OUT)
    refuses(strict, "request_object.aud", aud=LEFT_OUT)


def test_client_id_stands_inside_too(house: InProcess) -> None:
    app = signing(house)
    refuses(app, "request_object.client_id", client_id=LEFT_OUT)
    refuses(app, "request_object.client_id", client_id=signing(house).client["client_id"])


def test_a_client_assertion_is_no_request_object(house: InProcess) -> None:
    """RFC 9101 10.8, attacks.md 45: nor could one be, whose sub is the client."""
    app = signing(house)
    refuses(app, "request_object.sub", sub=app.client["client_id"])
    takes(app, sub="somebody else")


def test_no_request_is_inside_a_request(house: InProcess) -> None:
    """RFC 9101 4; FAPI: par-authorization-request-containing-request_uri."""
    app = signing(house)
    for name in ("request", "request_uri"):
        refuses(app, "request_object.nested", **{name: "urn:ietf:params:oauth:request_uri:x"})


def test_dates_are_numbers(house: InProcess) -> None:
    app = signing(house)
    for name in ("exp", "iat", "nbf"):
        refuses(app, f"jwt.claim.{name}", **{name: str(app.now_s)})


def test_an_expired_object_is_refused(house: InProcess) -> None:
    """FAPI: ensure-expired-request-object-fails, ensure-request-object-without-exp-fails."""
    app, strict = signing(house), signing(house, level=FAPI)
    for each in (app, strict):
        refuses(each, "request_object.exp_past", exp=each.now_s - 10)
        takes(each, exp=each.now_s - 9)
    takes(app, exp=LEFT_OUT)
    refuses(strict, "request_object.exp_missing", exp=LEFT_OUT)


def test_an_object_that_has_not_begun_is_refused(house: InProcess) -> None:
    """FAPI: -with-nbf-8-seconds-in-the-future-is-accepted, -without-nbf-fails."""
    app, strict = signing(house), signing(house, level=FAPI)
    for each in (app, strict):
        takes(each, nbf=each.now_s + 8)
        refuses(each, "request_object.nbf_future", nbf=each.now_s + 12)
    takes(app, nbf=LEFT_OUT)
    refuses(strict, "request_object.nbf_missing", nbf=LEFT_OUT)


def test_an_object_of_the_future_is_refused(house: InProcess) -> None:
    app = signing(house)
    refuses(app, "request_object.iat_future", iat=app.now_s + 12)
    takes(app, iat=app.now_s + 8)


def test_an_object_for_longer_than_an_hour_is_refused(house: InProcess) -> None:
    """FAPI: ensure-request-object-with-exp-over-60-fails. Elsewhere a client may prepare its request."""
    app, strict = signing(house), signing(house, level=FAPI)
    refuses(strict, "request_object.exp_far", exp=strict.now_s + HOUR_S + 1)
    takes(strict, exp=strict.now_s + HOUR_S)
    takes(app, exp=app.now_s + 100 * HOUR_S)


def test_an_old_object_is_refused(house: InProcess) -> None:
    """FAPI: ensure-request-object-with-nbf-over-60-fails. Elsewhere exp decides, and the date it was made without."""
    app, strict = signing(house), signing(house, level=FAPI)
    refuses(strict, "request_object.nbf_old", nbf=strict.now_s - HOUR_S - 5, exp=strict.now_s - 5)
    takes(strict, nbf=strict.now_s - HOUR_S + 1, exp=strict.now_s)
    old = app.now_s - HOUR_S - 10
    for dates in ({"iat": old, "nbf": LEFT_OUT}, {"iat": LEFT_OUT, "nbf": old}):
        refuses(app, "request_object.old", exp=LEFT_OUT, **dates)
        takes(app, **dates)
    takes(app, exp=LEFT_OUT, iat=old + 1)
    takes(app, exp=LEFT_OUT, iat=LEFT_OUT, nbf=LEFT_OUT)


def test_jti_is_a_short_string(house: InProcess) -> None:
    app = signing(house)
    for jti in ("j" * 65, 7, ""):
        refuses(app, "jwt.claim.jti", jti=jti)
    takes(app, jti="j" * 64)


def test_a_jti_needs_an_end(house: InProcess) -> None:
    """What cannot be remembered for as long as it is good for would be good twice."""
    app = signing(house)
    refuses(app, "request_object.jti_life", jti="a", exp=app.now_s + HOUR_S + 11)
    refuses(app, "request_object.jti_life", jti="a", exp=LEFT_OUT, iat=LEFT_OUT, nbf=LEFT_OUT)
    takes(app, jti="a", exp=app.now_s + HOUR_S)
