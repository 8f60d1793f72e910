"""Checksum files, and files that stay where they are after they were taken"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claim", sa.Column("checksum", sa.LargeBinary, nullable=False, server_default=sa.text("x''")))
    op.add_column("claim", sa.Column("stays", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("claim") as claim:
        claim.drop_column("stays")
        claim.drop_column("checksum")
