"""The shape that every grant has: a request of an authenticated client in, what is granted out, or a refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from ..apis.directory import ApiDirectory
from ..apis.resource_servers import ResourceServer
from ..clientauth.authenticate import AuthenticatedClient
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant


class GrantRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a grant may look at."""

    tenant: Tenant
    authenticated: AuthenticatedClient
    parameters: Mapping[str, str]
    apis: ApiDirectory
    hosts: HostDirectory


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What is granted: scopes of one API in the name of a subject."""

    resource_server: ResourceServer
    scopes: tuple[str, ...]
    subject: str
    gty: str
    """How it came about, as Auth0's ``gty`` claim spells it."""


class GrantType(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table in `grants.table`."""

    name: str
    decide: Callable[[GrantRequest], Awaitable[Granted]]
    needs_confidential_client: bool
