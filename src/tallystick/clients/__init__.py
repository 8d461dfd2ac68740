"""Clients and their credentials: what is registered, what is acceptable, and the one registry that every door uses.

Owns the client and credential records, the table of client metadata fields, the rules for good keys and certificates,
client secrets, and the authorities that client certificates may chain to. Does not own how a credential is shown: that
is `clientauth`. Nor what a client may ask of an API: that is `apis`.
"""
