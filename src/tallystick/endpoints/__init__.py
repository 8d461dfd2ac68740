"""The protocol's public URLs, one file each: read, phases, respond.

Owns the order of the phases at each URL and the table of URLs from which discovery is made. Decides nothing itself:
each phase is a room of its own.
"""
