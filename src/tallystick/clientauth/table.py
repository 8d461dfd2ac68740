"""The table of client authentication methods. Discovery, registration and authentication read it."""

from __future__ import annotations

from . import client_secret, none, private_key_jwt, self_signed_tls_client_auth, tls_client_auth
from .method import Method
from .presented import PresentedAssertion, PresentedNothing, PresentedSecret

METHODS = {
    method.name: method
    for method in (
        Method(name="none", presented_as=PresentedNothing, verify=none.verify),
        Method(name="client_secret_basic", presented_as=PresentedSecret, verify=client_secret.verify),
        Method(name="client_secret_post", presented_as=PresentedSecret, verify=client_secret.verify),
        Method(name="private_key_jwt", presented_as=PresentedAssertion, verify=private_key_jwt.verify),
        Method(name="tls_client_auth", presented_as=PresentedNothing, verify=tls_client_auth.verify),
        Method(
            name="self_signed_tls_client_auth", presented_as=PresentedNothing, verify=self_signed_tls_client_auth.verify
        ),
    )
}
"""Registered name (IANA "OAuth Token Endpoint Authentication Methods") → method."""

DECOY_METHOD = {
    PresentedSecret: METHODS["client_secret_post"],
    PresentedAssertion: METHODS["private_key_jwt"],
    PresentedNothing: METHODS["none"],
}
"""What is verified, against a decoy, when there is no such client or it does not use what was shown."""
