"""Letters that tell of no run: notices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tells", sa.String(length=16), nullable=False),
        sa.Column("facts", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("name", name=op.f("uq_notice_name")),
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("run_id", existing_type=_ID, nullable=True)
        outbox.add_column(sa.Column("notice_id", _ID, nullable=True))
        outbox.create_foreign_key(op.f("fk_outbox_notice_id"), "notice", ["notice_id"], ["id"])
        outbox.create_unique_constraint(op.f("uq_outbox_notice_id_kind"), ["notice_id", "kind"])
        outbox.create_check_constraint(op.f("ck_outbox_tells_of_one"), "(run_id IS NULL) <> (notice_id IS NULL)")


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE notice_id IS NOT NULL")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_constraint(op.f("ck_outbox_tells_of_one"), type_="check")
        outbox.drop_constraint(op.f("uq_outbox_notice_id_kind"), type_="unique")
        outbox.drop_constraint(op.f("fk_outbox_notice_id"), type_="foreignkey")
        outbox.drop_column("notice_id")
        outbox.alter_column("run_id", existing_type=_ID, nullable=False)
    op.drop_table("notice")
