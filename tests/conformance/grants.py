"""The two grants by which modules of the profile client_credentials_grant run."""

from __future__ import annotations

from tests.conformance.back_channel import check_tokens
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_suite import MANAGEMENT_SCOPE, FapiPlan

GRANTS = ("authorization_code", "client_credentials")


def fields_of(plan: FapiPlan, party: FapiParty, grant: str) -> dict[str, str]:
    """A good token request but for what proves the client."""
    if grant == "authorization_code":
        return party.code_fields(plan.code(party))
    return {"grant_type": "client_credentials", "audience": plan.management_audience}


def token_of(plan: FapiPlan, party: FapiParty, grant: str) -> str:
    """An access token. With client_credentials one for refreshing would be a warning; `check_tokens` takes none."""
    scope = "openid" if grant == "authorization_code" else MANAGEMENT_SCOPE
    return str(check_tokens(party, party.token(fields_of(plan, party, grant)), scope)["access_token"])
