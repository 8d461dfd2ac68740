"""People: their accounts and passwords. For now the one administrator that the first start makes.

Owns the user record and how a person's password is hashed. Sign-in, sessions and second factors join with the
authorization endpoint.
"""
