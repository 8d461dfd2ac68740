"""Logouts under way say by which issuer: an application knows the person by the issuer of its ID token."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    op.add_column("logout_delivery", sa.Column("issuer", sa.Text(), nullable=True))
