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
    "missing": LEFT_OUT,
}
MALFORMED = {
    "empty string": "",
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
        issuer=issuer,
        issuer_bare=issuer[:-1],
        issuer_upper="https://LOCALHOST" + issuer[17:],
        mtls=application.server.mtls_url,
    )


@pytest.mark.parametrize("shown", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("level", ["keyed", "fapi2"])
def test_a1_audience_of_somebody_else_is_refused(
    request: pytest.FixtureRequest, admin: Administrator, level: str, shown: object
) -> None:
    application: Application = request.getfixturevalue(level)
    answer = application.by_assertion(application.key.assertion(application.client_id, filled(shown, application)))
    refused_for(admin, answer, "private_key_jwt.aud")


@pytest.mark.parametrize("shown", MALFORMED.values(), ids=MALFORMED)
def test_a1_audience_of_the_wrong_type_is_refused(admin: Administrator, keyed: Application, shown: object) -> None:
    answer = keyed.by_assertion(keyed.key.assertion(keyed.client_id, filled(shown, keyed)))
    refused_for(admin, answer, "jwt.claim.aud")


@pytest.mark.parametrize("shown", OURS_BUT_NOT_FAPI2.values(), ids=OURS_BUT_NOT_FAPI2)
def test_a1_fapi2_takes_only_the_issuer_as_one_string(
    admin: Administrator, fapi2: Application, keyed: Application, shown: object
) -> None:
    refused_for(
        admin, fapi2.by_assertion(fapi2.key.assertion(fapi2.client_id, filled(shown, fapi2))), "private_key_jwt.aud"
    )
    accepted(keyed.by_assertion(keyed.key.assertion(keyed.client_id, filled(shown, keyed))))


def test_a1_issuer_alone_is_accepted(fapi2: Application, keyed: Application) -> None:
    accepted(fapi2.by_assertion())
    accepted(keyed.by_assertion())
