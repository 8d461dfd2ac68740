"""Client authentication: what a request presented, one file per method, the table, and the one way through it.

Owns the decision whether an application has proven who it is. `presented` sorts what arrived, each method verifies
purely, `authenticate` loads, asks the method and spends the one-time value last. Does not own what is registered
(`clients`), nor what an authenticated client may do (`grants`).
"""
