"""The rules for one certificate in a chain, and for one link of it; `chain` says which rule is asked when."""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

from .certificate import Certificate
from .constraints import check_name_constraints
from .refusals import UntrustedCertificate

CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
ANY_USE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string

# MD5 (2008) and SHA-1 (2017, chosen prefix 2020) have been used to forge certificates.
SIGNATURE_HASHES = frozenset({"sha256", "sha384", "sha512"})
RSA_BITS = range(2048, 8193)
"""Beyond it an authority shown by the client could make us verify for milliseconds."""
RSA_EXPONENTS = range(3, 2**32, 2)
"""3 and 65537 are in use. One as long as the modulus makes a verification as dear as a signature (attacks.md 12)."""
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})

# What is looked at, or decides nothing when no policy is required (see `chain`).
UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)


def check_leaf(leaf: Certificate) -> None:
    """The client's own certificate: not an authority, and good for client authentication."""
    if leaf.is_ca:
        raise _refused("An authority's certificate is no client's certificate.", "chain.leaf_is_ca")
    # RFC 5280 4.2.1.12: an application may ask for the particular purpose; "any" is not it.
    if leaf.eku is not None and CLIENT_AUTH not in leaf.eku:
        raise _refused("The certificate is not for client authentication.", "chain.eku")
    usage = leaf.extension(x509.KeyUsage)
    # RFC 8446 4.4.2.2: the digitalSignature bit MUST be set if the extension is there.
    if usage is not None and not usage.digital_signature:
        raise _refused("The certificate's key is not for signatures.", "chain.key_usage")


def check_extensions(certificate: Certificate) -> None:
    """RFC 5280 4.2: a critical extension that is not understood is a refusal."""
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in UNDERSTOOD:
            raise _refused("A critical extension is not understood.", "chain.critical_extension")


def check_issuer(issuer: Certificate, path: tuple[Certificate, ...]) -> None:
    """Whether ``issuer`` may stand above ``path`` (leaf first): RFC 5280 6.1.4 (k) to (n), and its name constraints."""
    if not issuer.is_ca:
        raise _refused("An issuer in the chain is no authority.", "chain.issuer_is_no_ca")
    usage = issuer.extension(x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise _refused("An issuer in the chain may not sign certificates.", "chain.key_cert_sign")
    # Not in RFC 5280, but what authorities mean by it and what OpenSSL does: EKU narrows what is below.
    if issuer.eku is not None and issuer.eku.isdisjoint({CLIENT_AUTH, ANY_USE}):
        raise _refused("An issuer in the chain is not for client authentication.", "chain.issuer_eku")
    constraints = issuer.extension(x509.BasicConstraints)
    below = sum(1 for certificate in path[1:] if not _is_self_issued(certificate))
    if constraints is not None and constraints.path_length is not None and below > constraints.path_length:
        raise _refused("The chain is longer than its authority allows.", "chain.path_length")
    names = issuer.extension(x509.NameConstraints)
    if names is not None:
        for certificate in path:
            if certificate is path[0] or not _is_self_issued(certificate):
                check_name_constraints(names, certificate)


# A function of two values that never change, and the dearest part of a chain: a client shows the same certificate at
# every request. Only what held is remembered; who floods with certificates of their own only pushes others out.
@lru_cache(maxsize=4096)
def check_issued_by(child: Certificate, issuer: Certificate) -> None:
    """Raise :class:`UntrustedCertificate` unless the issuer's key signed ``child`` in a way that holds."""
    _check_key(issuer)
    _check_signature_algorithm(child)
    try:
        # Compares the names byte by byte (RFC 5280 4.1.2.6: they are encoded identically), then the signature.
        child.x509.verify_directly_issued_by(issuer.x509)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refused("An authority of that name did not sign this certificate.", "chain.signature") from error


def _check_key(issuer: Certificate) -> None:
    match issuer.public_key:
        case RSAPublicKey() as key if key.key_size in RSA_BITS and key.public_numbers().e in RSA_EXPONENTS:
            return
        case EllipticCurvePublicKey() as key if key.curve.name in CURVES:
            return
        case Ed25519PublicKey():
            return
    raise _refused("The key of an issuer in the chain is not acceptable.", "chain.issuer_key")


def _check_signature_algorithm(certificate: Certificate) -> None:
    if certificate.x509.signature_algorithm_oid == SignatureAlgorithmOID.ED25519:
        return
    try:
        algorithm = certificate.x509.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if algorithm is None or algorithm.name not in SIGNATURE_HASHES:
        raise _refused("The certificate is signed with a weak algorithm.", "chain.signature_algorithm")


def _is_self_issued(certificate: Certificate) -> bool:
    return certificate.subject is not None and certificate.subject == certificate.issuer


def _refused(description: str, check: str) -> UntrustedCertificate:
    return UntrustedCertificate(description, check=check)
