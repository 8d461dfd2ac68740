"""Encrypted access tokens of an API (auth0.md 3.7, 5.3): the field, what is kept and shown of it, and the key. Pure.

``encryption_key`` is the API's own public key as PEM. It is kept as it was sent, and shown only by its thumbprint, as
Auth0 shows it. A body with the thumbprint in the place of the PEM keeps the key that is there: so what was exported can
be imported again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ..errors import InvalidField, Refused
from ..jose import jwe
from ..jose.encryption_algorithms import KEY_ALGS
from ..jose.goodkey import check_key
from ..jose.keys import PublicKey, public_key_from_pem
from ..records import Json

FORMAT = "compact-nested-jwe"
ENC = "A256GCM"
"""Auth0's one content encryption of access tokens (auth0.md 5.3)."""
ALGS = tuple(name for name in KEY_ALGS if name != "RSA-OAEP")
"""Auth0's three, and the ECDH-ES family; RSA-OAEP with SHA-1 is for clients that know nothing else, and here nobody is
asked."""
FIELD = "token_encryption"


class ApiEncryptionKey(Struct, forbid_unknown_fields=True):
    """The key of an API; ``kid`` goes into the header."""

    alg: Annotated[str, Meta(extra_json_schema={"enum": list(ALGS)})]
    pem: Annotated[str, Meta(max_length=4096)] | UnsetType = UNSET
    thumbprint_sha256: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=128)] | UnsetType | None = UNSET
    kid: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType | None = UNSET


class TokenEncryption(Struct, forbid_unknown_fields=True):
    """How access tokens are encrypted."""

    format: Literal["compact-nested-jwe"]
    encryption_key: ApiEncryptionKey


class ShownApiEncryptionKey(Struct):
    """The key as it is answered: without the PEM."""

    alg: Annotated[str, Meta(extra_json_schema={"enum": list(ALGS)})]
    thumbprint_sha256: str
    name: str | UnsetType = UNSET
    kid: str | UnsetType = UNSET


class ShownTokenEncryption(Struct):
    """The field as it is answered."""

    format: Literal["compact-nested-jwe"]
    encryption_key: ShownApiEncryptionKey


def check_token_encryption(value: Json) -> None:
    """Raises ValueError for an algorithm that is not offered, or a key that is no good one for it."""
    key = value["encryption_key"]
    if key["alg"] not in ALGS:
        raise ValueError(f"alg must be one of {', '.join(ALGS)}")
    if (pem := key.get("pem")) is None:
        return
    try:
        public_key = public_key_from_pem(pem)
        check_key(public_key, key["alg"])
    except Refused as refused:
        raise ValueError(f"encryption_key: {refused.description}") from None
    # RFC 7638: what an answer says of the key; who sends both must mean one.
    if key.get("thumbprint_sha256") not in (None, public_key.thumbprint):
        raise ValueError("thumbprint_sha256 is not that of the key in pem")


def kept_token_encryption(value: Json, before: Json | None) -> Json:
    """What is kept of a checked value, with the key of ``before`` where the value names it by its thumbprint.

    Raises InvalidField where there is no key to keep.
    """
    key = {name: member for name, member in value["encryption_key"].items() if member is not None}
    thumbprint = key.pop("thumbprint_sha256", None)
    if "pem" not in key:
        held = (before or {}).get("encryption_key")
        if held is None or thumbprint != recipient_of(held["pem"]).thumbprint:
            raise InvalidField(f"{FIELD}.encryption_key.pem", "Missing required property: pem", check="field.required")
        key["pem"] = held["pem"]
        # RFC 8725 3.1: the algorithm may change only to one that this key is for.
        try:
            check_key(recipient_of(key["pem"]), key["alg"])
        except Refused as refused:
            raise InvalidField(f"{FIELD}.encryption_key.alg", refused.description, check=refused.check) from None
    return {**value, "encryption_key": key}


def shown_token_encryption(kept: Json) -> Json:
    """The field as it is answered: the key by its thumbprint alone."""
    key = {name: member for name, member in kept["encryption_key"].items() if name != "pem"}
    return {
        **kept,
        "encryption_key": {**key, "thumbprint_sha256": recipient_of(kept["encryption_key"]["pem"]).thumbprint},
    }


@lru_cache(maxsize=512)
def recipient_of(pem: str) -> PublicKey:
    """The key in a PEM that was checked when it was registered. Read once, not once per token."""
    return public_key_from_pem(pem)


def encrypted(token: str, kept: dict[str, Any]) -> str:
    """A signed access token for the API's eyes alone: the nested JWT of RFC 7519 11.2."""
    key = kept["encryption_key"]
    return jwe.encrypt(token.encode(), recipient_of(key["pem"]), alg=key["alg"], enc=ENC, kid=key.get("kid"))
