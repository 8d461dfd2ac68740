"""JOSE, as this house speaks it: the tables of algorithms, keys, and JWTs in compact form, signed and encrypted.

Owns what a key is, how it is read and whether it is good enough (`goodkey`), which algorithms exist for signatures and
for encryption and with which keys, the strict envelope around whatever arrives (sizes, canonical encoding, duplicate
members), the difference between unverified and verified claims, and the signer. Does not own which key belongs to whom
or which claims a request needs: those are `clients`, `clientauth`, `authorization`, `tokens`. Imports nothing of the
house but `errors`.
"""
