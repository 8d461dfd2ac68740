"""X.509 certificates: read, described, named and chained to an authority we were told to trust (RFC 5280, RFC 8705).

Owns the certificate value and its thumbprint, the canonical form of distinguished names and alternative names and how
they compare, and the path from a client's certificate to a registered authority. Does not own where a certificate came
from (`front`), whom it belongs to (`clientauth`), or what may be registered (`clients.goodcert`).
"""
