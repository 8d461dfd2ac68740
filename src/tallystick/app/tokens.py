"""Tokens in people's names: what issues, recognises and withdraws them, built over a worker."""

from __future__ import annotations

from ..tokens.families import Families
from ..tokens.id_token_hint import IdTokenHints
from ..tokens.person_tokens import PersonTokens
from ..tokens.refresh_token import RefreshTokens
from ..tokens.subject import Subjects
from ..users.permissions import Permissions
from .worker import Worker


def subjects_of(worker: Worker) -> Subjects:
    """Names people to applications."""
    return Subjects(worker.handles)


def person_tokens_of(worker: Worker) -> PersonTokens:
    """Issues access and ID tokens."""
    permissions = Permissions(worker.storage, worker.storage, worker.storage)
    return PersonTokens(worker.ring, subjects_of(worker), permissions)


def families_of(worker: Worker) -> Families:
    """Finds and withdraws families."""
    return Families(worker.storage)


def refresh_tokens_of(worker: Worker) -> RefreshTokens:
    """Makes and recognises refresh tokens."""
    return RefreshTokens(worker.handles)


def id_token_hints_of(worker: Worker) -> IdTokenHints:
    """Reads hints."""
    return IdTokenHints(worker.ring, worker.hosts)
