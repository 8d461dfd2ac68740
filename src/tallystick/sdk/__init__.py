"""For applications: keys, certificates, client assertions, and the ways to show who one is at a token endpoint; signed
authorization requests, and what a signed answer says.

Owns what an application makes and sends; every function is pure but for fresh randomness, and nothing here opens a
socket: a method yields form fields and headers, and the caller's HTTP client sends them. Does not own what the server
accepts: that is `clientauth` and `authorization`. Imports nothing of the house but `jose`.
"""
