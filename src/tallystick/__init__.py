"""Tallystick: an authorization server for applications that prove who they are."""
