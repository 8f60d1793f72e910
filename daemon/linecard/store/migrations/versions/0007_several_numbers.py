"""All numbers of an extension, where there was one: a line each"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("sheet_row", "pbx_change")
NAMES = ("before_number", "after_number")


def upgrade() -> None:
    for table in TABLES:
        for name in NAMES:
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {name} TO {name}s")


def downgrade() -> None:
    for table in TABLES:
        for name in NAMES:
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {name}s TO {name}")
