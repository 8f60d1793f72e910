"""What the followers of PBXs are given of the changes of runs, and what they have of it"""

import sqlalchemy as sa
from alembic import op

from linecard.store.tables import Id, UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follower_change",
        sa.Column("run_id", Id, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("follower", sa.Text, primary_key=True),
        sa.Column("extension", sa.Text, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("before_member", sa.Text),
        sa.Column("before_numbers", sa.Text),
        sa.Column("after_member", sa.Text),
        sa.Column("after_numbers", sa.Text),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.Column("changed", UTCDateTime),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_follower_change_status", "follower_change", ["follower", "status"])


def downgrade() -> None:
    op.drop_table("follower_change")
