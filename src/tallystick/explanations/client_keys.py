"""Keys of applications, wherever they come from."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "keys.source": Hint("A usage has its keys from exactly one of credentials, jwks and jwks_uri.", ""),
    "keys.address": Hint("A jwks_uri is an https URL without a fragment.", "OpenID Connect Registration 2"),
    "keys.address_shared": Hint(
        "One address cannot serve both authentication and request objects: one key, one usage. Publish two sets.", ""
    ),
    "private_key_jwt.key_set": Hint(
        "The jwks_uri of the application gave no key that can be used; key_set in the details says why. "
        "`GET /api/v2/clients/{id}/key-sets` shows what was found there.",
        "RFC 7523 3 (9)",
    ),
    "self_signed_tls_client_auth.key_set": Hint(
        "The jwks_uri of the application gave no certificate that can be used; key_set in the details says why. "
        "`GET /api/v2/clients/{id}/key-sets` shows what was found there.",
        "RFC 8705 2.2.2",
    ),
    "certificate.x5c": Hint(
        "A JWK for self_signed_tls_client_auth has its certificate as the first member of x5c: base64 of the DER.",
        "RFC 7517 4.7",
    ),
    "certificate.x5c_key": Hint("The first certificate of x5c must be over the key of its JWK.", "RFC 7517 4.7"),
    "certificate.x5c_thumbprint": Hint("x5t#S256 must be that of the first certificate of x5c.", "RFC 7517 4.9"),
    "key.kid": Hint("The kid of a JWK is a string of 1 to 256 printable characters.", "RFC 7517 4.5"),
    "client.sector_document": Hint(
        "The document at sector_identifier_uri is a JSON array that lists every redirect URI; it could not be fetched "
        "or does not list one.",
        "OpenID Connect Registration 5",
    ),
    "client.encryption_alg": Hint(
        "An encrypted answer needs its alg beside its enc, and response_encryption with a key for that alg.",
        "OpenID Connect Registration 2",
    ),
}
