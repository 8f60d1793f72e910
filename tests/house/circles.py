"""Which modules need each other, through however many others."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def circles(imports: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The groups of modules in which each reaches each, sorted; `imports` has what each module imports itself."""
    reached = {module: _reach(module, imports) for module in imports}
    groups = {
        tuple(sorted(other for other in found if module in reached[other]))
        for module, found in reached.items()
        if module in found
    }
    return [list(group) for group in sorted(groups)]


def _reach(module: str, imports: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    left = list(imports[module])
    while left:
        other = left.pop()
        if other not in found:
            found.add(other)
            left += imports[other]
    return found
