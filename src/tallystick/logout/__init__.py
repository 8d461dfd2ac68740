"""Logout: the end of a session, and everybody who has to hear of it.

Owns logout tokens and their delivery to applications (OpenID Connect Back-Channel Logout 1.0), with retries. Does not
own the session (`users`) or the URLs where logout begins (`endpoints`).
"""
