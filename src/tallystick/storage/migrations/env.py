"""What Alembic runs: the steps, on the connection and in the transaction that `storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

import tallystick.storage.live_schema  # noqa: F401  # its tables join the others
from tallystick.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
