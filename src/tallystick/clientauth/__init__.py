"""Client authentication: what a request presented, one file per method, the table, and the one way through it.

Owns the decision whether an application has proven who it is. `presented` sorts what arrived, each method verifies
purely by a table of rules, `authenticate` loads, asks the method and spends the one-time value last. `diagnosis` walks
the same tables for people, and decides nothing. Does not own what is registered (`clients`), nor what an authenticated
client may do (`grants`).
"""
