"""The text of a plugin of every kind, any method of which fails while a file says so.

The file `fails` beside the site's configuration has the name of the method, such as `backend.fetch`.
"""

from __future__ import annotations

from pathlib import Path

TEXT = """
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard.api.inbox import InboxKind
from linecard.api.keyring import KeyringKind
from linecard.api.opener import OpenerKind
from linecard.api.processor import ProcessorKind
from linecard.api.sink import SinkKind
from linecard_directory import backend as directory
from linecard_directory.options import DirectoryOptions
from linecard_local import inbox as local
from linecard_local.options import LocalOptions

LINECARD_API = "1.0"


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def fail(folder, method):
    file = folder / "fails"
    if file.exists() and file.read_text() == method:
        raise RuntimeError("kaput")


class Backend:
    def __init__(self, options, context):
        self._folder, self._kept = context.site.folder, directory.build(options, context)
        self.can = self._kept.can

    def fetch(self, scope):
        fail(self._folder, "backend.fetch")
        yield from self._kept.fetch(scope)

    def members(self, scope):
        return self._kept.members(scope)

    def apply(self, changes):
        for result in self._kept.apply(changes):
            yield result
            fail(self._folder, "backend.apply")

    def examine(self):
        fail(self._folder, "backend.examine")
        return []

    def close(self):
        self._kept.close()


class Inbox:
    in_place = False

    def __init__(self, options, context):
        self._folder, self._kept = context.site.folder, local.build(options, context)

    def list_files(self):
        fail(self._folder, "inbox.list_files")
        yield from self._kept.list_files()

    def claim(self, wanted):
        fail(self._folder, "inbox.claim")
        return self._kept.claim(wanted)

    def copy(self, claim, seen, into, *, most):
        if seen.name.startswith(b"odd"):
            fail(self._folder, "inbox.copy")
        return self._kept.copy(claim, seen, into, most=most)

    def checksum(self, claim, seen):
        return self._kept.checksum(claim, seen)

    def settle(self, claim, seen, taken, disposition):
        fail(self._folder, "inbox.settle")
        return self._kept.settle(claim, seen, taken, disposition)

    def watch(self, wake):
        fail(self._folder, "inbox.watch")
        return self._kept.watch(wake)

    def close(self):
        self._kept.close()


class Opener:
    def __init__(self, options, context):
        self._folder = context.site.folder

    def recognises(self, head):
        return head.startswith(b"ODD")

    def refuse_unwrapped(self):
        return None

    def open(self, wrapped, most, noted):
        fail(self._folder, "opener.open")
        wrapped.read(3)
        return wrapped

    def close(self):
        pass


class Sink:
    def __init__(self, options, context):
        self._folder = context.site.folder

    def deliver(self, letter, write):
        fail(self._folder, "sink.deliver")
        with (self._folder / "delivered").open("a", newline="") as out:
            write("faulty", out)
        return "delivered"

    def close(self):
        pass


class Keyring:
    forms = ("plain",)

    def __init__(self, options, context):
        self._folder = context.site.folder

    def list_keys(self):
        fail(self._folder, "keyring.list_keys")
        return []

    def close(self):
        pass


class Renderer:
    name, suffix, media_type = "faulty", ".txt", "text/plain"

    def render(self, report, out, *, templates=None):
        fail(Path(os.environ["LINECARD_CONFIG"]).parent, "renderer.render")
        out.write(f"{report.run.id}\\n")


def build_processor(options, context):
    def process(row):
        fail(context.site.folder, "processor")
        return row

    return process


@hookimpl
def linecard_backends():
    return [BackendKind("faulty", "Fails.", DirectoryOptions, Backend)]


@hookimpl
def linecard_inboxes():
    return [InboxKind("faulty", "Fails.", LocalOptions, Inbox)]


@hookimpl
def linecard_openers():
    return [OpenerKind("faulty", "Fails.", Nothing, Opener)]


@hookimpl
def linecard_keyrings():
    return [KeyringKind("faulty", "Fails.", Nothing, Keyring)]


@hookimpl
def linecard_processors():
    return [ProcessorKind("faulty", "Fails.", Nothing, build_processor)]


@hookimpl
def linecard_sinks():
    return [SinkKind("faulty", "Fails.", Nothing, Sink)]


@hookimpl
def linecard_renderers():
    return [Renderer()]
"""


def install(folder: Path) -> Path:
    """Install the plugin `faulty` of the distribution `acme-faulty` into a folder for `sys.path`."""
    info = folder / "acme_faulty-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "acme_faulty.py").write_text(TEXT)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-faulty\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[linecard]\nfaulty = acme_faulty\n")
    return folder
