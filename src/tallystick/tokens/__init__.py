"""Tokens: issued, inspected, withdrawn. Access tokens, ID tokens, and families of refresh tokens.

Owns what a token contains and how one of ours is recognised. Does not own who may have it (`grants`), to whom it is
bound (`sender`), or the keys (`signing`).
"""
