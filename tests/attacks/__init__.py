"""The attacks of the reference list, sent over HTTP; each test is named after its line.

Sections B, C, D and F (15-31, 38-46): `lines.py` names the tests of every line, and says why a clause does not apply.
Sections A (1-14), E (32-37) and G49 are here too. Of E: 32 is `test_e_outbound.py`,
33 and 34 are `test_e_request_objects.py`, 35 is `test_e_pushed.py`; 36 and 37 by every way in are
`test_e_every_entry.py`, `test_e_pushed.py` and `test_e_redirects.py`. 6-8, 12 and 33 at every place that reads a JWT,
JWE or JSON: `test_jose_corner_cases.py`. What does not apply yet, and why:

1   at CIBA and device endpoints: these endpoints do not exist yet.
3   by another grant type or authenticator: there is one grant, and one authenticator takes assertions.
13  attestation: no attestation-based client authentication exists.
14  foreign issuers as client identity: no client is identified by a foreign issuer; what it asks of exact comparison is
    held by `test_a_assertion_claims.py`.
32  logos: no logo is fetched, browsers load them.
36  by dynamic registration, client id metadata documents and federation: no such door exists yet.
"""
