"""The attacks of the reference list, sent over HTTP; each test is named after its line.

Sections A (1-14), B (15-19), C (20-26), E36-37, F40-41, F44-45 and G49 are here. What does not apply yet, and why:

1   at PAR, introspection, revocation, CIBA and device endpoints: these endpoints do not exist yet.
3   by another grant type or authenticator: there is one grant, and one authenticator takes assertions.
13  attestation: no attestation-based client authentication exists.
14  foreign issuers as client identity: no client is identified by a foreign issuer; what it asks of exact comparison is
    held by `test_a_assertion_claims.py`.
16  rate limits per client and address: no such tenant setting exists yet.
21  (revocation lists) and 27: no revocation list is fetched yet.
"""
