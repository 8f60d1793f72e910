"""YAML as linecard reads it: text stays as written, and every key and value keeps its place.

Numbers, true and false, and null are the only words with a meaning of their own; `0123`, `+33612345678` and
`no` are text (YAML 1.1 would make them 83, a number and false). Keys are always text. Source: the core schema
of YAML 1.2, without its octal, hexadecimal and signed forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from linecard.errors import ConfigError
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.problems import Loc, Problem, quote
from linecard.rules.sizes import format_size

MOST_BYTES = 1_000_000
MOST_NODES = 20_000
DEEPEST = 32
_TAG = "tag:yaml.org,2002:"
_NOT_YAML = "YAML: `key: value`, indented with blanks"
_FLOAT = re.compile(
    r"-?(?:0|[1-9][0-9]{0,17})?(?:\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,3})?|(?<=[0-9])[eE][-+]?[0-9]{1,3})\Z"
)


class _CoreLoader(yaml.SafeLoader):
    """PyYAML's parser with few words that have a meaning of their own, and with bounds. It only composes."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._deep = 0
        self._nodes = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        self._deep += 1
        self._nodes += 1
        if self._deep > DEEPEST or self._nodes > MOST_NODES:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="too many values, or too deep in one another", problem_mark=mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._deep -= 1


for _name, _pattern, _first in (
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF"),
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    ("int", re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z"), "-0123456789"),
    ("float", _FLOAT, "-.0123456789"),
):
    _CoreLoader.add_implicit_resolver(_TAG + _name, _pattern, list(_first))


class Place(NamedTuple):
    """Line and column in the file, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class YamlDocument:
    """What a YAML file holds, and where. `name` is how messages call the file.

    `data` is made of dict, list, str, int, float, bool and None. Keys that stand twice and unknown tags are
    in `problems`; the first of two keys counts.
    """

    name: str
    data: Any = None
    keys: dict[Loc, Place] = field(default_factory=dict)
    values: dict[Loc, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, loc: Loc, found: str, expected: str, *, at_key: bool = False) -> Problem:
        """A problem at this place, or at the nearest one that the file has on the way there."""
        path = self._nearest_path(loc)
        place = self._key_place(path) if at_key else self.values.get(path, Place(1, 1))
        return Problem(self.name, *place, _dot_path(path), found, expected)

    def missing_key(self, loc: Loc, expected: str) -> Problem:
        """A problem with a key that the file does not have, at the key above it."""
        return Problem(self.name, *self._key_place(self._nearest_path(loc[:-1])), _dot_path(loc), "nothing", expected)

    def _key_place(self, path: Loc) -> Place:
        return self.keys.get(path) or (self.values.get(path) if path else None) or Place(1, 1)

    def _nearest_path(self, loc: Loc) -> Loc:
        # pydantic puts more into a location than the file has: union branches, "[key]", made-up list places.
        path: Loc = ()
        for part in loc:
            if (*path, part) in self.values:
                path = (*path, part)
        return path


def read_yaml(path: Path, name: str) -> YamlDocument:
    """The file's content. Raises `ConfigError` when it cannot be read or is no YAML."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"There is no file {path}.", remedy="Name the site's linecard.yaml; `linecard init` writes one."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", remedy=find_remedy(error)) from error
    if len(content) > MOST_BYTES:
        raise ConfigError(
            f"{path} is larger than {format_size(MOST_BYTES)}.", remedy="Check that it is the right file."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        at = error.start - content.rfind(b"\n", 0, error.start)
        raise _fatal(path, Problem(name, line, at, "", f"byte 0x{content[error.start]:02x}", "UTF-8 text")) from None
    return parse_yaml(text, name, path)


def read_text(path: Path) -> str:
    """The text of a YAML file, in which anything may be wrong. Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode("utf-8-sig", errors="replace")


def find_text(text: str, key: str) -> str | None:
    """The text under a key at the top of a YAML file, empty without the key; None if something else is there.

    What else is wrong with the file does not matter.
    """
    try:
        return _find_text(text, key)
    except yaml.YAMLError:  # before the key: its line alone may be right
        line = re.search(rf"^{re.escape(key)}:.*$", text, re.MULTILINE)
    try:
        return _find_text(line[0], key) if line else ""
    except yaml.YAMLError:
        return None


def _find_text(text: str, key: str) -> str | None:
    deep, is_key, found = 0, True, False
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if found:
            return str(event.value) if isinstance(event, yaml.ScalarEvent) else None
        if isinstance(event, yaml.CollectionEndEvent):
            deep -= 1
        elif isinstance(event, yaml.NodeEvent):
            if deep == 1:
                found = is_key and isinstance(event, yaml.ScalarEvent) and event.value == key
                is_key = not is_key
            deep += isinstance(event, yaml.CollectionStartEvent)
    return ""


def parse_yaml(text: str, name: str, path: Path | None = None) -> YamlDocument:
    """The content of a YAML text. Raises `ConfigError` with one problem when it is no YAML."""
    document = YamlDocument(name)
    try:
        root = _compose(text)
        if root is not None:
            document.data = _NodeReader(document).value(root, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        found = " ".join(filter(None, ("a mistake:", error.problem, error.context and f"({error.context})")))
        raise _fatal(path or name, Problem(name, *place, "", found, _NOT_YAML)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        at = error.position - text.rfind("\n", 0, error.position)
        found = f"the character U+{int(error.character):04X}"  # PyYAML gives its number
        raise _fatal(path or name, Problem(name, line, at, "", found, "text without control characters")) from None
    return document


def _compose(text: str) -> yaml.Node | None:
    loader = _CoreLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _fatal(path: Path | str, problem: Problem) -> ConfigError:
    return ConfigError(f"{path} cannot be read as YAML.", problems=(str(problem),))


class _NodeReader:
    """From nodes to plain data. An alias counts each time it is used, so that a bomb of them stays small."""

    def __init__(self, document: YamlDocument) -> None:
        self._document = document
        self._count = 0

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        self._count += 1
        if self._count > MOST_NODES or len(loc) > DEEPEST:
            raise yaml.MarkedYAMLError(problem="aliases that unfold to too many values", problem_mark=node.start_mark)
        self._document.values[loc] = _place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*loc, at)) for at, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._note(key, loc, "a list or keys in place of a key", "text")
                continue
            here = (*loc, key.value)
            if key.value in found:
                first = self._document.keys[here].line
                self._note(key, here, f"this key a second time (first in line {first})", "each key once")
                continue
            self._document.keys[here] = _place(key)
            found[key.value] = self.value(value, here)
        return found

    def _scalar(self, node: yaml.Node, loc: Loc) -> Any:
        text = str(node.value)
        try:
            match node.tag.removeprefix(_TAG):
                case "str":
                    return text
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int":
                    return int(text)
                case "float":
                    return float(text)
        except (ValueError, KeyError):
            pass
        self._note(node, loc, f"{quote(text)} with the tag {node.tag.replace(_TAG, '!!')}", "a value without a tag")
        return text

    def _note(self, node: yaml.Node, loc: Loc, found: str, expected: str) -> None:
        self._document.problems.append(Problem(self._document.name, *_place(node), _dot_path(loc), found, expected))


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _dot_path(loc: Loc) -> str:
    return ".".join(str(part) for part in loc)
