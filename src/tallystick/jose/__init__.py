"""JOSE, as this house speaks it: the algorithm table, keys, and signed JWTs in compact form.

Owns what a key is and how it is read, which signature algorithms exist and with which keys, the strict envelope around
whatever arrives (sizes, canonical encoding, duplicate members), the difference between unverified and verified claims,
and the signer. Does not own which key belongs to whom, which claims a request needs, or whether a key is good enough
to be registered: those are `clients`, `clientauth`, `tokens`. Imports nothing of the house but `errors`.
"""
