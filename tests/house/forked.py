"""`linecard` as a command that starts at once: one interpreter that has it loaded forks for each call.

A session of documentation is dozens of commands, and most of the time of each would be the start of an interpreter.
The command is the real one: its own process, arguments, environment, folder, streams and exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_CALLER = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [b"%08d" % len(call)], [0, 1, 2])
    server.sendall(call)
    sys.exit(int(server.recv(8)))
"""


_TEMPLATES = {
    "linecard_reports": ("report.html.j2", "index.html.j2"),
    "linecard_mail": ("mail.txt.j2", "mail.html.j2"),
}


@functools.cache
def command() -> Path:
    """`linecard` of all tests of this process; its server ends with them."""
    kept = contextlib.ExitStack()
    atexit.register(kept.close)
    folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="lc-"))  # short, as paths of sockets must be
    return kept.enter_context(linecard(Path(folder), os.environ)) / "linecard"


@contextmanager
def linecard(folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """A folder to be put first in PATH, in which there is `linecard`, for as long as the context lasts."""
    place = folder / "socket"
    caller = folder / "linecard"
    caller.write_text(_CALLER.format(python=sys.executable, socket=str(place)), encoding="utf-8")
    caller.chmod(0o755)
    server = subprocess.Popen([sys.executable, "-P", __file__, place], env=dict(environment), stdout=subprocess.PIPE)
    with server:
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == b"ready\n"
            yield folder
        finally:
            server.kill()


def _serve(place: str) -> None:
    from linecard import cli

    for module in pkgutil.iter_modules(cli.__path__, "linecard.cli."):
        importlib.import_module(module.name)
    for name in ("linecard.runtime.service", "linecard_directory", "linecard_reports", "jinja2", "email_validator"):
        importlib.import_module(name)
    for package, names in _TEMPLATES.items():  # each command would compile those that it needs
        templates = importlib.import_module(f"{package}.template_renderer").TEMPLATES.environment(None)
        for name in names:
            templates.get_template(name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        print("ready", flush=True)
        while True:
            caller, _ = listening.accept()
            with caller:
                size, streams, _, _ = socket.recv_fds(caller, 8, 3)
                call = json.loads(caller.recv(int(size), socket.MSG_WAITALL))
                child = os.fork()
                if child == 0:
                    _call(streams, *call)
                for stream in streams:
                    os.close(stream)
                _, status = os.waitpid(child, 0)
                caller.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _call(streams: list[int], words: list[str], folder: str, environment: dict[str, str]) -> None:
    """One command, in the child that the caller waits for."""
    code = 1
    try:
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        sys.stdout, sys.stderr = (os.fdopen(target, "w", encoding="utf-8", closefd=False) for target in (1, 2))
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        sys.path[:0] = [place for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place]
        from linecard.cli import main

        main.main(words, prog_name="linecard")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - shown as the interpreter shows it
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
