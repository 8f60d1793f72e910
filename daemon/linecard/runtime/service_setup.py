"""The service of a machine: its user, folders, configuration and unit, put where systemd looks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from linecard.errors import LinecardError
from linecard.infrastructure.files import write_whole

CONFIGURATION = Path("/etc/linecard/linecard.yaml")
_SHARED = Path(sys.prefix, "share", "linecard", "systemd")
_PLACES = {
    "linecard.service": ("systemd/system", "linecard.service"),
    "sysusers.conf": ("sysusers.d", "linecard.conf"),
    "tmpfiles.conf": ("tmpfiles.d", "linecard.conf"),
}
"""Below /etc or, where a package has put them, below /usr/lib."""
_PROGRAM = "/opt/linecard/bin/linecard"


class SetupError(LinecardError):
    """The service cannot be set up."""


def set_up() -> list[Path]:
    """Set up what is missing, and leave what is there; the files that were written. Raises `SetupError`."""
    if os.geteuid() != 0:
        raise SetupError("Only root can set up a service.", remedy=f"sudo {sys.prefix}/bin/linecard init --system")
    if not _SHARED.is_dir():
        raise SetupError(
            f"{_SHARED} is missing, which comes with the wheel.",
            remedy="Install linecard from its wheel or its Debian package; a checkout has it in systemd/.",
        )
    try:
        written = [path for name, place in _PLACES.items() if (path := _put(name, *place)) is not None]
        _run("systemd-sysusers", "linecard.conf")
        _run("systemd-tmpfiles", "--create", "linecard.conf")
        if not CONFIGURATION.exists():
            with write_whole(CONFIGURATION, text=True, mode=0o640) as out:
                out.write((_SHARED / "linecard.yaml").read_text(encoding="utf-8"))
            shutil.chown(CONFIGURATION, "root", "linecard")
            written.append(CONFIGURATION)
    except OSError as error:
        raise SetupError(f"{error.filename or error}: {error.strerror or error}.") from error
    return written


def _put(name: str, folder: str, target: str) -> Path | None:
    """Put a file below /etc, unless it is there or a package brings it; the path, or None."""
    own = Path("/etc", folder, target)
    if own.exists() or Path("/usr/lib", folder, target).exists():
        return None
    text = (_SHARED / name).read_text(encoding="utf-8")
    if name == "linecard.service":  # where this program is
        text = text.replace(_PROGRAM, f"{sys.prefix}/bin/linecard")
    with write_whole(own, text=True) as out:
        out.write(text)
    own.chmod(0o644)
    return own


def _run(*words: str) -> None:
    program = shutil.which(words[0])
    if program is None:
        raise SetupError(
            f"{words[0]} is not on this machine.",
            remedy="A machine without systemd needs no service: `linecard init DIR` makes a site, "
            "and `linecard once`, run by cron, processes what is in its inboxes.",
        )
    done = subprocess.run([program, *words[1:]], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise SetupError(f"{words[0]} failed: {said[-1]}.", remedy="See what it says, and try again.")
