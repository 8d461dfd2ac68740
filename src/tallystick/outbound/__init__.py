"""Outbound: asking others, bounded in time and size. DNS for now; what others publish over HTTPS comes later.

Owns how the asking is done and what can go wrong with it. Does not own what is asked for, or what an answer means.
"""
