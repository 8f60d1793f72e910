"""The schema. Changes to it go into `migrations/versions` as well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from linecard.model.outcome import ChangeStatus

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware time; stored in UTC. SQLite alone would forget the offset."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without its zone cannot be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True)

drop = sa.Table(
    "drop_file",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("received", UTCDateTime, nullable=False),
    sa.Column("delivered_by", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_drop_file_inbox_sha256", "inbox", "sha256"),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("drop_id", Id, sa.ForeignKey("drop_file.id"), nullable=False),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("checksum", sa.String(64), nullable=False, server_default=""),
    sa.Column("approved_checksum", sa.String(64), nullable=False, server_default=""),
    sa.Column("counts", Json, nullable=False),
    sa.Column("holds", Json, nullable=False),
    sa.Column("affected", Json),
    sa.Column("forecasts", Json),
    sa.Column("pbxs", Json),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("expected", sa.Integer),
    sa.Column("created", UTCDateTime, nullable=False),
    sa.Column("changed", UTCDateTime, nullable=False),
    sa.Index("ix_run_state", "state"),
    sa.Index("ix_run_inbox_id", "inbox", "id"),
    sa.Index("ix_run_drop_id", "drop_id"),
)

run_number = sa.Table(
    "run_number",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("lost_from", sa.BigInteger),
    sa.Column("lost_to", sa.BigInteger),
)
"""One row: the last number that a run was given, which stays when runs are forgotten, and the numbers of runs that
reports tell of and this database has never known."""

claim = sa.Table(
    "claim",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("name", sa.LargeBinary, nullable=False),
    sa.Column("marker", sa.LargeBinary, nullable=False),
    sa.Column("checksum", sa.LargeBinary, nullable=False, server_default=sa.text("x''")),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("modified", sa.Double, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("run_id", Id, sa.ForeignKey("run.id")),
    sa.Column("taken", sa.Text, nullable=False, server_default=""),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("settled", UTCDateTime),
    sa.Column("stays", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("owner", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_claim_inbox_settled", "inbox", "settled"),
    sa.Index("ix_claim_run_id", "run_id"),
)

event = sa.Table(
    "run_event",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("run_id", Id, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("was", sa.String(16)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Index("ix_run_event_run_id", "run_id"),
)

row = sa.Table(
    "sheet_row",
    metadata,
    sa.Column("run_id", Id, sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("member", sa.Text, nullable=False),
    sa.Column("pbx", sa.Text, nullable=False),
    sa.Column("extension", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("code", sa.String(24), nullable=False),
    sa.Column("before_member", sa.Text),
    sa.Column("before_numbers", sa.Text),
    sa.Column("after_member", sa.Text),
    sa.Column("after_numbers", sa.Text),
    sa.Column("more", sa.Text),
    sqlite_with_rowid=False,
)

change = sa.Table(
    "pbx_change",
    metadata,
    sa.Column("run_id", Id, sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("pbx", sa.Text, nullable=False),
    sa.Column("extension", sa.Text, nullable=False),
    sa.Column("before_member", sa.Text),
    sa.Column("before_numbers", sa.Text),
    sa.Column("after_member", sa.Text),
    sa.Column("after_numbers", sa.Text),
    sa.Column("fate", sa.String(8), nullable=False),
    sa.Column("code", sa.String(24), nullable=False, server_default=""),
    sa.Column("words", sa.Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

follower_change = sa.Table(
    "follower_change",
    metadata,
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
    sa.Index("ix_follower_change_status", "follower", "status"),
    sqlite_with_rowid=False,
)

HAS_CHANGED = sa.exists().where(change.c.run_id == run.c.id, change.c.fate == ChangeStatus.DONE).correlate(run)
"""Of a run: whether it has changed anything on a PBX, whatever has become of it since."""

fault = sa.Table(
    "sheet_fault",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("run_id", Id, sa.ForeignKey("run.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("column", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("code", sa.String(24), nullable=False),
    sa.Column("severity", sa.String(8), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Index("ix_sheet_fault_run_id_line", "run_id", "line"),
)

_WAITS = sa.text("delivered IS NULL AND dropped IS NULL")

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("tells", sa.String(16), nullable=False),
    sa.Column("facts", Json, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("run_id", Id, sa.ForeignKey("run.id")),
    sa.Column("notice_id", Id, sa.ForeignKey("notice.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("delivered", UTCDateTime),
    sa.Column("where", sa.Text, nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due", UTCDateTime),
    sa.Column("problem", sa.Text, nullable=False, server_default=""),
    sa.Column("dropped", UTCDateTime),
    sa.UniqueConstraint("run_id", "kind"),
    sa.UniqueConstraint("notice_id", "kind"),
    sa.CheckConstraint("(run_id IS NULL) <> (notice_id IS NULL)", name="tells_of_one"),
    sa.Index("ix_outbox_waits", "id", sqlite_where=_WAITS),
)
