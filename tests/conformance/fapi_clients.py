"""The suite's static clients for FAPI: different keys, different certificates, and what they are registered with."""

from __future__ import annotations

from typing import Any

from tallystick.profiles import DPOP, PROFILES
from tests.administrator import Json, unique
from tests.certificate_mill import Holder, authority, leaf
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_proofs import Prover
from tests.conformance.provider import Provider
from tests.conformance.relying_party import CALLBACK, CALLBACK_WITH_QUERY
from tests.forge import Key
from tests.profiles.forms import methods_of, new_keys, uploaded

ROTATING = {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0}


def fapi_party(provider: Provider, level: str, *, is_second: bool = False, **fields: Any) -> FapiParty:
    """A new client that meets a level.

    The second has RSA keys, a certificate by an authority, ES256 in its ID tokens, rotating refresh tokens, and proofs
    by EdDSA.
    """
    alg = "PS256" if is_second else "ES256"
    profile = PROFILES[level]
    signs, by_key = profile.requires_signed_request, "private_key_jwt" in profile.authentication_methods
    is_dpop = DPOP in (profile.sender_constraint or ())
    keys = new_keys(alg if by_key else "ES256", alg if signs else "ES256")
    holder, methods = keys.holder, methods_of(level, keys)
    if is_second and not by_key:
        holder, methods = by_authority(provider, unique("suite-2"))
    redirect_uri = CALLBACK_WITH_QUERY if is_second else CALLBACK
    body: Json = {
        "name": f"conformance {level}",
        "app_type": "regular_web",
        "compliance_level": level,
        "callbacks": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "id_token_scope_claims": False,
        "client_authentication_methods": methods,
    }
    if signs:
        body["signed_request_object"] = {"credentials": [uploaded(keys.signing)]}
    if is_second:
        body |= {"jwt_configuration": {"alg": "ES256"}, "refresh_token": ROTATING}
    client = provider.made("POST", "clients", {**body, **fields})
    return FapiParty(
        provider=provider,
        client_id=client["client_id"],
        method=next(iter(methods)),
        key=keys.authentication if by_key else None,
        holder=holder,
        prover=Prover(Key("EdDSA" if is_second else "ES256"), provider.now_s) if is_dpop else None,
        request_key=keys.signing if signs else None,
        redirect_uri=redirect_uri,
        is_second=is_second,
        id_token_alg="ES256" if is_second else "PS256",
    )


def by_authority(provider: Provider, name: str) -> tuple[Holder, Json]:
    """A certificate that an authority of the tenant's issued, and how it is registered: by its subject."""
    root = authority(f"CN={name} authority")
    provider.made("POST", "certificate-authorities", {"name": name, "pem": root.pem})
    subject = {"credential_type": "cert_subject_dn", "subject_dn": f"CN={name}"}
    return leaf(f"CN={name}", root), {"tls_client_auth": {"credentials": [subject]}}
