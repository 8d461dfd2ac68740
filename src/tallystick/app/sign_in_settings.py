"""The Management API's resources about how people sign in, each with what it needs."""

from __future__ import annotations

from ..management.authentication_methods import AuthenticationMethodResource
from ..management.connections import ConnectionResource
from ..management.grants import GrantResource
from ..management.guardian import GuardianResource
from ..management.jobs import JobResource
from ..management.option_documents import AttackProtectionResource, BrandingResource
from ..management.refresh_tokens import RefreshTokenResource
from ..management.routes import Resource
from ..management.sessions import SessionResource
from ..management.tickets import TicketResource
from ..tenants.option_registry import OptionRegistry
from .mailed import mailed_links_of, tickets_of
from .tokens import families_of
from .worker import Worker


def sign_in_resources(worker: Worker) -> tuple[Resource, ...]:
    """The resources."""
    options = OptionRegistry(worker.writer)
    return (
        ConnectionResource(options, worker.storage),
        AttackProtectionResource(options),
        BrandingResource(options),
        GuardianResource(options),
        *_of_people(worker),
    )


def _of_people(worker: Worker) -> tuple[Resource, ...]:
    """What people have: sessions, tokens, factors, and what they allowed."""
    live, accounts, families = worker.storage, worker.people.accounts, families_of(worker)
    return (
        SessionResource(live, accounts, worker.endings, families),
        RefreshTokenResource(live, worker.storage, accounts, families),
        GrantResource(live, worker.storage, families),
        AuthenticationMethodResource(live, worker.storage, accounts),
        JobResource(live, accounts, worker.importer, mailed_links_of(worker)),
        TicketResource(accounts, tickets_of(worker)),
    )
