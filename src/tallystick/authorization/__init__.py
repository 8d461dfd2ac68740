"""The authorization request: what an application asks for in a person's name, whether it may, and what comes next.

Owns how a request comes in (by the browser, pushed, signed, by reference) and what is known of its way, the table of
checks, what is asked for in detail, the next step, the code, and the form of the answer. Every decision is pure. Does
not own the keys of whoever signed it (`clients`), the person (`users`), the pages (`ui`), or the tokens that a code is
redeemed for (`grants`, `tokens`).
"""
