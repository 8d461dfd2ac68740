"""Passkeys: whether what a browser brings holds (WebAuthn Level 3, 7.1 for a new one, 7.2 for one in use).

The package `webauthn` verifies structures and signatures. What it leaves to its caller is here: which challenge, which
site, whose passkey, whether its owner proved to it who they are, whether its counter went on. Nothing is spent here.
"""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec.structs import replace

from ..ids import new_record_id
from ..jose import base64url
from ..jose.strict_json import decode_object
from ..records import Json
from .assurance import HARDWARE_KEY, MULTIPLE_FACTORS, SOFTWARE_KEY, USER_PRESENCE
from .authenticator import WEBAUTHN, Authenticator
from .challenges import refused
from .passkey_options import ALGORITHMS, Site

CREDENTIAL_CHARS_MAX = 32_768
CREDENTIAL_ID_BYTES_MAX = 1023
"""WebAuthn 7.1: longer credential ids are refused."""
RSA_BITS_MIN = 2048
_ATTESTATIONS = ("none", "packed")
"""We ask for none. An authenticator that vouches for itself may say so all the same, in the second form."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser brought, read and not yet verified."""

    unverified: Json
    credential_id: str
    challenge: bytes
    user_handle: str | None
    """As text; None when the authenticator named nobody."""


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey that was made, or used, well."""

    passkey: Authenticator
    """As it shall be kept: with its new counter."""
    amr: list[str]
    """What it adds to how the person proved who they are."""


def read_shown(text: str) -> Shown:
    """The JSON form of a ``PublicKeyCredential``; raises OAuthError, check ``passkey.malformed``."""
    try:
        if len(text) > CREDENTIAL_CHARS_MAX:
            raise ValueError("too long")
        unverified = decode_object(text.encode())
        response = unverified["response"]
        client_data = decode_object(base64url.decode(response["clientDataJSON"]))
        handle = response.get("userHandle")
        return Shown(
            unverified=unverified,
            credential_id=msgspec.convert(unverified["id"], str),
            challenge=base64url.decode(client_data["challenge"]),
            user_handle=base64url.decode(handle).decode() if handle else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refused("passkey.malformed", reason=type(error).__name__) from None


def made(shown: Shown, site: Site, tenant_id: str, user_id: str, name: str, now_ms: int) -> Used:
    """The new passkey, confirmed by its being made; its challenge was recognised before. Raises OAuthError."""
    from webauthn import verify_registration_response  # what a worker that shows no passkey page need not load
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    _reject_frames(shown)
    try:
        verified = verify_registration_response(
            credential=shown.unverified,
            expected_challenge=shown.challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(alg) for alg in ALGORITHMS],
        )
        _check_key(verified.credential_public_key)
    except Exception as error:  # the package lets whatever a malformed structure causes through
        raise refused("passkey.registration", reason=str(error)[:200]) from None
    if verified.fmt not in _ATTESTATIONS or len(verified.credential_id) > CREDENTIAL_ID_BYTES_MAX:
        raise refused(
            "passkey.registration", reason=f"format {verified.fmt}, id of {len(verified.credential_id)} bytes"
        )
    response, extensions = shown.unverified["response"], shown.unverified.get("clientExtensionResults") or {}
    is_shared = verified.credential_device_type == "multi_device"
    passkey = Authenticator(
        tenant_id=tenant_id,
        id=new_record_id(),
        user_id=user_id,
        type=WEBAUTHN,
        name=name,
        is_confirmed=True,
        credential_id=base64url.encode(verified.credential_id),
        data={
            "public_key": base64url.encode(verified.credential_public_key),
            "sign_count": verified.sign_count,
            "rp_id": site.rp_id,
            "aaguid": verified.aaguid,
            "transports": _transports(response.get("transports")),
            "backup_eligible": is_shared,
            "backed_up": verified.credential_backed_up,
            "is_discoverable": _is_discoverable(extensions),
        },
        created_at_ms=now_ms,
    )
    return Used(passkey=passkey, amr=_amr(is_shared=is_shared, user_verified=verified.user_verified))


def used(shown: Shown, passkey: Authenticator, site: Site, now_ms: int, *, must_verify: bool) -> Used:
    """The passkey after this use; its challenge was recognised before. Raises OAuthError."""
    from webauthn import verify_authentication_response

    _reject_frames(shown)
    data = passkey.data
    if data["rp_id"] != site.rp_id or passkey.credential_id != shown.credential_id:
        raise refused("passkey.site", rp_id=data["rp_id"])
    try:
        verified = verify_authentication_response(
            credential=shown.unverified,
            expected_challenge=shown.challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=base64url.decode(data["public_key"]),
            # Judged below, under a name of its own in the log.
            credential_current_sign_count=0,
            require_user_verification=False,
        )
    except Exception as error:  # the package lets whatever a malformed structure causes through
        raise refused("passkey.assertion", reason=str(error)[:200]) from None
    if must_verify and not verified.user_verified:
        raise refused("passkey.user_verification")
    # 7.2, 21: a counter that stands still or goes back means that there are two of this authenticator. Those that
    # keep none say 0 for ever.
    if (verified.new_sign_count or data["sign_count"]) and verified.new_sign_count <= data["sign_count"]:
        raise refused("passkey.counter", kept=data["sign_count"], shown=verified.new_sign_count)
    is_shared = verified.credential_device_type == "multi_device"
    if is_shared != data["backup_eligible"]:  # 7.2, 18: it never changes
        raise refused("passkey.backup")
    return Used(
        passkey=replace(
            passkey,
            data={**data, "sign_count": verified.new_sign_count, "backed_up": verified.credential_backed_up},
            last_used_at_ms=now_ms,
        ),
        amr=_amr(is_shared=is_shared, user_verified=verified.user_verified),
    )


def _amr(*, is_shared: bool, user_verified: bool) -> list[str]:
    """RFC 8176 2. Whoever proves to the authenticator who they are shows two factors with it."""
    words = [SOFTWARE_KEY if is_shared else HARDWARE_KEY, USER_PRESENCE]
    return [*words, MULTIPLE_FACTORS] if user_verified else words


def _reject_frames(shown: Shown) -> None:
    """7.2, 14: our pages stand in nobody's frame, so no ceremony of ours comes out of one."""
    client_data = msgspec.json.decode(base64url.decode(shown.unverified["response"]["clientDataJSON"]))
    if client_data.get("crossOrigin") or client_data.get("topOrigin"):
        raise refused("passkey.frame")


def _check_key(cose_key: bytes) -> None:
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

    key = decoded_public_key_to_cryptography(decode_credential_public_key(cose_key))
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        raise ValueError(f"an RSA key of {key.key_size} bits")
    if isinstance(key, EllipticCurvePublicKey) and not isinstance(key.curve, SECP256R1):
        raise ValueError(f"a key on {key.curve.name}")


def _transports(told: Any) -> list[str]:
    known = ("usb", "nfc", "ble", "smart-card", "internal", "hybrid")
    return [one for one in known if isinstance(told, list) and one in told]


def _is_discoverable(extensions: Any) -> bool | None:
    properties = extensions.get("credProps") if isinstance(extensions, dict) else None
    told = properties.get("rk") if isinstance(properties, dict) else None
    return told if isinstance(told, bool) else None
