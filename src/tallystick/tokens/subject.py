"""The subject: what an application calls a person (OpenID Connect Core 8)."""

from __future__ import annotations

from ..clients.client import Client
from ..clients.sector import PAIRWISE, sector_of, subject_type_of
from ..handles import HandleHasher
from ..tenants.tenant import Tenant

PURPOSE = "pairwise subject"


class Subjects:
    """Names people to applications."""

    def __init__(self, handles: HandleHasher) -> None:
        self._handles = handles

    def subject_of(self, tenant: Tenant, client: Client, user_id: str) -> str:
        """The user id; for an application with pairwise subjects a keyed hash of it and the application's sector.

        Core 8.1: applications of two sectors cannot compare theirs, and nobody gets the user id back out of it.
        """
        if subject_type_of(client) != PAIRWISE:
            return user_id
        return self._handles.digest(PURPOSE, tenant.tenant_id, sector_of(client), user_id)
