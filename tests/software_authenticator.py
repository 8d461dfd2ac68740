"""A passkey in software, and the browser around it: makes credentials and assertions as WebAuthn Level 3 says.

Everything that an attacker could change is an argument: origin, site, flags, counter, whose handle.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tallystick.jose import base64url

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ES256, EDDSA, RS256 = -7, -8, -257


class SoftwareAuthenticator:
    """One credential of one authenticator."""

    def __init__(self, alg: int = ES256, *, flags: int = UP | UV, counts: bool = True) -> None:
        self.alg = alg
        self.flags = flags
        self.counts = counts
        self.count = 0
        self.credential_id = secrets.token_bytes(32)
        self.user_handle = ""
        self.rp_id = ""
        self._key: Any
        if alg == ES256:
            self._key = ec.generate_private_key(ec.SECP256R1())
        elif alg == EDDSA:
            self._key = ed25519.Ed25519PrivateKey.generate()
        else:
            self._key = rsa.generate_private_key(65537, 2048)

    def make(self, options: dict[str, Any], origin: str, **client_data: Any) -> str:
        """What ``navigator.credentials.create`` gives for these options, in its JSON form."""
        self.rp_id, self.user_handle = options["rp"]["id"], options["user"]["id"]
        key_id = len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(self.rp_id, self.flags | AT) + bytes(16) + key_id + cbor2.dumps(self._cose())
        response = {
            "clientDataJSON": _client_data("webauthn.create", options["challenge"], origin, client_data),
            "attestationObject": base64url.encode(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._credential(response, clientExtensionResults={"credProps": {"rk": True}})

    def use(
        self, options: dict[str, Any], origin: str, *, rp_id: str = "", flags: int | None = None, **changed: Any
    ) -> str:
        """What ``navigator.credentials.get`` gives; ``changed``: ``count``, ``handle``, members of the client data."""
        self.count += 1 if self.counts else 0
        count, handle = changed.pop("count", self.count), changed.pop("handle", self.user_handle)
        flags = self.flags if flags is None else flags
        data = self._data(rp_id or options["rpId"], flags, count)
        client_data = _client_data("webauthn.get", options["challenge"], origin, changed)
        signature = self._sign(data + sha256(base64url.decode(client_data)).digest())
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": base64url.encode(data),
            "signature": base64url.encode(signature),
            "userHandle": handle,
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any], **more: Any) -> str:
        shown = base64url.encode(self.credential_id)
        form = {"id": shown, "rawId": shown, "type": "public-key", "response": response, **more}
        return msgspec.json.encode(form).decode()

    def _data(self, rp_id: str, flags: int, count: int = 0) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _cose(self) -> dict[int, Any]:
        public: Any = self._key.public_key()
        if self.alg == ES256:
            numbers = public.public_numbers()
            return {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        if self.alg == EDDSA:
            return {1: 1, 3: EDDSA, -1: 6, -2: public.public_bytes_raw()}
        numbers = public.public_numbers()
        return {1: 3, 3: self.alg, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}

    def _sign(self, data: bytes) -> bytes:
        signature: bytes
        if self.alg == ES256:
            signature = self._key.sign(data, ec.ECDSA(SHA256()))
        elif self.alg == EDDSA:
            signature = self._key.sign(data)
        else:
            signature = self._key.sign(data, padding.PKCS1v15(), SHA256())
        return signature


def _client_data(type: str, challenge: str, origin: str, changed: dict[str, Any]) -> str:
    form = {"type": type, "challenge": challenge, "origin": origin, "crossOrigin": False, **changed}
    return base64url.encode(msgspec.json.encode(form))
