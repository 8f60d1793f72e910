"""Who delivered a file, and how many of a PBX's links the plan that waits would change"""

import sqlalchemy as sa
from alembic import op

from linecard.store.tables import Json

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drop_file", sa.Column("delivered_by", sa.Text, nullable=False, server_default=""))
    op.add_column("claim", sa.Column("owner", sa.Text, nullable=False, server_default=""))
    op.add_column("run", sa.Column("affected", Json))


def downgrade() -> None:
    op.drop_column("run", "affected")
    op.drop_column("claim", "owner")
    op.drop_column("drop_file", "delivered_by")
