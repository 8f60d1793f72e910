"""Indexes for what is asked about each file, so that a long memory costs nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WAITS = sa.text("delivered IS NULL AND dropped IS NULL")


def upgrade() -> None:
    op.create_index("ix_run_inbox_id", "run", ["inbox", "id"])
    op.create_index("ix_run_drop_id", "run", ["drop_id"])
    op.create_index("ix_outbox_waits", "outbox", ["id"], sqlite_where=_WAITS, postgresql_where=_WAITS)


def downgrade() -> None:
    op.drop_index("ix_outbox_waits", "outbox")
    op.drop_index("ix_run_drop_id", "run")
    op.drop_index("ix_run_inbox_id", "run")
