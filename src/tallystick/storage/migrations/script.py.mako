"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the file ``<number>_expand_<what>.py`` or ``<number>_contract_<what>.py``."""
    ${upgrades if upgrades else "pass"}
