"""Access tokens that are looked up: opaque ones, withdrawn ones, and places in the published lists of their status."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WITHDRAWN = sa.text("withdrawn_at_ms IS NOT NULL AND status_list IS NOT NULL")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _create(table: str, key: str, *columns: sa.Column[str] | sa.Column[int]) -> None:
    """A table of live records, unique by tenant and ``key``."""
    op.create_table(
        table,
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        _text("tenant_id"),
        *columns,
        _number("version"),
        sa.PrimaryKeyConstraint("made", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", key, name=f"uq_{table}_tenant_id_{key}"),
        sqlite_autoincrement=True,
    )


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    _create(
        "opaque_token",
        "token_hash",
        _text("token_hash"),
        _text("client_id"),
        _text("grant_id", nullable=True),
        _text("claims"),
        _number("created_at_ms"),
        _number("expires_at_ms"),
        _number("purge_at_ms"),
    )
    _create(
        "revoked_token",
        "token_hash",
        _text("token_hash"),
        _text("client_id"),
        _number("status_list", nullable=True),
        _number("status_index", nullable=True),
        _number("revoked_at_ms"),
        _number("purge_at_ms"),
    )
    _create("status_counter", "id", _text("id"), _number("next_place"))
    for table in ("opaque_token", "revoked_token"):
        op.create_index(f"ix_{table}_purge_at_ms", table, ["purge_at_ms"])
    op.create_index("ix_revoked_token_tenant_id_status_list", "revoked_token", ["tenant_id", "status_list"])
    for column in ("status_list", "status_index"):
        op.add_column("token_family", _number(column, nullable=True))
    op.create_index(
        "ix_token_family_tenant_id_status_list",
        "token_family",
        ["tenant_id", "status_list"],
        sqlite_where=WITHDRAWN,
        postgresql_where=WITHDRAWN,
    )
