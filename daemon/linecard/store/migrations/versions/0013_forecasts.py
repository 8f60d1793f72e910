"""What backends say of a plan as a whole: how long it takes, and what whoever decides should know"""

import sqlalchemy as sa
from alembic import op

from linecard.store.tables import Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("forecasts", Json))


def downgrade() -> None:
    op.drop_column("run", "forecasts")
