"""Tokens: issued, inspected, and later revoked. Access tokens now; ID and refresh tokens when people sign in.

Owns what a token contains and how one of ours is recognised. Does not own who may have it (`grants`), to whom it is
bound (`sender`), or the keys (`signing`).
"""
