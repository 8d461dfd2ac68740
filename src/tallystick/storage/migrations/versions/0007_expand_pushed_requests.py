"""Pushed requests and fetched key sets; what a request proves of its way, and what a person allows in detail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _create(table: str, key: str, *columns: sa.Column[str] | sa.Column[int]) -> None:
    """A table of live records that forgets by itself, unique by tenant and ``key``."""
    op.create_table(
        table,
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        _text("tenant_id"),
        *columns,
        _number("purge_at_ms"),
        _number("version"),
        sa.PrimaryKeyConstraint("made", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", key, name=f"uq_{table}_tenant_id_{key}"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{table}_purge_at_ms", table, ["purge_at_ms"])


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    _create(
        "pushed_request",
        "id",
        _text("id"),
        _text("client_id"),
        _text("parameters"),
        _text("provenance"),
        _text("hinted_subject", nullable=True),
        _number("created_at_ms"),
        _number("expires_at_ms"),
    )
    _create(
        "key_set",
        "url",
        _text("url"),
        _text("keys"),
        _text("refused"),
        _number("fetched_at_ms", nullable=True),
        _number("fresh_until_ms"),
        _number("attempted_at_ms"),
        _text("last_error", nullable=True),
    )
    op.add_column("pending_authorization", _text("provenance", nullable=True))
    for table in ("authorization_code", "token_family"):
        op.add_column(table, _text("authorization_details", nullable=True))
        op.add_column(table, _text("transaction_linking_id", nullable=True))
