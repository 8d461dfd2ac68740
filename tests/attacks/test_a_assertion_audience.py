"""A1 audience injection (CVE-2025-27370, CVE-2025-27371)."""

from __future__ import annotations

import pytest

from tests.administrator import Administrator
from tests.application import Application
from tests.attacks.expect import accepted, refused_for
from tests.forge import LEFT_OUT

OTHERS = {
    "another server": "https://victim.example/",
    "another server's token endpoint": "https://victim.example/oauth/token",
    "issuer without slash": "{issuer_bare}",
    "issuer with two slashes": "{issuer}/",
    "upper case host": "{issuer_upper}",
    "issuer of another port": "https://localhost:1/",
    "prefix of the issuer": "https://localhost",
    "issuer as user information": "https://localhost@victim.example/",
    "array of issuer and another": ["{issuer}", "https://victim.example/"],
    "empty array": [],
    "empty string": "",
    "missing": LEFT_OUT,
    "null": None,
    "number": 5,
    "object": {"iss": "{issuer}"},
    "array with a number": ["{issuer}", 5],
}
OURS_BUT_NOT_FAPI2 = {
    "token endpoint": "{issuer}oauth/token",
    "mTLS alias of the token endpoint": "{mtls}oauth/token",
    "array of the issuer alone": ["{issuer}"],
    "array of issuer and token endpoint": ["{issuer}", "{issuer}oauth/token"],
}


def filled(audience: object, application: Application) -> object:
    """The audience with this server's addresses in it."""
    if isinstance(audience, list):
        return [filled(each, application) for each in audience]
    if not isinstance(audience, str):
        return audience
    issuer = application.server.issuer
    return audience.format(
        issuer=issuer, issuer_bare=issuer[:-1], issuer_upper="https://LOCALHOST" + issuer[17:], mtls=application.server.mtls_url
    )


@pytest.mark.parametrize("audience", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("level", ["keyed", "fapi2"])
def test_a1_audience_of_somebody_else_is_refused(
    request: pytest.FixtureRequest, admin: Administrator, level: str, audience: object
) -> None:
    application: Application = request.getfixturevalue(level)
    answer = application.by_assertion(application.key.assertion(application.client_id, filled(audience, application)))
    check = "private_key_jwt.aud" if isinstance(audience, str | list) and audience != "" else None
    if check and 5 not in audience:  # type: ignore[operator]
        refused_for(admin, answer, check)
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("audience", OURS_BUT_NOT_FAPI2.values(), ids=OURS_BUT_NOT_FAPI2)
def test_a1_fapi2_takes_only_the_issuer_as_one_string(
    admin: Administrator, fapi2: Application, keyed: Application, audience: object
) -> None:
    refused_for(
        admin, fapi2.by_assertion(fapi2.key.assertion(fapi2.client_id, filled(audience, fapi2))), "private_key_jwt.aud"
    )
    accepted(keyed.by_assertion(keyed.key.assertion(keyed.client_id, filled(audience, keyed))))


def test_a1_issuer_alone_is_accepted(fapi2: Application, keyed: Application) -> None:
    accepted(fapi2.by_assertion())
    accepted(keyed.by_assertion())
