"""Half-done sign-ins are found by their person: a changed password takes them back, however many others wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    half_done = sa.text("user_id IS NOT NULL")
    op.create_index(
        "ix_pending_authorization_tenant_id_user_id",
        "pending_authorization",
        ["tenant_id", "user_id"],
        sqlite_where=half_done,
        postgresql_where=half_done,
    )
