"""What a browser is asked for when a passkey is made or used (WebAuthn Level 3, 5.4 and 5.5), in its JSON form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from ..handles import HandleHasher
from ..jose import base64url
from ..records import Json
from .authenticator import Authenticator
from .challenges import CHALLENGE_LIFE_MS
from .user import User

ES256, EDDSA, RS256 = -7, -8, -257
ALGORITHMS = (ES256, EDDSA, RS256)
"""Of the IANA COSE registry: security keys and phones, newer ones, Windows."""
PLATFORM, CROSS_PLATFORM = "platform", "cross-platform"
USER_HANDLE_PURPOSE = "passkey user"


class Site(msgspec.Struct, frozen=True):
    """Where the browser is: passkeys belong to a site, and answer to no other."""

    origin: str
    """Of our own pages, as this browser sees them: ``https://host`` or ``https://host:port``."""

    @property
    def rp_id(self) -> str:
        """The host name that passkeys made here belong to; empty where there can be none: an address has no name."""
        host = urlsplit(self.origin).hostname or ""
        try:
            ip_address(host)
        except ValueError:
            return host
        return ""


def user_handle(handles: HandleHasher, tenant_id: str, user_id: str) -> str:
    """What an authenticator knows the person as: nothing that means anything elsewhere (WebAuthn 14.6.1)."""
    return handles.digest(USER_HANDLE_PURPOSE, tenant_id, user_id)


def making_options(
    site: Site,
    tenant_name: str,
    user: User,
    handle: str,
    challenge: bytes,
    has: Iterable[Authenticator],
    kinds: Sequence[str],
) -> Json:
    """For ``navigator.credentials.create``. ``kinds``: :data:`PLATFORM`, :data:`CROSS_PLATFORM`, or both."""
    selection: Json = {"residentKey": "preferred", "requireResidentKey": False, "userVerification": "preferred"}
    if len(kinds) == 1:
        selection["authenticatorAttachment"] = kinds[0]
    return {
        "rp": {"id": site.rp_id, "name": tenant_name},
        "user": {
            "id": base64url.encode(handle.encode()),
            "name": user.email,
            "displayName": user.metadata.get("name") or user.email,
        },
        "challenge": base64url.encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
        "timeout": CHALLENGE_LIFE_MS,
        # The same authenticator twice would be one factor counted as two.
        "excludeCredentials": _descriptors(has),
        "authenticatorSelection": selection,
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def using_options(site: Site, challenge: bytes, allowed: Iterable[Authenticator], *, must_verify: bool) -> Json:
    """For ``navigator.credentials.get``; without ``allowed`` the person picks one of those that their device knows."""
    return {
        "rpId": site.rp_id,
        "challenge": base64url.encode(challenge),
        "timeout": CHALLENGE_LIFE_MS,
        "userVerification": "required" if must_verify else "preferred",
        "allowCredentials": _descriptors(allowed),
    }


def _descriptors(passkeys: Iterable[Authenticator]) -> list[Json]:
    return [
        {"type": "public-key", "id": passkey.credential_id, "transports": passkey.data.get("transports", [])}
        for passkey in passkeys
    ]
