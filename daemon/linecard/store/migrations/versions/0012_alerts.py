"""Alerts, which were called warnings as messages and concerns in digests"""

import sqlalchemy as sa
from alembic import op

from linecard.store.tables import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_notice = sa.table("notice", sa.column("id", sa.Integer), sa.column("tells", sa.String), sa.column("facts", Json))
_outbox = sa.table(
    "outbox", sa.column("id", sa.Integer), sa.column("notice_id", sa.Integer), sa.column("kind", sa.Text)
)


def upgrade() -> None:
    _rename(("warning", "alert"), ("concerns", "alerts"))


def downgrade() -> None:
    _rename(("alert", "warning"), ("alerts", "concerns"))


def _rename(event: tuple[str, str], key: tuple[str, str]) -> None:
    """The word for messages, and the key in digests, that may not be delivered yet."""
    was, now = event
    connection = op.get_bind()
    connection.execute(sa.update(_notice).where(_notice.c.tells == was).values(tells=now))
    for letter in connection.execute(sa.select(_outbox).where(_outbox.c.notice_id.is_not(None))).all():
        sink, tells, *address = letter.kind.split(":", 2)
        if tells == was:
            kind = ":".join((sink, now, *address))
            connection.execute(sa.update(_outbox).where(_outbox.c.id == letter.id).values(kind=kind))
    for notice in connection.execute(sa.select(_notice).where(_notice.c.tells == "digest")).all():
        if key[0] in notice.facts:
            facts = {key[1] if name == key[0] else name: value for name, value in notice.facts.items()}
            connection.execute(sa.update(_notice).where(_notice.c.id == notice.id).values(facts=facts))
