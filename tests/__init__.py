"""Tests speak from outside: HTTP in, behaviour out."""
