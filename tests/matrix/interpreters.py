"""Where an interpreter of each Python is found: on this machine first, then from Debian's packages, then by uv."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from integration.cache import CACHE, fetch_once, run
from integration.debian import download_release, unpacked

DEBIAN = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
"""The Debian release that has this Python; no release has 3.12."""
PYENV = Path.home() / ".pyenv" / "versions"
CHECK = "import bz2, ctypes, lzma, sqlite3, ssl, sys, zlib; print('%d.%d' % sys.version_info[:2])"


class Missing(Exception):
    """No interpreter of this version can be had; the words say what was tried."""


@dataclass(frozen=True)
class Interpreter:
    path: Path
    source: str


def find(version: str) -> Interpreter:
    """An interpreter of this version, such as `3.14`, that works. Raises `Missing`."""
    tried = []
    for source, path in _candidates(version):
        if isinstance(path, Path) and works(path, version):
            return Interpreter(path, source)
        tried.append(f"{source}: {path if isinstance(path, str) else 'it does not work'}")
    raise Missing("; ".join(tried))


def works(path: Path, version: str) -> bool:
    """Whether it is this version, with the libraries that linecard needs (shims of pyenv are often neither)."""
    try:
        ended = subprocess.run([path, "-c", CHECK], capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return False
    return ended.returncode == 0 and ended.stdout.strip() == version


def _candidates(version: str) -> Iterator[tuple[str, Path | str]]:
    """Each source with its interpreter, or with the reason why it has none. Later ones cost more."""
    on_path = shutil.which(f"python{version}")
    yield "PATH", Path(on_path) if on_path else f"no python{version}"
    if PYENV.is_dir():
        own = sorted(PYENV.glob(f"{version}.*/bin/python{version}"))
        yield "pyenv", own[-1] if own else f"no {version} below {PYENV}"
    yield "Debian", _from_debian(version)
    yield "uv", _from_uv(version)


def _from_debian(version: str) -> Path | str:
    """Unpacked into the cache with its own C library, so that it runs on an older Debian; nothing is installed."""
    release = DEBIAN.get(version)
    if release is None:
        return f"no release has {version}"
    if shutil.which("apt-get") is None or platform.machine() != "x86_64":
        return "no apt here, or no x86_64"

    def fetch(work: Path) -> Path:
        return download_release(work, release, f"python{version}")

    try:
        root = fetch_once(f"python{version}-{release}", fetch)
        program = root / "usr" / "bin" / f"python{version}"
        if not works(program, version):
            _use_own_libraries(program, root)
    except (OSError, subprocess.CalledProcessError) as error:
        return str(getattr(error, "stderr", "") or error).strip()
    return program


def _use_own_libraries(program: Path, root: Path) -> None:
    """Write the paths of this root's loader and libraries into the program; its children keep the machine's."""
    patchelf = unpacked("patchelf", "patchelf") / "usr" / "bin" / "patchelf"
    libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
    loader = root / "usr" / "lib64" / "ld-linux-x86-64.so.2"
    run(patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", libraries, program)


def _from_uv(version: str) -> Path | str:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        return "not here (`pip install uv` brings it)"
    try:
        run(uv, "python", "install", "--quiet", "--no-bin", "--install-dir", CACHE / "uv", version)
    except subprocess.CalledProcessError as error:
        return " ".join(error.stderr.split())
    found = sorted((CACHE / "uv").glob(f"cpython-{version}.*/bin/python{version}"))
    return found[-1] if found else "it installed none"
