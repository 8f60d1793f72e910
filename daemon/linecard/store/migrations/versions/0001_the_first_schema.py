"""The first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "drop_file",
        sa.Column("id", _ID, nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drop_file")),
    )
    with op.batch_alter_table("drop_file", schema=None) as batch_op:
        batch_op.create_index("ix_drop_file_inbox_sha256", ["inbox", "sha256"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", _ID, nullable=False),
        sa.Column("drop_id", _ID, nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("approved_digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("counts", _JSON, nullable=False),
        sa.Column("holds", _JSON, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["drop_id"], ["drop_file.id"], name=op.f("fk_run_drop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_state", ["state"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("delivered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("where", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_outbox_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("run_id", "kind", name=op.f("uq_outbox_run_id_kind")),
    )
    op.create_table(
        "pbx_change",
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("pbx", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("before_member", sa.Text(), nullable=True),
        sa.Column("before_number", sa.Text(), nullable=True),
        sa.Column("after_member", sa.Text(), nullable=True),
        sa.Column("after_number", sa.Text(), nullable=True),
        sa.Column("fate", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=24), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_pbx_change_run_id")),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_pbx_change")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_event_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_event")),
    )
    with op.batch_alter_table("run_event", schema=None) as batch_op:
        batch_op.create_index("ix_run_event_run_id", ["run_id"], unique=False)

    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER run_event_no_update BEFORE UPDATE ON run_event "
            "BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END"
        )
        op.execute(
            "CREATE TRIGGER run_event_no_delete BEFORE DELETE ON run_event "
            "WHEN EXISTS (SELECT 1 FROM run WHERE run.id = OLD.run_id) "
            "BEGIN SELECT RAISE(ABORT, 'events go only with their run'); END"
        )
    op.create_table(
        "sheet_fault",
        sa.Column("id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_sheet_fault_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_fault")),
    )
    with op.batch_alter_table("sheet_fault", schema=None) as batch_op:
        batch_op.create_index("ix_sheet_fault_run_id_line", ["run_id", "line"], unique=False)

    op.create_table(
        "sheet_row",
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("pbx", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("before_member", sa.Text(), nullable=True),
        sa.Column("before_number", sa.Text(), nullable=True),
        sa.Column("after_member", sa.Text(), nullable=True),
        sa.Column("after_number", sa.Text(), nullable=True),
        sa.Column("more", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_sheet_row_run_id")),
        sa.PrimaryKeyConstraint("run_id", "attempt", "line", name=op.f("pk_sheet_row")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("sheet_row")
    with op.batch_alter_table("sheet_fault", schema=None) as batch_op:
        batch_op.drop_index("ix_sheet_fault_run_id_line")

    op.drop_table("sheet_fault")
    with op.batch_alter_table("run_event", schema=None) as batch_op:
        batch_op.drop_index("ix_run_event_run_id")

    op.drop_table("run_event")
    op.drop_table("pbx_change")
    op.drop_table("outbox")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("ix_run_state")

    op.drop_table("run")
    with op.batch_alter_table("drop_file", schema=None) as batch_op:
        batch_op.drop_index("ix_drop_file_inbox_sha256")

    op.drop_table("drop_file")
