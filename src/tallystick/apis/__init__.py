"""APIs: resource servers, and the grants that say which client may ask for which of their scopes.

Owns the two records and the rules for what may be registered, the types of authorization details and the key that
tokens are encrypted to included. Does not own how a token for an API looks (`tokens`) or
how it is bound (`sender`).
"""
