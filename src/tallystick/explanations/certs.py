"""Refusals of `certs` and `clients.goodcert`: certificates that cannot be read, named, or trusted."""

from __future__ import annotations

from .hint import Hint, Hints

_EXTENSIONS = "RFC 5280 4.2"

HINTS: Hints = {
    # Reading one
    "certificate.pem": Hint("This is not PEM with certificates alone.", "RFC 7468 5"),
    "certificate.blocks": Hint("There must be exactly one certificate.", "RFC 7468 5"),
    "certificate.der": Hint("This cannot be read as an X.509 certificate.", "RFC 5280 4.1"),
    "certificate.size": Hint("The certificate is too large.", ""),
    "certificate.names": Hint("The certificate has too many alternative names.", ""),
    "certificate.version": Hint(
        "This is a version 1 certificate. Make it again with extensions, such as basicConstraints=critical,CA:FALSE.",
        "RFC 5280 4.1.2.1",
    ),
    "certificate.serial": Hint("The serial number must be positive. Have it made again.", "RFC 5280 4.1.2.2"),
    "certificate.extensions": Hint("An extension is there twice or cannot be read.", _EXTENSIONS),
    "certificate.key": Hint("The certificate's key cannot be read.", "RFC 5280 4.1.2.7"),
    "certificate.subject": Hint("The certificate has no subject that text can carry.", "RFC 5280 4.1.2.6"),
    "certificate.expired": Hint(
        "The certificate has expired. Have it renewed; a self-signed one is then another, and must be registered.",
        "RFC 5280 4.1.2.5",
    ),
    "certificate.not_yet_valid": Hint(
        "The certificate is not valid yet. Wait, or set the clock of whoever issues it.", "RFC 5280 4.1.2.5"
    ),
    "certificate.is_ca": Hint(
        "This is an authority's certificate (CA:TRUE). Register the client's own.", "RFC 5280 4.2.1.9"
    ),
    "certificate.is_no_ca": Hint("This is no authority's certificate (CA:TRUE is missing).", "RFC 5280 4.2.1.9"),
    # The chain
    "chain.no_anchor": Hint(
        "No certificate authority is registered, so nobody is trusted. Register one.", "RFC 5280 6.1.1"
    ),
    "chain.no_issuer": Hint(
        "Nothing leads from the certificate to a registered authority. Have the client send its intermediates with it,"
        " or register the authority; evidence names the last issuer that was looked for.",
        "RFC 5280 6.1",
    ),
    "chain.signature": Hint(
        "An authority of the right name is registered, and its key did not sign the certificate: it is another"
        " authority of that name, or an earlier one. Register the one that issues now.",
        "RFC 5280 6.1.3 (a) (1)",
    ),
    "chain.signature_algorithm": Hint(
        "A certificate of the chain is signed with MD5, SHA-1 or something unknown. Have it issued with SHA-256.", ""
    ),
    "chain.issuer_key": Hint("The key of an issuer in the chain is too weak or of an unknown kind.", ""),
    "chain.leaf_is_ca": Hint(
        "The client shows an authority's certificate (CA:TRUE). Have it issued with CA:FALSE.", "RFC 5280 4.2.1.9"
    ),
    "chain.eku": Hint(
        "The extended key usage does not list clientAuth. Have it issued for client authentication.",
        "RFC 5280 4.2.1.12",
    ),
    "chain.key_usage": Hint("The key usage lacks digitalSignature.", "RFC 8446 4.4.2.2, RFC 5280 4.2.1.3"),
    "chain.critical_extension": Hint("A critical extension is not understood here.", _EXTENSIONS),
    "chain.issuer_is_no_ca": Hint("An issuer in the chain is no authority (CA:TRUE is missing).", "RFC 5280 6.1.4 (k)"),
    "chain.key_cert_sign": Hint("An issuer in the chain may not sign certificates.", "RFC 5280 6.1.4 (n)"),
    "chain.issuer_eku": Hint("The extended key usage of an issuer rules client authentication out.", ""),
    "chain.path_length": Hint(
        "There are more intermediates than an authority above them allows.", "RFC 5280 6.1.4 (m)"
    ),
    "chain.name_constraints": Hint(
        "An authority in the chain may not speak for this name (name constraints).", "RFC 5280 4.2.1.10"
    ),
    "chain.name_constraints_budget": Hint("There are too many names and name constraints to compare.", ""),
    "chain.budget": Hint("There are too many certificates of the same name to try. Send fewer intermediates.", ""),
    # Names that are registered
    "dn.*": Hint(
        "This is no distinguished name that can be compared. Write it as RFC 4514 has it, such as CN=robot,O=Example,"
        " with a backslash before a comma or plus sign in a value; openssl x509 -nameopt RFC2253 prints it.",
        "RFC 4514 3",
    ),
    "dn.empty": Hint("A part of the name, or all of it, is empty.", "RFC 4514 3"),
    "san.size": Hint("The name is too long.", ""),
    "san.wildcard": Hint("A wildcard is no client's name. Register the name itself.", "RFC 8705 2.1.2"),
    "san.dns": Hint(
        "A DNS name has ASCII labels with dots between; international names are written xn--.", "RFC 5280 4.2.1.6"
    ),
    "san.dns_is_ip": Hint("This is an IP address. Register it as cert_san_ip.", "RFC 5280 4.2.1.6"),
    "san.uri": Hint("The URI must be absolute and ASCII.", "RFC 5280 4.2.1.6"),
    "san.ip": Hint("This is not an IP address, or one with a scope.", "RFC 5280 4.2.1.6"),
    "san.email": Hint("This is not an e-mail address.", "RFC 5280 4.2.1.6"),
}
