"""Clients and their credentials: what is registered, what is acceptable, and the one registry that every door uses.

Owns the client and credential records, the table of client metadata fields, the rules for good certificates, client
secrets, the authorities that client certificates may chain to, the key sets that clients publish, and whether a client
can meet its security profile and the tenant's floor. Does not own how a credential is shown: that is `clientauth`. Nor
what a client may ask of an API: that is `apis`.
"""
