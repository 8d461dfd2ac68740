"""For APIs: verify access tokens, and that whoever shows a bound one holds its key; scopes, step-up, challenges.

Owns what an API does with a token: verification by discovery and key set or by introspection, status lists, DPoP
proofs and client certificates, refusals as RFCs 6750, 9449 and 9470 word them, the metadata of RFC 9728. The rules of
proofs are `sender`'s, those of JWTs `jose`'s. Works with any standard server, and with the base dependencies alone.
"""

from ...sender.nonces import Nonces
from ..server_keys import Decryption
from .access_token import AccessToken
from .asgi import Protection, access_token
from .client_certificates import FromConnection, FromProxy
from .fetching import HttpxFetch, UrllibFetch
from .introspection import Introspection
from .protected_resource import ANY_BINDING, ProtectedResource
from .refusals import ApiRefused
from .replays import InMemoryReplays, ReplayStore
from .request import ApiRequest
from .resource_metadata import ResourceMetadata
from .sqlite_replays import SqliteReplays
from .trusted_issuers import TrustedIssuers
from .verifier import TokenVerifier

__all__ = [
    "ANY_BINDING",
    "AccessToken",
    "ApiRefused",
    "ApiRequest",
    "Decryption",
    "FromConnection",
    "FromProxy",
    "HttpxFetch",
    "InMemoryReplays",
    "Introspection",
    "Nonces",
    "ProtectedResource",
    "Protection",
    "ReplayStore",
    "ResourceMetadata",
    "SqliteReplays",
    "TokenVerifier",
    "TrustedIssuers",
    "UrllibFetch",
    "access_token",
]
