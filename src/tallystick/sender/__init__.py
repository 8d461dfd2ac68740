"""Sender constraint: what ties a token to its holder, which binding this request gets, and whether it must have one.

Owns the proofs of possession of both mechanisms, mTLS (RFC 8705) and DPoP (RFC 9449), and the decision table of
auth0.md 3.7. Pure, and without the server's packages: the server and the SDK for APIs judge proofs by the same tables.
Does not own the certificate's role in client authentication: that is `clientauth`. Whoever asks spends what may be used
once.
"""
