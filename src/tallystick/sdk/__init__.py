"""For applications: how they prove who they are, get tokens, and call APIs with them, at any standard server. For APIs:
`api`.

Owns what an application sends and what it believes of the answers: pure functions, and flows (`exchange`) that yield
requests and are sent answers. Nothing here opens a socket but the files of `adapters`, one for each HTTP client. Does
not own what the server accepts: that is `clientauth`, `authorization` and the like. Imports nothing of the house but
`jose` and `sender`, and of others' packages the base dependencies alone.
"""
