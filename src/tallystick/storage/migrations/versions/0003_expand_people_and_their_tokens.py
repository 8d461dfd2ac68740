"""People: accounts, factors, sessions, what they consented to and may do; codes, token families, logouts under way."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TYPES: dict[str, Any] = {
    "text": sa.Text,
    "number": sa.BigInteger,
    "flag": sa.Boolean,
    "binary": sa.LargeBinary,
}


def _create(table: str, *, key: str, unique: str = "", optional: str = "", **columns: str) -> None:
    """A table of records: names of columns by type, those in ``optional`` may be NULL."""
    keys = [["tenant_id", *names.split()] for names in (key, unique) if names]
    op.create_table(
        table,
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        *(
            sa.Column(name, TYPES[type_](), nullable=name in optional.split())
            for type_, names in columns.items()
            for name in names.split()
        ),
        sa.PrimaryKeyConstraint("made", name=f"pk_{table}"),
        *(sa.UniqueConstraint(*names, name=f"uq_{table}_{'_'.join(names)}") for names in keys),
        sqlite_autoincrement=True,
    )


def _index(table: str, columns: str, *, unique: bool = False) -> None:
    op.create_index(f"ix_{table}_{columns.replace(' ', '_')}", table, columns.split(), unique=unique)


def upgrade() -> None:
    """Add only: a node of the release before goes on serving from these tables."""
    for name, default in (("version", "1"), ("logins_count", "0")):
        number = sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)
        op.add_column("user_account", number)
    for name in ("email_verified", "blocked"):
        op.add_column("user_account", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("username", "last_ip"):
        op.add_column("user_account", sa.Column(name, sa.Text(), nullable=True))
    for name in ("last_login_ms", "password_changed_at_ms"):
        op.add_column("user_account", sa.Column(name, sa.BigInteger(), nullable=True))
    _index("user_account", "tenant_id connection username", unique=True)
    _create(
        "tenant_option",
        key="name",
        text="name value",
        number="updated_at_ms",
    )
    _create(
        "role",
        key="id",
        unique="name",
        text="id name description permissions",
        number="created_at_ms updated_at_ms",
    )
    _create(
        "authenticator",
        key="id",
        optional="secret_sealed credential_id last_used_at_ms",
        text="id user_id type name credential_id data",
        flag="is_confirmed",
        binary="secret_sealed",
        number="created_at_ms last_used_at_ms version",
    )
    _index("authenticator", "tenant_id credential_id", unique=True)
    _index("authenticator", "tenant_id user_id")
    _create(
        "session",
        key="id",
        unique="secret_hash",
        text="id secret_hash user_id amr clients device",
        flag="is_persistent",
        number=("authenticated_at_ms created_at_ms updated_at_ms idle_expires_at_ms expires_at_ms purge_at_ms version"),
    )
    _index("session", "purge_at_ms")
    _index("session", "tenant_id user_id")
    _create(
        "consent",
        key="id",
        unique="user_id client_id audience",
        text="id user_id client_id audience scope",
        number="created_at_ms updated_at_ms version",
    )
    _create(
        "role_member",
        key="user_id role_id",
        text="user_id role_id",
        number="created_at_ms version",
    )
    _index("role_member", "tenant_id role_id")
    _create(
        "user_permission",
        key="user_id audience permission",
        text="user_id audience permission",
        number="created_at_ms version",
    )
    _create(
        "ticket",
        key="ticket_hash",
        text="ticket_hash purpose user_id data",
        number="created_at_ms expires_at_ms purge_at_ms version",
    )
    _index("ticket", "purge_at_ms")
    _index("ticket", "tenant_id user_id")
    _create(
        "failed_attempts",
        key="subject",
        optional="blocked_until_ms",
        text="subject",
        number="count first_at_ms last_at_ms blocked_until_ms purge_at_ms version",
    )
    _index("failed_attempts", "purge_at_ms")
    _create(
        "job",
        key="id",
        text="id type status data",
        number="created_at_ms updated_at_ms purge_at_ms version",
    )
    _index("job", "purge_at_ms")
    _create(
        "pending_authorization",
        key="id",
        optional="user_id",
        text="id browser_hash client_id parameters progress user_id",
        number="created_at_ms expires_at_ms purge_at_ms version",
    )
    _index("pending_authorization", "purge_at_ms")
    _create(
        "authorization_code",
        key="code_hash",
        optional="credential_id audience nonce code_challenge acr dpop_jkt spent_at_ms family_id",
        text=(
            "code_hash client_id user_id session_id credential_id redirect_uri audience scope nonce "
            "code_challenge claims amr acr dpop_jkt family_id"
        ),
        flag="redirect_uri_sent",
        number="auth_time_ms created_at_ms expires_at_ms spent_at_ms purge_at_ms version",
    )
    _index("authorization_code", "purge_at_ms")
    _create(
        "token_family",
        key="id",
        optional=(
            "session_id code_hash credential_id last_credential_id audience acr binding rotated_at_ms "
            "last_exchanged_at_ms withdrawn_at_ms withdrawn_because idle_expires_at_ms expires_at_ms"
        ),
        text=(
            "id client_id user_id session_id code_hash credential_id last_credential_id audience scope "
            "claims amr acr binding seed device withdrawn_because"
        ),
        number=(
            "auth_time_ms generation rotated_at_ms last_exchanged_at_ms withdrawn_at_ms created_at_ms "
            "idle_expires_at_ms expires_at_ms purge_at_ms version"
        ),
        flag="has_refresh_token is_rotating",
    )
    _index("token_family", "purge_at_ms")
    _index("token_family", "tenant_id credential_id")
    _index("token_family", "tenant_id session_id")
    _index("token_family", "tenant_id user_id client_id")
    _create(
        "logout_delivery",
        key="id",
        text="id client_id url session_id user_id last_error",
        number="attempts next_attempt_at_ms created_at_ms purge_at_ms version",
    )
    _index("logout_delivery", "next_attempt_at_ms")
    _index("logout_delivery", "purge_at_ms")
