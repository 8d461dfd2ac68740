"""Sender constraint: what ties a token to its holder, which binding this request gets, and whether it must have one.

Owns the binding value and the decision table of auth0.md 3.7. mTLS now; DPoP joins as another row. Does not own the
certificate's role in client authentication: that is `clientauth`.
"""
