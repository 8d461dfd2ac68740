"""Clients nobody here wrote, against the real server over real TLS."""
