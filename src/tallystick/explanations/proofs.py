"""Refusals of DPoP proofs, and of tokens whose key nobody proved to hold."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "dpop.once": Hint("The request has several DPoP headers. Send one proof.", "RFC 9449 4.3 (1)"),
    "dpop.typ": Hint("The DPoP header holds another kind of JWT. Set typ to dpop+jwt.", "RFC 9449 4.3 (4)"),
    "dpop.alg": Hint(
        "The proof is signed by an algorithm that is not taken here, or not under the application's security profile."
        " Use ES256; RS256 is never taken for proofs.",
        "RFC 9449 4.3 (5), FAPI 2.0 5.4.1",
    ),
    "dpop.jwk": Hint("The header of the proof has no jwk object: the public key goes there.", "RFC 9449 4.2"),
    "dpop.jwk_refused": Hint(
        "The jwk of the proof is no key that can be used. The log says which rule of keys it fails; private_key means"
        " that the private members were sent along: make a new key.",
        "RFC 9449 4.3 (7)",
    ),
    "dpop.jwk_alg": Hint("The key of the proof is of another kind than its alg.", "RFC 7518 3.1"),
    "dpop.jti": Hint("The proof has no jti. Give each proof a fresh random one.", "RFC 9449 4.2"),
    "dpop.htm": Hint("htm is not the method of the request. It is case-sensitive: POST, GET.", "RFC 9449 4.3 (8)"),
    "dpop.htu": Hint(
        "htu is not the URL of the request. Use the URL as it is sent, host and port included, without query and"
        " fragment; at the mTLS address its own. Behind a proxy compare with the configured issuer.",
        "RFC 9449 4.3 (9)",
    ),
    "dpop.iat": Hint("The proof has no iat.", "RFC 9449 4.2"),
    "dpop.iat_future": Hint("The proof was made in the future. Compare the clocks.", "RFC 9449 4.3 (11)"),
    "dpop.iat_past": Hint(
        "The proof is older than a minute. Make one for each request, and compare the clocks.", "RFC 9449 4.3 (11)"
    ),
    "dpop.exp": Hint("The proof says itself that its time is over.", "RFC 7519 4.1.4"),
    "dpop.nbf": Hint("The proof says itself that its time has not come.", "RFC 7519 4.1.5"),
    "dpop.ath": Hint(
        "ath is not the hash of the access token that was sent: base64url of its SHA-256, without padding.",
        "RFC 9449 4.2, 4.3 (12)",
    ),
    "dpop.nonce_missing": Hint(
        "A nonce is needed here. The answer has it as DPoP-Nonce: make the proof again with it.", "RFC 9449 8, 9"
    ),
    "dpop.nonce": Hint(
        "The nonce of the proof is too old, or not of this tenant. The answer has a fresh one as DPoP-Nonce.",
        "RFC 9449 8, 9",
    ),
    "dpop.jkt": Hint(
        "The pushed request names one key by dpop_jkt and was sent with a proof of another. Send the thumbprint of the"
        " key that makes the proof, or leave dpop_jkt out.",
        "RFC 9449 10.1",
    ),
    "dpop.replayed": Hint(
        "This very proof was used before. Make a fresh one, with another jti, for each request, each retry too.",
        "RFC 9449 11.1",
    ),
    "authorize.dpop_jkt": Hint(
        "dpop_jkt is the SHA-256 thumbprint of the public key (RFC 7638), 43 characters of base64url.", "RFC 9449 10"
    ),
    "possession.scheme": Hint(
        "The token came in a scheme that does not fit it: one that a DPoP key binds belongs into `Authorization: DPoP`,"
        " one that nothing binds into `Authorization: Bearer`.",
        "RFC 9449 7.1, 7.2",
    ),
    "possession.confirmation": Hint("The token is bound by something that is not known here.", "RFC 7800 3.1"),
    "possession.certificate": Hint(
        "The token is bound to a certificate, and the connection has none or another. Call the mTLS address with the"
        " certificate with which the token was got.",
        "RFC 8705 3",
    ),
    "possession.proof_missing": Hint(
        "The token is bound to a key, and the request has no DPoP header.", "RFC 9449 7.1"
    ),
    "possession.key": Hint(
        "The proof was made by another key than the one the token is bound to.", "RFC 9449 4.3 (12)"
    ),
}
