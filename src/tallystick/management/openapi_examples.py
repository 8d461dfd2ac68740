"""One example of every body, fit to be sent but for its ids. Keys and certificates were made for this page alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .openapi_examples_people import EXAMPLES as OF_PEOPLE
from .openapi_examples_sign_in import EXAMPLES as OF_SIGN_IN

_PUBLIC_KEY = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEC6Jjb/gh11TGitLG71eBuM1lsLH
gJLX+7egtmuqm0qfNtcQfn+6GF51Na3nzXvrbEJqI6GdAclhyqmUkDHasQ==
-----END PUBLIC KEY-----
"""
_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBIzCByqADAgECAhQwqtF9njHyDGE50M42MwdcBMEnpjAKBggqhkjOPQQDAjAR
MQ8wDQYDVQQDDAZ0aWxsIDcwIBcNMjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAw
MDBaMBExDzANBgNVBAMMBnRpbGwgNzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BKWEZ4DtouvfcFbOM8/JW/J0J6Sx8GJeJ1EB1ymmrYmLRPuvuJT4k5EhJN1ojc1X
aHWxhylLGrquk+2DDHIICkswCgYIKoZIzj0EAwIDSAAwRQIgblwwDU1a1bU3bs3N
7hTNLLaA9YlCEUSwB9c135dEB8ECIQDXDhATuctKfppqIP63iGx6PHgpomn6e8Xx
4wRvwP1rng==
-----END CERTIFICATE-----
"""
_AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUFZJgtakLuLdrqC54Yvf+zSZPE8wwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPRXhhbXBsZSBjbGllbnRzMCAXDTI2MDEwMTAwMDAwMFoYDzIx
MjYwMTAxMDAwMDAwWjAaMRgwFgYDVQQDDA9FeGFtcGxlIGNsaWVudHMwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAATajgT8ATGI+3NQDLGArRpV2HCO+P1nga4Ua7MB
0sOnJI+uY60kcdUPpIlhdHh+3ivbCIqjnjsLaI38o/LogW+Fo0UwQzASBgNVHRMB
Af8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQU3CXcDaM2tvZ2
HF2LohqFxfoY2fEwCgYIKoZIzj0EAwIDSQAwRgIhAIecDnE5LA/R5Y6Qo6gtSjIh
JihyjcJtYkZukx0Wt0AeAiEA+lIbNy4NQw1sjHcXPdvDjhFfP1O2odGAQpc8Q1V1
grg=
-----END CERTIFICATE-----
"""
# Header {"alg":"ES256"}, claims {"iss":"a","sub":"a"}, and no signature at all.
_ASSERTION = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIiwic3ViIjoiYSJ9."
_UNTIL = "2100-01-01T00:00:00.000Z"

EXAMPLES: Mapping[str, Any] = {
    **OF_PEOPLE,
    **OF_SIGN_IN,
    "CreateClient": {
        "name": "Order robot",
        "app_type": "non_interactive",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
    },
    "UpdateClient": {
        "description": "Places orders at night",
        "client_metadata": {"team": "orders"},
        "request_object_signing_alg": "ES256",
        "request_uris": ["https://robot.example.com/request.jwt"],
    },
    "RotateClientSecret": {"overlap_s": 3600},
    "CreateCredentialPublicKey": {
        "credential_type": "public_key",
        "name": "key of 2026",
        "pem": _PUBLIC_KEY,
        "alg": "ES256",
        "expires_at": _UNTIL,
    },
    "CreateCredentialX509Cert": {"credential_type": "x509_cert", "name": "till 7", "pem": _CERTIFICATE},
    "CreateCredentialCertSubjectDn": {"credential_type": "cert_subject_dn", "subject_dn": "CN=till 7,O=Example"},
    "CreateCredentialCertSanDns": {"credential_type": "cert_san_dns", "san_dns": "till-7.example.com"},
    "CreateCredentialCertSanUri": {"credential_type": "cert_san_uri", "san_uri": "spiffe://example.com/till-7"},
    "CreateCredentialCertSanIp": {"credential_type": "cert_san_ip", "san_ip": "192.0.2.7"},
    "CreateCredentialCertSanEmail": {"credential_type": "cert_san_email", "san_email": "till-7@example.com"},
    "CreateCredentialClientSecret": {"credential_type": "client_secret", "name": "secret of May"},
    "UpdateCredential": {"expires_at": _UNTIL},
    "DebugAssertion": {"assertion": _ASSERTION, "client_id": "AbCdEfGhIjKlMnOpQrStUvWxYz012345"},
    "DebugCertificate": {"pem": _CERTIFICATE, "client_id": "AbCdEfGhIjKlMnOpQrStUvWxYz012345"},
    "CreateCertificateAuthority": {"name": "Clients of Example", "pem": _AUTHORITY},
    "CreateResourceServer": {
        "identifier": "https://orders.example.com/",
        "name": "Orders",
        "scopes": [{"value": "read:orders", "description": "Read orders"}],
        "proof_of_possession": {"mechanism": "mtls", "required": True},
        "token_status_list": True,
        "authorization_details": [
            {
                "type": "order",
                "description": "Order for you",
                "schema": {
                    "required": ["total"],
                    "properties": {"total": {"title": "Total in euros", "type": "string", "pattern": "^[0-9.]+$"}},
                },
            }
        ],
    },
    "UpdateResourceServer": {"token_lifetime": 600, "token_dialect": "opaque", "token_status_list": False},
    "CreateClientGrant": {
        "client_id": "wqnR0vWJ3xkBfSwEiv6UkMVo4ALqTg5d",
        "audience": "https://orders.example.com/",
        "scope": ["read:orders"],
    },
    "UpdateClientGrant": {"scope": ["read:orders"]},
    "UpdateTenantSettings": {"credentials_per_client_max": 20, "default_audience": "https://orders.example.com/"},
    "CreateCustomDomain": {"domain": "login.example.com", "type": "self_managed_certs"},
    "UpdateCustomDomain": {"custom_client_ip_header": "x-forwarded-for"},
    "SetDefaultDomain": {"domain": "login.example.com"},
    "VerifyCustomDomain": {},
    "TestCustomDomain": {},
    "RotateCustomDomainKey": {"overlap_s": 3600},
    "RotateSigningKeys": {"alg": "ES256"},
    "RevokeSigningKey": {},
    "RefreshKeySets": {},
}
"""Name of a body's schema → an example of it."""
