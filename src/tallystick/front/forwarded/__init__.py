"""The forms in which reverse proxies hand on the client's certificate: one small pure parser each, and their table.

Owns the grammar of those headers and nothing else: whether a proxy is to be believed is decided by `front.proxies`, and
whether a certificate is to be trusted by client authentication.
"""
