"""Tokens: issued, inspected, withdrawn. Access tokens, ID tokens, and families of refresh tokens.

Owns what a token contains and how one of ours is recognised; how what is for one application is signed and encrypted.
Does not own who may have a token (`grants`), to whom it is bound (`sender`), or the keys (`signing`).
"""
