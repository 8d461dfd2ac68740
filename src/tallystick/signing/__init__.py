"""The server's own keys: made, sealed at rest, published, rotated and revoked. Those it signs with, and those that
others encrypt to; no key does both.

Owns the key record, the key ring that a worker signs and decrypts with, and the rules of rotation. Does not own what is
signed or decrypted: that is `tokens` and `authorization`. Clients' keys live in `clients`.
"""
