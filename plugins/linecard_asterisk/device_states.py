"""The states of endpoints that came while Asterisk runs: until it has learnt them, such an endpoint rings when somebody
dials it, but no queue calls it and no lamp shows it.

Asterisk reads all its endpoints for that, which takes seconds where there are thousands, and lets phones that register
wait meanwhile. So nobody waits for it: it is begun a moment after the commit, once for all that came in that moment.
What is still to be learnt is kept in linecard's own table, and so outlives a crash.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from linecard.api import LinecardError
from linecard_asterisk.accounts import split_names
from linecard_asterisk.ami import ManagerActions
from linecard_asterisk.bulk import where_in
from linecard_asterisk.database import Pending, Tables

DELAY = 1.0
"""Seconds after a commit: more changes follow it, and the first phones register."""


class DeviceStates:
    """Lets Asterisk learn them, in a thread of its own. `session` opens a session with Asterisk."""

    def __init__(
        self, engine: sa.Engine, tables: Tables, session: Callable[[], AbstractContextManager[ManagerActions]]
    ) -> None:
        self._engine, self._tables, self._session = engine, tables, session
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def schedule(self) -> None:
        """Have learnt soon what is still to be learnt."""
        with self._lock:
            if self._timer is None and self._read_extensions(most=1):
                self._timer = threading.Timer(DELAY, self._learn_all)
                self._timer.daemon = True
                self._timer.start()

    def finish(self) -> None:
        """Have learnt now what was to be learnt soon."""
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
            self._learn_all()

    def _learn_all(self) -> None:
        """An Asterisk or a database that does not answer is no reason to stop: the next who uses the PBX does it, and
        an Asterisk that was down reads them all when it starts."""
        try:
            while extensions := self._next_extensions():
                aors = self._read_aors(extensions)
                with self._session() as asterisk:
                    asterisk.qualify(aors)
                self._mark_learnt(extensions)
        except (LinecardError, sa.exc.SQLAlchemyError):
            with self._lock:
                self._timer = None

    def _next_extensions(self) -> list[str]:
        """What is to be learnt now. When that is nothing, whatever comes from now on gets a timer of its own."""
        with self._lock:
            found = self._read_extensions()
            if not found:
                self._timer = None
            return found

    def _read_extensions(self, most: int | None = None) -> list[str]:
        c = self._tables.links.c
        query = sa.select(c.extension).where(c.unsettled >= int(Pending.STATE)).limit(most)
        with self._engine.connect().execution_options(write=False) as connection:
            return list(connection.scalars(query))

    def _read_aors(self, extensions: list[str]) -> set[str]:
        c = self._tables.endpoints.c
        with self._engine.connect().execution_options(write=False) as connection:
            listed = [
                aors
                for some in where_in(connection, c.id, extensions)
                for aors in connection.scalars(sa.select(c.aors).where(some))
            ]
        return {aor for aors in listed for aor in split_names(aors)}

    def _mark_learnt(self, extensions: list[str]) -> None:
        """Nothing is left of these but what else was to be done. No transaction lasts while Asterisk learns."""
        c, state = self._tables.links.c, int(Pending.STATE)
        with self._engine.begin() as connection:
            for some in where_in(connection, c.extension, extensions):
                less = sa.update(self._tables.links).where(some, c.unsettled >= state)
                connection.execute(less.values(unsettled=c.unsettled - state))
