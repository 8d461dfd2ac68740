"""Bodies of applications that have what a level wants, and the keys behind them."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.profiles import PROFILES
from tests.authorization.asking import GRANTS, REDIRECT_URI
from tests.certificate_mill import Holder, leaf
from tests.forge import Key

Json = dict[str, Any]


class Keys(msgspec.Struct, frozen=True):
    """What one application holds: a key to authenticate, another to sign requests, and a certificate."""

    authentication: Key
    signing: Key
    holder: Holder


def new_keys(alg: str = "ES256", signing_alg: str = "ES256") -> Keys:
    """Fresh ones."""
    return Keys(Key(alg), Key(signing_alg), leaf("CN=app"))


def uploaded(key: Key) -> Json:
    """A key as it is registered."""
    return {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg}


def methods_of(level: str, keys: Keys) -> Json:
    """``client_authentication_methods`` for a level, as `private_key_jwt` or by a self-signed certificate."""
    if "private_key_jwt" in PROFILES[level].authentication_methods:
        return {"private_key_jwt": {"credentials": [uploaded(keys.authentication)]}}
    return {"self_signed_tls_client_auth": {"credentials": [{"credential_type": "x509_cert", "pem": keys.holder.pem}]}}


def body_of(level: str, keys: Keys, **fields: Any) -> Json:
    """An application that meets the level."""
    body: Json = {
        "name": f"app of {level}",
        "app_type": "regular_web",
        "grant_types": [*GRANTS, "client_credentials"],
        "callbacks": [REDIRECT_URI],
        "compliance_level": level,
        "client_authentication_methods": methods_of(level, keys),
        "signed_request_object": {"credentials": [uploaded(keys.signing)]},
        "refresh_token": {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0},
    }
    return {name: value for name, value in {**body, **fields}.items() if value is not None}
