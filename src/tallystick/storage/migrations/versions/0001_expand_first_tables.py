"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything of release 0.1; a step is never edited once released."""
    op.create_table(
        "tenant",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("mtls_issuer", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("mtls_host", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_tenant"),
        sa.UniqueConstraint("tenant_id", name="uq_tenant_tenant_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tenant_host",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_tenant_host"),
        sa.UniqueConstraint("host", name="uq_tenant_host_host"),
        sa.UniqueConstraint("tenant_id", "host", name="uq_tenant_host_tenant_id_host"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "client",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("app_type", sa.Text(), nullable=True),
        sa.Column("is_first_party", sa.Boolean(), nullable=False),
        sa.Column("is_global", sa.Boolean(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_client"),
        sa.UniqueConstraint("tenant_id", "client_id", name="uq_client_tenant_id_client_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "credential",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("credential_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=True),
        sa.Column("alg", sa.Text(), nullable=True),
        sa.Column("public_jwk", sa.Text(), nullable=True),
        sa.Column("pem", sa.Text(), nullable=True),
        sa.Column("thumbprint_sha256", sa.Text(), nullable=True),
        sa.Column("key_sha256", sa.Text(), nullable=True),
        sa.Column("subject_dn", sa.Text(), nullable=True),
        sa.Column("subject_san", sa.Text(), nullable=True),
        sa.Column("certificate_authority_id", sa.Text(), nullable=True),
        sa.Column("secret_hash", sa.Text(), nullable=True),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=True),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("made", name="pk_credential"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_credential_tenant_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_credential_tenant_id_client_id", "credential", ["tenant_id", "client_id"])
    op.create_index("ix_credential_tenant_id_key_sha256", "credential", ["tenant_id", "key_sha256"])
    op.create_table(
        "certificate_authority",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("intermediates", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("thumbprint_sha256", sa.Text(), nullable=False),
        sa.Column("key_sha256", sa.Text(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("not_after_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_certificate_authority"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_certificate_authority_tenant_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "resource_server",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_resource_server"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_resource_server_tenant_id_id"),
        sa.UniqueConstraint("tenant_id", "identifier", name="uq_resource_server_tenant_id_identifier"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "client_grant",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_client_grant"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_client_grant_tenant_id_id"),
        sa.UniqueConstraint(
            "tenant_id",
            "client_id",
            "audience",
            "subject_type",
            name="uq_client_grant_tenant_id_client_id_audience_subject_type",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "signing_key",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("private_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("current_since_ms", sa.BigInteger(), nullable=True),
        sa.Column("current_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("made", name="pk_signing_key"),
        sa.UniqueConstraint("tenant_id", "kid", name="uq_signing_key_tenant_id_kid"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user_account",
        sa.Column("made", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("made", name="pk_user_account"),
        sa.UniqueConstraint("tenant_id", "user_id", name="uq_user_account_tenant_id_user_id"),
        sa.UniqueConstraint("tenant_id", "connection", "email", name="uq_user_account_tenant_id_connection_email"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "revision",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_revision"),
    )
    op.create_table(
        "one_time",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_one_time"),
    )
    op.create_index("ix_one_time_expires_at_ms", "one_time", ["expires_at_ms"])
    op.create_table(
        "log",
        sa.Column("seq", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_log_tenant_id_seq", "log", ["tenant_id", "seq"])
    op.create_index("ix_log_tenant_id_type", "log", ["tenant_id", "type"])
    op.create_table(
        "deployment",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_deployment"),
    )
