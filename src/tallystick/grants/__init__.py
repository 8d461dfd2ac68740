"""Grants: one file per `grant_type`, and the table.

Owns what is granted: for which API, which scopes and details, in whose name. Does not own who asks (`clientauth`), to
whom the token is bound (`sender`), or what it looks like (`tokens`).
"""
