"""The deployment: what one installation consists of. First start, master key, tenants on command, backup and restore.

Owns what is decided once for all workers and nodes: which tenants there are and where they are found, the master key,
`bootstrap.json`, and what a backup holds beside the database. Runs before the workers and from the command line, never
inside a request; a worker only borrows `telling`, which says how it is.
"""
