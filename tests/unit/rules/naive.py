"""The contract's table of actions, written as plainly as it can be: lists, no indexes, no differences.

It is what `linecard.rules.play` is held against. It shares no code with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Extension:
    name: str
    member: str | None
    numbers: set[str] = field(default_factory=set)


@dataclass
class Naive:
    """A PBX on which rows are done one by one."""

    extensions: list[Extension]
    second_extension: str = "move"
    creates_extensions: bool = True
    members: set[str] | None = None
    second_number: str = "replace"
    said: list[tuple[int, str, str, str | None, str | None]] = field(default_factory=list)

    def find(self, name):
        return next((e for e in self.extensions if e.name == name), None)

    def held(self, member):
        return [e for e in self.extensions if e.member == member]

    def do(self, line, action, member, extension, number):
        """One row; the outcome, its code and the lines of earlier rows whose statement is no longer true."""
        true_before = [s for s in self.said if self.still_true(s)]
        outcome, code = (
            self.detach(member, extension) if action == "detach" else self.attach(action, member, extension, number)
        )
        undone = [s[0] for s in true_before if not self.still_true(s)]
        self.said = [s for s in true_before if s[0] not in undone]
        if outcome in ("done", "unchanged"):
            # of two rows that say the same of an extension, the later one is remembered
            kind = "detach" if action == "detach" else "attach"
            if kind == "attach":
                # of an extension with several numbers, each number is a statement of its own
                same = [s for s in self.said if s[1] == kind and s[3] == extension]
                number = number or next((s[4] for s in sorted(same, reverse=True) if s[4]), None)
                self.said = [s for s in self.said if s not in same or s[4] not in (None, number)]
            else:
                self.said = [s for s in self.said if not (s[1] == kind and s[2] == member)]
            self.said.append((line, kind, member, extension, number))
        return outcome, code, undone

    def still_true(self, said):
        _, kind, member, extension, number = said
        if kind == "detach":
            return not any(e.member == member for e in self.extensions if extension in (None, e.name))
        e = self.find(extension)
        return e is not None and e.member == member and (number is None or number in e.numbers)

    def attach(self, action, member, name, number):
        force = action == "force_attach"
        target = self.find(name)
        if target is None and not self.creates_extensions:
            return "refused", "unknown_extension"
        if self.members is not None and member not in self.members:
            return "refused", "unknown_member"
        holder = target.member if target else None
        if holder == member and (number is None or number in target.numbers):
            return "unchanged", "already_so"
        if holder is not None and holder != member and not force:
            return "refused", "held_by_other"
        other = next((e for e in self.extensions if number in e.numbers and e.name != name), None)
        if other is not None and not force and other.member not in (None, member):
            return "refused", "number_in_use"
        if number is not None and target is not None and target.numbers - {number} and number not in target.numbers:
            may = {"replace": len(target.numbers) == 1, "add": True, "refuse": False}
            if not may[self.second_number]:
                return "refused", "several_numbers"
        others = [e for e in self.held(member) if e.name != name]
        if holder != member and others and self.second_extension == "refuse":
            return "refused", "second_extension"
        if target is None:
            target = Extension(name, None)
            self.extensions.append(target)
        moved = holder != member and others and self.second_extension == "move"
        if moved:
            for e in others:
                e.member = None
        if other is not None:
            other.numbers.remove(number)
        if number is not None and number not in target.numbers:
            if self.second_number == "replace":
                target.numbers.clear()
            target.numbers.add(number)
        target.member = member
        if holder == member:
            return "done", "number_changed"
        if holder is not None:
            return "done", "took_over"
        return "done", "moved" if moved else "linked"

    def detach(self, member, name):
        held = self.held(member)
        if name is None:
            for e in held:
                e.member = None
            return ("done", "removed") if held else ("unchanged", "nothing_held")
        target = self.find(name)
        if target is not None and target.member == member:
            target.member = None
            return "done", "removed"
        known_member = self.members is None or member in self.members
        if (target is None and not self.creates_extensions) or not known_member:
            return "unchanged", "nothing_held"
        if (target is None or target.member is None) and not held:
            return "unchanged", "nothing_held"
        return "refused", "wrong_extension"
