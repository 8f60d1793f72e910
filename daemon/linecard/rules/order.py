"""The order in which changes can be made: releases before assignments, and never a number in two places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from linecard.model.directory import VACANT, Change, Holding

Difference = tuple[str, Holding, Holding]
Differences = Callable[[], Iterable[Difference]]


def order_changes(
    pbx: str, differences: Differences, *, several: bool, first: int = 1, only_adding: bool = False
) -> Iterator[Change]:
    """The changes that make the differences true, in an order in which each one can be made.

    An extension that only loses its holder comes first. A number (and, unless members may hold `several`
    extensions, a member) is let go before it is taken elsewhere; where that goes round in a circle, one
    extension is released on the way and assigned later. `differences` is asked more than once and must give the
    same each time. Memory grows with what is let go, not with what is only added. `only_adding` says that all of them
    give a member to an extension that was vacant: then nothing waits for anything.
    """
    givers: dict[tuple[str, str], str] = {}
    after: dict[str, tuple[Holding, Holding]] = {}
    kinds = {False} if only_adding else set[bool]()  # whether there are releases, and whether there is anything else
    for extension, before, target in () if only_adding else differences():
        kinds.add(target.member is None)
        if before != VACANT:
            for thing in _losses(before, target, several=several):
                givers[thing] = extension
    if givers:
        after = {e: (b, t) for e, b, t in differences() if not givers.keys().isdisjoint(_gains(b, t, several=several))}
    seq = first
    for pair in _sequence(differences, sorted(kinds, reverse=True), givers, after, several=several):
        yield Change(seq, pbx, *pair)
        seq += 1


def _losses(before: Holding, after: Holding, *, several: bool) -> Iterator[tuple[str, str]]:
    if before.numbers and before.numbers != after.numbers:
        for number in before.numbers:
            if number not in after.numbers:
                yield "number", number
    if not several and before.member is not None and before.member != after.member:
        yield "member", before.member


def _gains(before: Holding, after: Holding, *, several: bool) -> Iterator[tuple[str, str]]:
    return _losses(after, before, several=several)


def _sequence(
    differences: Differences,
    kinds: Iterable[bool],
    givers: dict[tuple[str, str], str],
    waiting: dict[str, tuple[Holding, Holding]],
    *,
    several: bool,
) -> Iterator[Difference]:
    """Pure releases and what waits for nothing first, then each waiting one behind the extension it waits for."""
    for releases in kinds:
        for extension, before, target in differences():
            if extension not in waiting and (target.member is None) == releases:
                yield extension, before, target
    yield from _order_dependents(givers, waiting, several=several)


def _order_dependents(
    givers: dict[tuple[str, str], str], waiting: dict[str, tuple[Holding, Holding]], *, several: bool
) -> Iterator[Difference]:
    """Depth first along "takes from"; an extension met again on the way is released to open the circle."""
    now = {extension: before for extension, (before, _) in waiting.items()}
    finished: set[str] = set()
    for start in waiting:
        path = [start]
        on_path = {start}
        while path:
            extension = path[-1]
            before, target = waiting[extension]
            if extension in finished:
                on_path.discard(path.pop())
                continue
            needed = _next_giver(givers, now, extension, before, target, finished, several=several)
            if needed is None:
                if now[extension] != target:
                    yield extension, now[extension], target
                finished.add(extension)
            elif needed in on_path:
                freed = _without(now[needed], _gains(before, target, several=several))
                yield needed, now[needed], freed
                now[needed] = freed
            else:
                path.append(needed)
                on_path.add(needed)


def _next_giver(
    givers: dict[tuple[str, str], str],
    now: dict[str, Holding],
    extension: str,
    before: Holding,
    target: Holding,
    finished: set[str],
    *,
    several: bool,
) -> str | None:
    """An extension that still has what this one takes, or None. Those outside `now` have let go already."""
    for thing in _gains(before, target, several=several):
        giver = givers.get(thing)
        if giver is not None and giver != extension and giver in now and giver not in finished:
            kind, value = thing
            if value in now[giver].numbers if kind == "number" else value == now[giver].member:
                return giver
    return None


def _without(holding: Holding, things: Iterable[tuple[str, str]]) -> Holding:
    gone = set(things)
    return Holding(
        None if ("member", holding.member) in gone else holding.member,
        tuple(number for number in holding.numbers if ("number", number) not in gone),
    )
