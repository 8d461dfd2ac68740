"""What Alembic runs: the steps, on the connection and in the transaction that `storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from tallystick.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
