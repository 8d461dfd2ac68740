"""The authorization request: what an application asks for in a person's name, whether it may, and what comes next.

Owns parsing, the table of checks, the next step, the code, and the form of the answer. Every decision is pure. Does not
own the person (`users`), the pages (`ui`), or the tokens that a code is redeemed for (`grants`, `tokens`).
"""
