"""What mypy must refuse: a kind whose `build` takes other options than its own, no context, or makes something else.

`make check` runs mypy over this file. An ignore that is not needed is an error, so each of them proves a refusal.
"""

from __future__ import annotations

from pydantic import BaseModel

from linecard.api import Context
from linecard.api.backend import Backend, BackendKind
from linecard.api.inbox import Inbox, InboxKind
from linecard.api.processor import ProcessorKind


class Options(BaseModel):
    url: str


class OtherOptions(BaseModel):
    path: str


def build(options: Options, context: Context) -> Backend:
    raise NotImplementedError(options.url, context.name)


def build_without_context(options: Options) -> Backend:
    raise NotImplementedError(options.url)


def build_inbox(options: Options, context: Context) -> Inbox:
    raise NotImplementedError(options.url, context.path)


BackendKind("right", "A PBX.", Options, build)
InboxKind("right", "An inbox.", Options, build_inbox)

BackendKind("other_options", "A PBX.", OtherOptions, build)  # type: ignore[arg-type]
BackendKind("no_context", "A PBX.", Options, build_without_context)  # type: ignore[arg-type]
BackendKind("an_inbox", "A PBX.", Options, build_inbox)  # type: ignore[arg-type]
BackendKind("no_model", "A PBX.", str, build)  # type: ignore[type-var, arg-type]
ProcessorKind("a_backend", "A rule.", Options, build)  # type: ignore[arg-type]
BackendKind("lambda", "A PBX.", Options, lambda options, context: build(options.path, context))  # type: ignore[attr-defined]
