"""Codes that wait are found by their person: they are taken back with what they stand for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    waiting = sa.text("spent_at_ms IS NULL")
    op.create_index(
        "ix_authorization_code_tenant_id_user_id",
        "authorization_code",
        ["tenant_id", "user_id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
