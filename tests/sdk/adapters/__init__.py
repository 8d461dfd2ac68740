"""Tests of the adapters, over sockets."""
