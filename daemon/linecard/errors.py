"""What can be wrong with the world. A fault in data is a value (`linecard.model.Fault`), never one of these.

The docstring of an error is what the operator reads when nothing more is known; `remedy` says what to do.
"""

from __future__ import annotations

from inspect import cleandoc


class LinecardError(Exception):
    """Something linecard needs is not as it should be."""

    remedy: str = ""
    is_lasting: bool = False
    """Whether it stays so until a person does something: to start again would not help."""

    def __init__(self, message: str = "", *, remedy: str = "") -> None:
        super().__init__(message or cleandoc(type(self).__doc__ or "").split("\n\n")[0])
        if remedy:
            self.remedy = remedy


class ConfigError(LinecardError):
    """The configuration cannot be used.

    `problems` holds one line for each thing found, `file:line:column key: found, expected`.
    """

    is_lasting = True

    def __init__(self, message: str = "", *, problems: tuple[str, ...] = (), remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.problems = problems


class PluginError(LinecardError):
    """A plugin that the configuration names is missing or cannot be loaded."""

    is_lasting = True


class PluginFault(LinecardError):
    """A plugin failed in a way in which none should.

    `plugin` is its entry point and `method` what linecard had called; the cause is what it raised.
    """

    def __init__(self, message: str = "", *, remedy: str = "", plugin: str = "", method: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.plugin, self.method = plugin, method


class StateError(LinecardError):
    """The state database cannot be used."""

    is_lasting = True


class BusyError(LinecardError):
    """Another linecard works on this site."""

    remedy = "Wait until it has ended, then try again."


class SheetError(LinecardError):
    """The file cannot be read at all."""


class BackendError(LinecardError):
    """The PBX cannot be read or changed.

    A backend raises it when the PBX as a whole does not answer or refuses to work; a refusal of one change is
    a `Result`, not an error.
    """


class BackendFault(PluginFault, BackendError):
    """The plugin of the PBX failed in a way in which none should; the PBX counts as one that does not answer."""


class ReportError(LinecardError):
    """A report cannot be written.

    What the run did on the PBX stands all the same; a report that waits to be filed stays in the queue.
    """


class FileError(LinecardError):
    """A file or folder cannot be read or written."""


class UnknownRun(LinecardError):
    """There is no such run."""

    remedy = "`linecard runs` lists them."
