"""The back channel: what tells applications of logouts, in the background."""

from __future__ import annotations

from functools import partial

from ..logout.sender import Sender
from ..tenants.tenant import Tenant
from .tokens import response_encryption_of, subjects_of
from .worker import Worker


def sender_of(worker: Worker) -> Sender:
    """Who tells them. Started when the worker serves, closed before its storage is."""
    return Sender(
        live=worker.storage,
        find_tenant=partial(worker.storage.get, Tenant),
        clients=worker.clients,
        ring=worker.ring,
        encryption=response_encryption_of(worker),
        subjects=subjects_of(worker),
        outbound=worker.outbound,
        endings=worker.endings,
        clock=worker.clock,
    )
