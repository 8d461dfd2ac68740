"""Refusals by the security profile of a client: its ``compliance_level``, or the tenant's floor."""

from __future__ import annotations

from .hint import Hint, Hints

_CONFIDENTIAL = "FAPI 2.0 5.3.2.2"

HINTS: Hints = {
    "profile.signing_algs": Hint(
        "The application chose a signature algorithm that its security profile, or the tenant's floor, does not allow."
        " Set the field that the log names to one of the profile's, or clear it.",
        "FAPI 2.0 5.4.1",
    ),
    "sender.profile": Hint(
        "The security profile binds every token, and this request proves no possession by its mechanism, or the API"
        " takes another alone. Send a DPoP proof, or ask at the mTLS address with a client certificate: the end of the"
        " level's name says which.",
        "FAPI 2.0 5.3.2.1",
    ),
    "authorize.redirect_uri_secure": Hint(
        "The security profile of the application, or the tenant's floor, has answers go to https alone; this callback"
        " was registered before. Register an https one.",
        "FAPI 2.0 5.3.2.2",
    ),
    "authorize.redirect_uri_named": Hint(
        "The security profile of the application wants redirect_uri in every request, though one alone is registered.",
        _CONFIDENTIAL,
    ),
    "authorize.response_type_in_profile": Hint(
        "The security profile of the application does not allow this response_type: FAPI 2 has code, FAPI 1 Advanced"
        " has code id_token too.",
        _CONFIDENTIAL,
    ),
}
