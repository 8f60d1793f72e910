"""Decryption: what gpg gives goes into a file without a name, and nobody reads it before all of it may be believed."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock
from typing import Any, BinaryIO, cast

from linecard.api import Alert, Context, expiry, format_size
from linecard.api.keyring import KeyringError
from linecard.api.opener import (
    CannotOpen,
    Fault,
    FaultCode,
    OpenerError,
    PgpKind,
    detect_container,
    detect_openpgp,
    preamble_length,
)
from linecard_packing.gnupg_home import GnupgHome
from linecard_packing.gpg_status import GpgStatus, check_message, not_encrypted_error
from linecard_packing.options import PgpOptions
from linecard_packing.pgp_keys import list_keys
from linecard_packing.unpacking_limits import disk_full_error

_TIMED_OUT = 124
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
"""By these a program ends itself. Whoever sends such a file must not hold up all that come after it."""
_HEAD = 512
_BLOCK = 1 << 16
_MORE = 1 << 20
"""gpg stops a block before its limit, and says DECRYPTION_OKAY all the same: its limit is above ours, which counts."""


class PgpOpener:
    """Decrypts the files of one inbox."""

    def __init__(self, options: PgpOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._home = GnupgHome(context.site.state)
        self._beginning = Lock()

    def recognises(self, head: bytes) -> bool:
        return detect_openpgp(head) is not None

    def refuse_unwrapped(self) -> CannotOpen | None:
        return None if self._options.unencrypted == "accept" else not_encrypted_error()

    def open(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None]) -> BinaryIO:
        _require_message(_peek(wrapped))
        _skip_preamble(wrapped)
        options = self._options
        passphrase = options.passphrase.reveal(self._context.site.folder, os.environ) if options.passphrase else None
        with self._beginning:
            gpg = self._home.make_gpg(limit=options.seconds)
        try:
            plain = self._context.temporary_file()
        except OSError as error:
            raise disk_full_error(error) from error
        try:
            self._decrypt_into(plain, gpg, wrapped, passphrase, most, noted)
        except BaseException:
            plain.close()
            raise
        return plain

    def _decrypt_into(
        self,
        plain: BinaryIO,
        gpg: Any,
        wrapped: BinaryIO,
        passphrase: str | None,
        most: int,
        noted: Callable[[Fault], None],
    ) -> None:
        """Have gpg decrypt into this file. Raises, with pieces in the file, unless all of it may be believed."""
        taken = _BoundedWriter(plain, most)
        gpg.on_data = taken
        said, result = _call_gpg(gpg, wrapped, passphrase, most)
        if taken.failed is not None:
            raise disk_full_error(taken.failed)
        if taken.size > most:
            raise CannotOpen(
                FaultCode.TOO_LARGE,
                f"What is encrypted in the file is larger than {format_size(most)}.",
                "Split it.",
            )
        self._check_exit_code(result.returncode, result.stderr)
        for fault in check_message(said, self._options, ok=result.ok, valid=result.valid, code=result.returncode):
            noted(fault)
        try:
            plain.seek(0)  # writes what was held back
        except OSError as error:
            raise disk_full_error(error) from error

    def _check_exit_code(self, code: int, stderr: str) -> None:
        if code == _TIMED_OUT:
            raise CannotOpen(
                FaultCode.CANNOT_DECRYPT,
                f"The file was not decrypted within {self._options.seconds:g} seconds.",
                "Send a smaller file.",
            )
        ended_by = -code if code < 0 else code - 128  # by a signal, told by Python or by `timeout`
        if ended_by in _CRASHES:
            raise CannotOpen(
                FaultCode.CANNOT_DECRYPT,
                f"gpg crashed on the file ({signal.Signals(ended_by).name}).",
                "Bring gpg up to date (apt-get upgrade gnupg), and ask the sender to send the file again.",
            )
        if ended_by > 0:  # somebody ended it: the file cannot help that
            raise OpenerError("gpg was ended from outside while it decrypted a file.")
        if "can't connect to the agent" in stderr or "No agent running" in stderr:
            raise OpenerError("gpg cannot start its agent.", remedy="Install it: apt-get install gpg-agent.")

    def alerts(self, now: datetime) -> Iterator[Alert]:
        try:
            keys = list_keys(self._home) if self._home.exists else []
        except (OpenerError, KeyringError) as error:
            yield Alert("pgp", str(error), error.remedy)
            return
        ours = [key for key in keys if key.secret and not key.unusable]
        # Old keys are kept for old files; what counts is that one is left for new ones.
        best = max(ours, key=lambda key: (key.expires is None, key.expires), default=None)
        if best is None:
            yield Alert("pgp key", "this site has no PGP key, so nobody can encrypt files for it", "linecard keys make")
        elif told := expiry(best.expires, now):
            yield Alert(
                f"pgp key {best.id}",
                f"the site's PGP key {told}; senders then refuse to encrypt for it, and no file arrives",
                f"linecard keys extend {best.id} --until DATE; then linecard keys export {best.id}, for the senders",
            )
        there = {key.id: key for key in keys}
        for signer in self._options.signers:
            found = there.get(signer)
            if found is None:
                told = "is not among the keys of this site"
            else:
                told = f"is {found.unusable}" if found.unusable else expiry(found.expires, now)
            if told:
                yield Alert(
                    f"signer {signer}",
                    f"the key of the signer {signer} {told}; files that it signs are then refused",
                    "Ask the sender for the current public key; then linecard keys import FILE, "
                    "and list its fingerprint under `signers`.",
                )

    def close(self) -> None:
        self._home.close()


def _peek(wrapped: BinaryIO) -> bytes:
    """The first bytes, which are read again afterwards."""
    return cast("io.BufferedReader", wrapped).peek(_HEAD)[:_HEAD]


def _require_message(head: bytes) -> None:
    """gpg says of keys and of parts of messages what would send an operator the wrong way."""
    container = detect_container(head)
    if container is not None and detect_openpgp(head) not in (PgpKind.ENCRYPTED, PgpKind.MESSAGE):
        raise CannotOpen(FaultCode.CANNOT_DECRYPT, container.sentence, container.remedy)


def _skip_preamble(wrapped: BinaryIO) -> None:
    """Read what stands before a message and says nothing: to gpg 2.2 a file that begins with padding is no OpenPGP."""
    while (size := preamble_length(_peek(wrapped))) > 0:
        while size > 0:
            block = wrapped.read(min(size, _BLOCK))
            if not block:
                return
            size -= len(block)


class _BoundedWriter:
    """Puts what gpg gives into a file, up to a limit; gpg itself is told the limit too."""

    def __init__(self, plain: BinaryIO, most: int) -> None:
        self._plain, self._most = plain, most
        self.size = 0
        self.failed: OSError | None = None

    def __call__(self, block: bytes) -> bool:
        self.size += len(block)
        if self.failed is None and self.size <= self._most:
            try:
                self._plain.write(block)
            except OSError as error:
                self.failed = error
        return False  # python-gnupg need not keep it


def _call_gpg(gpg: Any, wrapped: BinaryIO, passphrase: str | None, most: int) -> tuple[GpgStatus, Any]:
    """gpg's answer, also where it stopped reading before the end, which python-gnupg leaves to its caller."""
    made: list[Any] = []
    usual = gpg.result_map["crypt"]

    def result(caller: Any) -> Any:
        made.append(usual(caller))
        return made[-1]

    gpg.result_map = {**gpg.result_map, "crypt": result}
    try:
        gpg.decrypt_file(
            wrapped, always_trust=True, passphrase=passphrase, extra_args=["--max-output", str(most + _MORE)]
        )
    except BrokenPipeError:
        if not made or getattr(made[-1], "returncode", None) is None:
            raise OpenerError("gpg ended before it read the file.") from None
        made[-1].ok = False
    except FileNotFoundError as error:
        raise OpenerError(
            "The program timeout cannot be run.", remedy="Install it: apt-get install coreutils."
        ) from error
    return GpgStatus.parse(made[-1].stderr), made[-1]
