"""``/keys/signing`` (auth0.md 4.7): the tenant's signing keys. Answers add ``alg``: each algorithm has its own keys.

What others encrypt to is shown with ``?use=enc`` and rotated and revoked by the same calls: to an administrator it is
one more kind of key of the same life. Auth0's ``/keys/encryption`` is another thing, keys that encrypt its database.
"""

from __future__ import annotations

from typing import Annotated, Literal

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from msgspec import Meta

from ..clients.dates import DATE, iso_from_ms
from ..fields import Field, check_update, field_table
from ..jose.keys import pem_of, public_key_from_pem
from ..records import Json
from ..signing.key import CURRENT, ENCRYPTION, NEXT, PREVIOUS, SIGNING, SigningKey
from ..signing.make import ALGS, SIGNING_ALGS
from ..signing.registry import SigningKeys
from .call import Answer, Call, Route
from .description import Body, Many, Shown
from .query import value_of

SigningAlg = Annotated[str, Meta(extra_json_schema={"enum": [*ALGS, "EdDSA"]})]
DEFAULT_ALG = SIGNING_ALGS[0]
ROTATE_FIELDS = field_table([Field(name="alg", type=SigningAlg, description="The algorithm whose keys to rotate")])
REVOKE_FIELDS = field_table([])
_ONE = "/keys/signing/{kid}"
_READ = ("read:signing_keys",)
_UPDATE = ("update:signing_keys",)
_QUERY = {
    "use": Field(
        name="use",
        type=Literal["sig", "enc"],
        description="Keys that sign, which is the default, or keys that others encrypt to",
    )
}
_BRIEFLY = field_table(
    (
        Field(name="kid", type=str, description="Key id"),
        Field(name="alg", type=SigningAlg, description="What it signs with, or is encrypted to with"),
        Field(name="use", type=Literal["sig", "enc"], description="Whether it signs, or others encrypt to it"),
        Field(name="cert", type=str, description="Its certificate, PEM, if it signs"),
        Field(name="public_key", type=str, description="Its public half, PEM, if others encrypt to it"),
    )
)
_OF_ONE_USE = ("cert", "public_key")
SHOWN_BRIEFLY = Shown("ChangedSigningKey", _BRIEFLY, optional=_OF_ONE_USE, id="kid")
_KEY = field_table(
    (
        *_BRIEFLY.values(),
        Field(name="pkcs7", type=str, description="The certificate as PKCS #7, PEM"),
        Field(name=CURRENT, type=bool, description="Whether it signs now, or is what others shall encrypt to"),
        Field(name=NEXT, type=bool, description="Whether it signs after the next rotation"),
        Field(name=PREVIOUS, type=bool, description="Whether it was current before"),
        Field(name="fingerprint", type=str, description="SHA-1 of the certificate, with colons"),
        Field(name="thumbprint", type=str, description="SHA-1 of the certificate"),
        Field(name="revoked", type=bool, description="Whether it is out of the key set, or decrypts no more"),
    )
)
_OF_CERTIFICATE = ("pkcs7", "fingerprint", "thumbprint")
_DATES = field_table(
    Field(name=name, type=DATE, description=description)
    for name, description in (
        ("current_since", "When it became current"),
        ("current_until", "When it ceased to be"),
        ("revoked_at", "When it was revoked"),
    )
)
SHOWN = Shown("SigningKey", {**_KEY, **_DATES}, optional=(*_OF_ONE_USE, *_OF_CERTIFICATE, *_DATES), id="kid")


class SigningKeyResource:
    """The resource."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                "/keys/signing",
                self._list,
                _READ,
                "List the signing keys, or the keys that others encrypt to",
                query=_QUERY,
                answers={200: Many(SHOWN)},
            ),
            Route("GET", _ONE, self._get, _READ, "Get a key", answers={200: SHOWN}, problems=(404,)),
            Route(
                "POST",
                "/keys/signing/rotate",
                self._rotate,
                ("create:signing_keys", *_UPDATE),
                "Sign with the next key and make another next one, or have others encrypt to a new key",
                body=Body("RotateSigningKeys", ROTATE_FIELDS, update=True),
                answers={201: SHOWN_BRIEFLY},
            ),
            Route(
                "PUT",
                "/keys/signing/{kid}/revoke",
                self._revoke,
                _UPDATE,
                "Take a previous key out of the key set",
                body=Body("RevokeSigningKey", REVOKE_FIELDS, update=True),
                answers={200: SHOWN_BRIEFLY},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        use = value_of(call.query, _QUERY["use"]) or SIGNING
        return Answer(200, [shown(key) for key in await self._keys.every(call.tenant.tenant_id) if key.use == use])

    async def _get(self, call: Call) -> Answer:
        return Answer(200, shown(await self._keys.get(call.tenant.tenant_id, call.path["kid"])))

    async def _rotate(self, call: Call) -> Answer:
        alg = check_update(ROTATE_FIELDS, call.body).get("alg", DEFAULT_ALG)
        return Answer(201, _brief(await self._keys.rotate(call.tenant, alg, call.now_ms, call.event)))

    async def _revoke(self, call: Call) -> Answer:
        check_update(REVOKE_FIELDS, call.body)
        key = await self._keys.revoke(call.tenant, call.path["kid"], call.now_ms, call.event)
        return Answer(200, _brief(key))


def shown(key: SigningKey) -> Json:
    """The key as administrators see it; its private half never leaves the seal."""
    body: Json = {
        **_brief(key),
        **({} if key.use == ENCRYPTION else _certificate(key)),
        **{state: key.state == state for state in (CURRENT, NEXT, PREVIOUS)},
        "current_since": _date(key.current_since_ms),
        "current_until": _date(key.current_until_ms),
        "revoked": key.revoked_at_ms is not None,
        "revoked_at": _date(key.revoked_at_ms),
    }
    return {name: value for name, value in body.items() if value is not None}


def _certificate(key: SigningKey) -> Json:
    certificate = x509.load_pem_x509_certificate(key.certificate.encode())
    # Auth0's two names for SHA-1 of the certificate, the older with colons.
    thumbprint = certificate.fingerprint(SHA1()).hex()  # noqa: S303 - the field's own definition
    return {
        "pkcs7": serialize_certificates([certificate], Encoding.PEM).decode("ascii"),
        "fingerprint": ":".join(thumbprint[at : at + 2] for at in range(0, len(thumbprint), 2)).upper(),
        "thumbprint": thumbprint.upper(),
    }


def _date(ms: int | None) -> str | None:
    return None if ms is None else iso_from_ms(ms)


def _brief(key: SigningKey) -> Json:
    shown = (
        {"public_key": pem_of(public_key_from_pem(key.certificate))}
        if key.use == ENCRYPTION
        else {"cert": key.certificate}
    )
    return {"kid": key.kid, "alg": key.alg, "use": key.use, **shown}
