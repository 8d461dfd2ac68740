"""The benchmark: tokens per second on one core, beside npm's oidc-provider in the same minutes.

Owns how load is made and measured; knows Tallystick only from outside, by its command line and its HTTP. How to read
the figures is in README.md beside this file.
"""
