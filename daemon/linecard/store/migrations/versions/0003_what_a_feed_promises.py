"""How many rows a file was said to have, and what became of the tries to deliver a report"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ADD COLUMN, which SQLite does in place: a table made anew would have to leave its children behind.
    op.add_column("run", sa.Column("expected", sa.Integer(), nullable=True))
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("due", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("problem", sa.Text(), server_default="", nullable=False))
    op.add_column("outbox", sa.Column("dropped", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("dropped", "problem", "due", "attempts"):
        op.drop_column("outbox", name)
    op.drop_column("run", "expected")
