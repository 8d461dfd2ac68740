"""The Management API's resources about how people sign in, each with what it needs."""

from __future__ import annotations

from ..management.connections import ConnectionResource
from ..management.guardian import GuardianResource
from ..management.option_documents import AttackProtectionResource, BrandingResource
from ..management.routes import Resource
from ..tenants.option_registry import OptionRegistry
from .worker import Worker


def sign_in_resources(worker: Worker) -> tuple[Resource, ...]:
    """The resources."""
    options = OptionRegistry(worker.writer)
    return (
        ConnectionResource(options, worker.storage),
        AttackProtectionResource(options),
        BrandingResource(options),
        GuardianResource(options),
    )
