"""What functions and modules are called: which names are participles, which have several meanings.

`python -m house.vocabulary` (with `PYTHONPATH=tests`) prints both, room by room.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from house.places import modules, name


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUESTIONS = frozenset({"is", "are", "was", "were", "has", "have", "had", "may", "can", "must", "should", "needs"})
"""A name that begins with one of these asks something: `is_held`."""

VERBS = words_in(
    "abandon add apply ask assert begin build check claim clear close compare confirm connect count create delete"
    " describe drop end enqueue ensure expect fetch file find finish forget get hold invert keep leave list load"
    " log mark move note notify open parse plan prune queue raise read record refuse reject remember remove render"
    " report restore resume retry run send set settle show skip stop store sync take translate trust try update"
    " wait warn write"
)
"""What a name of several words may begin with to say what is done: `drop_unfinished`, `count_overdue`."""

LOOSE = words_in(
    "about again ahead alone already aside away back before by down early everywhere fast first for from here in"
    " into last late later more now of off on once only out over so than that then there to together twice up"
    " when with"
)
"""After a participle these say no thing: `given_up` is as bare as `given`, `sorted_numbers` is not."""

IRREGULAR = words_in(
    "begun bent bitten blown borne bought bound broken brought built caught chosen dealt done drawn driven eaten"
    " fallen fed felt forbidden forgiven forgotten fought found frozen given gone got grown heard held hidden"
    " hung kept known laid led left lent lost made meant met mistaken overtaken paid proven risen said seen sent"
    " shaken shown sold sought spent spoken sprung stolen stood struck stuck sunk sworn taken taught thought"
    " thrown told torn understood withdrawn withheld woken won worn wound woven written"
)
"""`read`, `put`, `set`, `cut`, `let`, `run`, `come` are imperatives as well, and left out."""

NO_PARTICIPLES = words_in("bed bleed breed embed exceed feed heed indeed need proceed red seed shed speed succeed")
NOUNS = words_in(
    "beginning encoding ending everything finding heading holding housekeeping keyring listing mapping meaning nothing"
    " numbering ping ring setting something spelling spring string thing warning wording"
)
"""Words that end as participles do, and are none: `holding` is what an extension is, and names the thing."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function as it is defined."""

    module: Path
    qualified: str
    """With its class, or the function in which it stands."""

    @property
    def name(self) -> str:
        return self.qualified.rpartition(".")[2]


def functions(paths: list[Path] | None = None) -> Iterator[Function]:
    """Every function that is shipped, once, but those that Python calls (`__init__`) and those that pytest does."""
    for path in modules() if paths is None else paths:
        found = dict.fromkeys(_qualified(ast.parse(path.read_text(encoding="utf-8"))))
        for function in (Function(path, qualified) for qualified in found):
            if not function.name.startswith(("__", "test_")):
                yield function


def public_classes(paths: list[Path] | None = None) -> Mapping[str, set[Path]]:
    """The modules in which each public name is a class."""
    places: defaultdict[str, set[Path]] = defaultdict(set)
    for path in modules() if paths is None else paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(path)
    return places


def _qualified(node: ast.AST, within: str = "") -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{within}{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield inner
            yield from _qualified(child, f"{inner}.")
        else:
            yield from _qualified(child, within)


def is_bare_participle(identifier: str) -> bool:
    """Whether a name is a participle and says neither an action, nor a question, nor a thing.

    `told`, `_asked_again` and `numbers_taken` are; `is_told`, `sorted_numbers` and `tell` are not.
    """
    first, *others = identifier.strip("_").split("_")
    if first in QUESTIONS or (first in VERBS and others):
        return False
    if others and is_participle(others[-1]):
        return True
    return is_participle(first) and LOOSE.issuperset(others)


def is_participle(word: str) -> bool:
    """Whether a word is a past or a present participle, also with `un` before it."""
    if word in NO_PARTICIPLES or word in NOUNS:
        return False
    return (
        re.fullmatch(r"[a-z]{2,}(ed|ing)", word) is not None
        or word in IRREGULAR
        or (word.startswith("un") and word[2:] in IRREGULAR)
    )


def participles(found: list[Function]) -> list[Function]:
    return [function for function in found if is_bare_participle(function.name)]


def meanings(found: list[Function], *, but_methods: Container[str] = ()) -> Mapping[str, set[Path]]:
    """The modules in which each public name is a function; of some names, the methods are left out."""
    places: defaultdict[str, set[Path]] = defaultdict(set)
    for function in found:
        if not function.name.startswith("_") and not ("." in function.qualified and function.name in but_methods):
            places[function.name].add(function.module)
    return places


def _print() -> None:
    rooms: defaultdict[str, list[Function]] = defaultdict(list)
    for function in functions():
        rooms[name(function.module.parent)].append(function)
    for room, found in sorted(rooms.items()):
        bare = participles(found)
        print(f"{room}: {len(bare)} of {len(found)}: {' '.join(sorted(each.name for each in bare))}")
    everything = [function for found in rooms.values() for function in found]
    bare = participles(everything)
    print(f"\nnamed by a participle: {len(bare)} of {len(everything)}, {len(bare) / len(everything):.1%}")
    print("\nin more than three modules:")
    for identifier, places in sorted(meanings(everything).items(), key=lambda item: -len(item[1])):
        if len(places) > 3:
            print(f"{len(places):3} {identifier}: {' '.join(sorted(name(path) for path in places))}")


if __name__ == "__main__":
    _print()
