"""Refusals of `jose` and `jose.goodkey`: JWTs that are none, keys that are not good enough."""

from __future__ import annotations

from .hint import Hint, Hints

_COMPACT = "RFC 7515 7.1"
_JSON = "RFC 7519 4"

HINTS: Hints = {
    "jwt.size": Hint(
        "The JWT is too large: an assertion has 2048 bytes at most, a request object 32768, an access token 49152.", ""
    ),
    "jwt.parts": Hint(
        "This is no signed JWT in compact form: header, payload and signature with two dots between. Encrypted and JSON"
        " forms are not taken.",
        _COMPACT,
    ),
    "jwt.base64": Hint(
        "A part of the JWT is not base64url without padding, or something stands around it. Send it as your library"
        " made it.",
        "RFC 7515 2",
    ),
    "jwt.json": Hint("Header or payload of the JWT is not a JSON object.", _JSON),
    "jwt.duplicate_member": Hint("A member stands twice in the JWT, and readers would differ. Send each once.", _JSON),
    "jwt.number": Hint("A number in the JWT is too large or none that JSON knows (NaN, Infinity).", "RFC 8259 6"),
    "jwt.depth": Hint("The JWT's JSON is nested too deeply.", ""),
    "jwt.members": Hint("The JWT has too many members.", ""),
    "jwt.alg": Hint(
        "The header's alg is missing, unknown, or not the one the key is registered for. none and HS256 are never"
        " taken: sign with your private key.",
        "RFC 8725 3.1, 3.2",
    ),
    "jwt.crit": Hint("The header has crit. No extension is understood here, so leave it out.", "RFC 7515 4.1.11"),
    "jwt.b64": Hint("The header has b64, which is not supported. Leave it out.", "RFC 7797 3"),
    "jwt.zip": Hint("The header has zip, which signed JWTs do not have. Leave it out.", "RFC 7516 4.1.3"),
    "jwt.kid": Hint("The header's kid is no string, or too long.", "RFC 7515 4.1.4"),
    "jwt.typ": Hint("The header's typ is no string, or too long.", "RFC 7515 4.1.9"),
    "jwt.cty": Hint("The header's cty is no string, or too long.", "RFC 7515 4.1.10"),
    "jwt.key": Hint("The key does not fit the algorithm: another type, curve or size.", "RFC 7518 3.1"),
    "jwt.signature": Hint(
        "The signature was not made by the registered key, or what it signs was changed since. Compare your key's"
        " public half with the registered one; ECDSA signatures are r and s joined, not DER. Of several keys that fit,"
        " the first ten are tried: name yours by kid.",
        "RFC 7515 5.2, RFC 7518 3.4",
    ),
    "jwt.claim.*": Hint(
        "A claim, named at the end of the check's name, has the wrong type, is empty, or is too long: iss, sub and jti"
        " are strings of 64 characters at most, aud is a string or an array of strings, exp, iat and nbf are numbers of"
        " seconds.",
        "RFC 7519 4.1",
    ),
    # Keys
    "private_key": Hint(
        "This holds a private or symmetric key. Keep it, consider it exposed if it left your machine, and send the"
        " public key.",
        "RFC 7517 9.2",
    ),
    "key.size": Hint("This is too long for a key.", ""),
    "key.pem": Hint("This is not one PEM block, or its base64 is broken. Send it with its line breaks.", "RFC 7468 2"),
    "key.pem_blocks": Hint("There is more than one PEM block. Send the one with the public key.", "RFC 7468 2"),
    "key.pem_label": Hint("The PEM block is neither a public key nor a certificate.", "RFC 7468 5, 13"),
    "key.invalid": Hint("This cannot be read as a key: it is damaged, or of a form that is not supported.", ""),
    "key.type": Hint("The key must be RSA, EC or Ed25519.", "RFC 7518 6, RFC 8037 2"),
    "key.curve": Hint("The curve must be P-256, P-384, P-521 or Ed25519.", "RFC 7518 6.2.1.1"),
    "key.member": Hint("The JWK lacks a member that its type needs, or it is no string.", "RFC 7518 6"),
    "key.base64": Hint("A member of the JWK is not base64url without padding.", "RFC 7515 2"),
    "key.length": Hint("A member of the JWK has the wrong length.", "RFC 7518 6"),
    "key.use": Hint(
        "The JWK's use or key_ops says that the key is for something else. A key that verifies has use sig, a key to"
        " encrypt to has use enc.",
        "RFC 7517 4.2, 4.3",
    ),
    "key.alg": Hint("The algorithm is for keys of another type, curve or size.", "RFC 7518 3.1"),
    "key.alg_unknown": Hint("There is no such algorithm here.", "RFC 7518 3.1"),
    "key.*": Hint("The JWK is not acceptable JSON: a member twice, a broken text, or nested too deeply.", "RFC 7517 4"),
    "key.rsa_size": Hint("RSA keys have 2048 to 8192 bits here.", "RFC 7518 3.3"),
    "key.rsa_exponent": Hint("The public exponent must be 65537. Make the key anew.", "FIPS 186-5 A.1.1"),
    "key.rsa_small_factor": Hint("The modulus has a small factor: this is no good RSA key. Make a new one.", ""),
    "key.rsa_square": Hint("The modulus is a square: this is no good RSA key. Make a new one.", ""),
    "key.rsa_roca": Hint("The key was made by a faulty chip or library. Make a new one elsewhere.", "CVE-2017-15361"),
    "key.rsa_close_primes": Hint("The primes are too close to each other. Make a new key.", "CVE-2022-26320"),
    "key.ec_point": Hint("The key is no point on its curve.", "SP 800-56A 5.6.2.3"),
    "key.okp_encoding": Hint("The key is not encoded canonically.", "RFC 8032 5.1.3"),
    "key.okp_small_order": Hint("The key is a point of small order.", "RFC 8032 5.1"),
    "key.okp_point": Hint("The key is no point on its curve.", "RFC 8032 5.1.3"),
    "jwk.kid": Hint("The JWK's kid and the credential's kid differ. Send one of them.", "RFC 7517 4.5"),
}
