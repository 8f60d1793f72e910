"""The checksum of a plan, which was called its digest"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("run", "digest", new_column_name="checksum")
    op.alter_column("run", "approved_digest", new_column_name="approved_checksum")


def downgrade() -> None:
    op.alter_column("run", "approved_checksum", new_column_name="approved_digest")
    op.alter_column("run", "checksum", new_column_name="digest")
