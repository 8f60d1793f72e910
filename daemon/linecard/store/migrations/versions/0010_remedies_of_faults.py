"""What to do about a fault, which was called its hint"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("sheet_fault", "hint", new_column_name="remedy")


def downgrade() -> None:
    op.alter_column("sheet_fault", "remedy", new_column_name="hint")
