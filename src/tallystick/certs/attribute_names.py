"""Names of the attributes in a distinguished name: one table of what is read, and how each is written.

RFC 4514 section 3 requires the first nine; the rest are the short names that OpenSSL and Node (and so Auth0) write,
with the long names of RFC 4519. Names are compared without case; what is not here must be given as a dotted object
identifier.
"""

from __future__ import annotations

# Dotted OID → (the name we write, as OpenSSL spells it; other names we read).
_TABLE: dict[str, tuple[str, ...]] = {
    "2.5.4.3": ("CN", "commonName"),
    "2.5.4.7": ("L", "localityName"),
    "2.5.4.8": ("ST", "stateOrProvinceName"),
    "2.5.4.10": ("O", "organizationName"),
    "2.5.4.11": ("OU", "organizationalUnitName"),
    "2.5.4.6": ("C", "countryName"),
    "2.5.4.9": ("street", "streetAddress"),
    "0.9.2342.19200300.100.1.25": ("DC", "domainComponent"),
    "0.9.2342.19200300.100.1.1": ("UID", "userId"),
    "2.5.4.4": ("SN", "surname"),
    "2.5.4.5": ("serialNumber",),
    "2.5.4.12": ("title",),
    "2.5.4.13": ("description",),
    "2.5.4.15": ("businessCategory",),
    "2.5.4.17": ("postalCode",),
    "2.5.4.41": ("name",),
    "2.5.4.42": ("GN", "givenName"),
    "2.5.4.43": ("initials",),
    "2.5.4.44": ("generationQualifier",),
    "2.5.4.45": ("x500UniqueIdentifier",),
    "2.5.4.46": ("dnQualifier",),
    "2.5.4.65": ("pseudonym",),
    "2.5.4.97": ("organizationIdentifier",),
    "1.2.840.113549.1.9.1": ("emailAddress", "E"),
    "1.3.6.1.4.1.311.60.2.1.1": ("jurisdictionL", "jurisdictionLocalityName"),
    "1.3.6.1.4.1.311.60.2.1.2": ("jurisdictionST", "jurisdictionStateOrProvinceName"),
    "1.3.6.1.4.1.311.60.2.1.3": ("jurisdictionC", "jurisdictionCountryName"),
}

WRITTEN_NAMES = {oid: names[0] for oid, names in _TABLE.items()}
"""Dotted OID → the name it is written with."""

OIDS = {name.lower(): oid for oid, names in _TABLE.items() for name in names}
"""Lower-case name → dotted OID."""
