"""Outbound: asking others, by DNS and by HTTPS, bounded in time and size, and only where they may be asked.

Owns how the asking is done and what can go wrong with it, who waits for whose question (`flights`), and for how long an
answer may be used again (`freshness`). Does not own what is asked for, or what an answer means.
"""
