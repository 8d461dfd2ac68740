"""Refusals around encryption: JWEs that are none or cannot be decrypted, and answers that cannot be encrypted."""

from __future__ import annotations

from .hint import Hint, Hints

_COMPACT = "RFC 7516 7.1"
_HEADER = "RFC 7516 4.1"

HINTS: Hints = {
    "jwe.size": Hint("The encrypted JWT or its header is too large. Leave out claims.", ""),
    "jwe.parts": Hint(
        "This is no JWE in compact form: five parts with four dots between. JSON forms are not taken.", _COMPACT
    ),
    "jwe.base64": Hint("A part of the JWE is not base64url without padding, or something stands around it.", _COMPACT),
    "jwe.json": Hint("The header of the JWE is not a JSON object.", _HEADER),
    "jwe.duplicate_member": Hint("A member stands twice in the header of the JWE. Send each once.", "RFC 7516 4"),
    "jwe.number": Hint("A number in the JWE's header is too large or none that JSON knows.", "RFC 8259 6"),
    "jwe.depth": Hint("The header of the JWE is nested too deeply.", ""),
    "jwe.members": Hint("The header of the JWE has too many members.", ""),
    "jwe.alg": Hint(
        "The header's alg is missing, not offered, or not the one the key is for. Encrypt to a key of the server's key"
        " set with use enc, with that key's alg: RSA-OAEP-256, or ECDH-ES with or without key wrapping. dir, A128KW,"
        " PBES2 and RSA1_5 are never taken.",
        "RFC 7518 4.1",
    ),
    "jwe.enc": Hint("The header's enc is missing or not offered. A256GCM and A128CBC-HS256 are.", "RFC 7518 5.1"),
    "jwe.crit": Hint("The header of the JWE has crit. No extension is understood here, so leave it out.", _HEADER),
    "jwe.b64": Hint("The header of the JWE has b64, which only signed JWTs have. Leave it out.", "RFC 7797 3"),
    "jwe.zip": Hint("The content is compressed. Leave zip out: a few bytes could become gigabytes.", "RFC 7516 4.1.3"),
    "jwe.kid": Hint("The header's kid is no string, is too long, or names no key that decrypts here.", _HEADER),
    "jwe.typ": Hint("The header's typ is no string, or too long.", _HEADER),
    "jwe.cty": Hint("The header's cty is no string, or too long.", _HEADER),
    "jwe.apu": Hint("The header's apu is no string, or too long.", "RFC 7518 4.6.1.2"),
    "jwe.apv": Hint("The header's apv is no string, or too long.", "RFC 7518 4.6.1.3"),
    "jwe.epk": Hint(
        "The header's epk is missing, or no public key on the curve of the key it was agreed with.", "RFC 7518 4.6.1.1"
    ),
    "jwe.encrypted_key": Hint(
        "The second part of the JWE must be empty with ECDH-ES, and the encrypted key with everything else.",
        "RFC 7516 5.2",
    ),
    "jwe.length": Hint("Initialization vector or tag do not have the length that enc demands.", "RFC 7518 5"),
    "jwe.key": Hint("The key does not fit the JWE's algorithm: another type, curve or size.", "RFC 7518 4.1"),
    "jwe.decryption": Hint(
        "The JWE was encrypted to another key, or changed since. Fetch the server's key set anew.", "RFC 7516 5.2"
    ),
    "encryption.key": Hint(
        "The application wants the answer encrypted (id_token_, userinfo_ or authorization_encrypted_response_alg), but"
        " response_encryption has no live key for that algorithm, or its jwks_uri does not answer. Register one.",
        "OpenID Connect Registration 2",
    ),
}
