"""What a plugin offers: each kind has a name, a model of its options, and what builds it from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from linecard.ports.backend import Backend
from linecard.ports.context import Context
from linecard.ports.inbox import Inbox
from linecard.ports.keyring import Keyring
from linecard.ports.opener import AnyOpener
from linecard.ports.processor import Processor
from linecard.ports.sink import Sink

Options = TypeVar("Options", bound=BaseModel)
Built_co = TypeVar("Built_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Options, Built_co]):
    """A kind of something that a plugin serves, under the `name` that the configuration says; `summary` is a sentence.

    `options` is a pydantic model with `extra="forbid"`: what may stand below `options:` in the configuration.
    `build` makes one of it from such a model and its context; it opens, reaches and starts nothing yet.
    """

    name: str
    summary: str
    options: type[Options]
    build: Callable[[Options, Context], Built_co]


@dataclass(frozen=True, slots=True)
class BackendKind(Kind[Options, Backend]):
    """A kind of PBX. `starter` is what `linecard init --backend NAME` writes below `options:`, YAML with comments and
    without indentation; a kind that has none cannot be begun with that way."""

    starter: str = ""


class InboxKind(Kind[Options, Inbox]):
    """A kind of inbox."""

    __slots__ = ()


class SinkKind(Kind[Options, Sink]):
    """A kind of way out for reports."""

    __slots__ = ()


class OpenerKind(Kind[Options, AnyOpener]):
    """A kind of container that comes off; the options stand below its name in an inbox's `open`."""

    __slots__ = ()


class KeyringKind(Kind[Options, Keyring]):
    """A kind of keys that `linecard keys` manages.

    The options are those of the opener of the same name, where an inbox has it (the first one that names a secret
    comes first), else the defaults: each of them must have one.
    """

    __slots__ = ()


class ProcessorKind(Kind[Options, Processor]):
    """A kind of processor: `build` makes the function that is given the rows."""

    __slots__ = ()
