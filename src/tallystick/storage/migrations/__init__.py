"""Migrations: the way of the tables from release to release.

Owns one file per step. A step's name begins with ``expand`` (adds; the release before keeps working on it) or
``contract`` (removes what no release in use still touches), so that nodes can be upgraded one by one.
"""
