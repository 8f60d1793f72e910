"""Numbers of runs that are never used again"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "run_number",
        sa.Column("id", _ID, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("lost_from", sa.BigInteger(), nullable=True),
        sa.Column("lost_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_number")),
    )
    op.execute("INSERT INTO run_number (id, last) SELECT 1, COALESCE(MAX(id), 0) FROM run")


def downgrade() -> None:
    op.drop_table("run_number")
