"""Custom domains, what was used how often, and finding a log row by its correlation id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    for name in ("issuer", "mtls_issuer", "custom_domain_id"):
        op.add_column("tenant_host", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "custom_domain",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("custom_domain_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("origin_domain_name", sa.Text(), nullable=True),
        sa.Column("cname_api_key_hash", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_custom_domain"),
        sa.UniqueConstraint("tenant_id", "custom_domain_id", name="uq_custom_domain_tenant_id_custom_domain_id"),
        sa.UniqueConstraint("tenant_id", "domain", name="uq_custom_domain_tenant_id_domain"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "credential_use",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("last_used_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "credential_id", name="pk_credential_use"),
    )
    op.create_table(
        "daily_count",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", "name", name="pk_daily_count"),
    )
    op.create_index("ix_log_tenant_id_correlation_id", "log", ["tenant_id", "correlation_id"])
