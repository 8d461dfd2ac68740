"""The server's own signing keys: made, sealed at rest, published, rotated and revoked.

Owns the key record, the key ring that a worker signs with, and the rules of rotation. Does not own what is signed: that
is `tokens`. Clients' keys live in `clients`.
"""
