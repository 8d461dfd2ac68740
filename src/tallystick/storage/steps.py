"""The steps of the tables that this release knows, by the names of their files.

Whoever only asks whether the tables are as they should be, at every `/readyz`, does not need Alembic for it: loading it
takes a worker a sixth of its start. The names hold the revisions, and a test holds them to what Alembic reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
KNOWN = tuple(sorted(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*.py")))
"""Every revision, the oldest first."""


def head() -> str:
    """The revision of the tables that this release needs."""
    return KNOWN[-1]


def is_known(revision: str) -> bool:
    """Whether this release has the steps that lead to a revision."""
    return revision in KNOWN


def is_migrated(revisions: Sequence[str]) -> bool:
    """Whether tables at these revisions serve this release.

    A revision this release does not know is a newer release's: it has expanded the tables while we serve, and keeps
    what we use until we are gone.
    """
    return bool(revisions) and all(revision == head() or not is_known(revision) for revision in revisions)
