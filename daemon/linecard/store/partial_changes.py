"""What a run has made of the extensions that its rows name, while the run as a whole was not carried out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import sqlalchemy as sa

from linecard.model.directory import Holding
from linecard.model.outcome import ChangeStatus, Effect
from linecard.model.sheet import Row
from linecard.store.journal import PAGE
from linecard.store.row_codec import decode_holding
from linecard.store.store import Store
from linecard.store.tables import change

_Key = tuple[str, str]


class PartialChanges:
    """The extensions that a run has changed, and those that its plan has still to change.

    Rows of a run that was not carried out say what was planned. Which of them are made already is seen by their
    extensions alone: a run that is planned again remembers what it has made as changes, not as rows.
    """

    def __init__(
        self, store: Store, run_id: int, attempt: int, of_interest: Container[tuple[str, str]] | None = None
    ) -> None:
        """Where only some extensions are `of_interest`, of the others nothing is kept but what earlier plans have made:
        a long run of which nearly all is done must not be held in memory."""
        self._changed: dict[_Key, tuple[Holding, Holding]] = {}
        self._left: set[_Key] = set()
        self._earlier: set[_Key] = set()
        of_run, done = change.c.run_id == run_id, change.c.fate == ChangeStatus.DONE
        some = sa.select(change.c.seq).where(of_run, done).limit(1)
        columns = (change.c.pbx, change.c.extension, change.c.fate, change.c.attempt)
        holdings = (change.c.before_member, change.c.before_numbers, change.c.after_member, change.c.after_numbers)
        query = sa.select(*columns, *holdings).where(of_run, done | (change.c.attempt == attempt))
        with store.snapshot() as connection:
            if connection.execute(some).first() is None:
                return  # as of nearly every run that waits: its plan need not be read
            found = connection.execution_options(yield_per=PAGE).execute(query.order_by(change.c.seq))
            for pbx, extension, status, made_by, *held in found:
                key, is_earlier = (pbx, extension), made_by < attempt
                if of_interest is not None and not is_earlier and key not in of_interest:
                    continue
                if status != ChangeStatus.DONE:
                    self._left.add(key)
                    continue
                first = self._changed.get(key, (decode_holding(*held[:2]),))[0]
                self._changed[key] = first, decode_holding(*held[2:])
                if is_earlier:
                    self._earlier.add(key)

    @property
    def has_begun(self) -> bool:
        """Whether the run has changed anything."""
        return bool(self._changed)

    def is_made(self, effects: Iterable[Effect]) -> bool:
        """Whether a row that was planned as done is made: a change of it was, and none is left."""
        keys = [(effect.pbx, effect.extension) for effect in effects]
        return any(key in self._changed for key in keys) and not any(key in self._left for key in keys)

    def changed_effects(self, effects: Iterable[Effect]) -> list[Effect]:
        """Of a row that is not made, the extensions that were changed all the same, as they were left."""
        return [
            effect._replace(after=self._changed[effect.pbx, effect.extension][1])
            for effect in effects
            if (effect.pbx, effect.extension) in self._changed
        ]

    def orphans(self, rows: Iterable[Iterable[Effect]]) -> OrphanedChanges:
        """What earlier plans of the run have made and the effects of these `rows` of its last plan do not speak of."""
        left = set(self._earlier)
        for effects in rows if left else ():
            left.difference_update((effect.pbx, effect.extension) for effect in effects)
        return OrphanedChanges({key: ends for key in sorted(left) if (ends := self._changed[key])[0] != ends[1]})


class OrphanedChanges:
    """Changes that a run has made, and that no row of its last plan has among its effects.

    Somebody else has changed these extensions since, so that the rows that wanted them come to something else now.
    """

    def __init__(self, changed: dict[_Key, tuple[Holding, Holding]]) -> None:
        self._changed = changed

    def __bool__(self) -> bool:
        return bool(self._changed)

    def effects_for(self, row: Row) -> Iterator[Effect]:
        """What was made for this row: of the extension that it names, or that its member left, or of its number."""
        for (pbx, extension), (before, after) in self._changed.items():
            if row.pbx in ("", pbx) and (
                row.extension == extension
                or (after.member is None and row.member == before.member)
                or (after.member == before.member and row.number in set(before.numbers) - set(after.numbers))
            ):
                yield Effect(pbx, extension, before, after)
