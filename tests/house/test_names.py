"""Functions, classes and modules have names that the field knows: verbs, questions, nouns; one word, one meaning."""

from __future__ import annotations

import pytest

from house.places import modules, name
from house.vocabulary import (
    functions,
    is_bare_participle,
    is_participle,
    meanings,
    participles,
    public_classes,
    words_in,
)

MOST_PARTICIPLES = 0.02
"""Of all functions. The codebases that linecard learns from have none to 2.5 %."""

MOST_MEANINGS = 3

CONVENTIONS = {
    "command": "a file a command, each found by the name of its file",
    "upgrade": "what Alembic calls in a migration",
    "downgrade": "what Alembic calls in a migration",
    "build": "what a kind makes of its options, one for each kind",
    "holding": "who holds an extension, wherever one is found",
    "linecard_backends": "a hook, which several plugins have",
    "linecard_openers": "a hook, which several plugins of one package have",
}
"""Names that somebody else calls, in as many modules as there are."""

METHODS = {
    "apply": "Backend",
    "changes": "Report",
    "checksum": "Inbox",
    "claim": "Inbox",
    "close": "each port, as Python's own files have it, for `contextlib.closing`",
    "alerts": "Inbox and Opener",
    "count": "Report",
    "counts": "Report",
    "deliver": "Sink",
    "events": "Report",
    "examine": "Backend and Inbox",
    "faults": "Report",
    "fetch": "Backend",
    "forecast": "Backend",
    "headline": "Report",
    "hold": "RateBudget",
    "lines": "Report",
    "list_keys": "Keyring",
    "lost_numbers": "Report",
    "members": "Backend",
    "open": "Opener",
    "precheck": "Backend",
    "probe": "SupportsProbe",
    "put_reply": "Inbox",
    "recognises": "Opener",
    "refuse_unwrapped": "Opener",
    "render": "Renderer",
    "settle": "Inbox",
    "take": "RateBudget",
    "write": "whatever is written to, as Python's own files are",
}
"""Methods of a port (or of a report), one meaning in as many modules as there are backends, inboxes, sinks ..."""

IMAGES = words_in(
    "aftermath ahead attended board breath errands given handover heads judge later look lookers moving pace"
    " patience plain post prompt unattended"
)
"""Words that nobody would search for: images, adverbs, and what only its author understands."""


def test_functions_are_not_named_by_a_bare_participle() -> None:
    """`told` may tell, ask, or be what somebody said: a verb, a question or a noun says which."""
    everything = list(functions())
    bare = participles(everything)
    listed = ", ".join(f"{name(each.module)} {each.qualified}" for each in bare)
    assert len(bare) <= MOST_PARTICIPLES * len(everything), listed


def test_one_name_has_one_meaning() -> None:
    places = meanings(list(functions()), but_methods=METHODS)
    found = {
        identifier: sorted(map(name, paths))
        for identifier, paths in places.items()
        if len(paths) > MOST_MEANINGS and identifier not in CONVENTIONS
    }
    assert found == {}


def test_no_two_public_classes_share_a_name() -> None:
    """A reader who meets `Limit` need not ask whether it is that of the configuration or that of a plan."""
    found = {identifier: sorted(map(name, paths)) for identifier, paths in public_classes().items() if len(paths) > 1}
    assert found == {}


def test_modules_are_named_by_nouns_of_the_field() -> None:
    stems = {path.stem for path in modules()}
    assert {stem for stem in stems if stem in IMAGES or is_participle(stem.rpartition("_")[2])} == set()


@pytest.mark.parametrize(
    ("identifier", "is_bare"),
    [
        ("told", True),
        ("_unlisted", True),
        ("untaken", True),
        ("given_up", True),
        ("_asked_again", True),
        ("numbers_taken", True),
        ("waiting", True),
        ("tell", False),
        ("is_told", False),
        ("has_come_late", False),
        ("sorted_numbers", False),
        ("count_overdue", False),
        ("drop_unlisted", False),
        ("holding", False),
        ("feed", False),
    ],
)
def test_a_bare_participle_is_seen(identifier: str, *, is_bare: bool) -> None:
    assert is_bare_participle(identifier) == is_bare
