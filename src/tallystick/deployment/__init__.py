"""The deployment: what one installation consists of before it serves. First start, master key, tenants on command.

Owns what is decided once for all workers and nodes: which tenants there are and where they are found, the master key,
and `bootstrap.json`. Runs before the workers and from the command line, never inside a request.
"""
