"""A rate budget in a small file, for all threads and processes that know the file."""

from __future__ import annotations

import fcntl
import math
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from linecard.errors import StateError
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.files import make_folder
from linecard.rules.token_bucket import Bucket, Rate, empty_bucket, find_time, shift, spend, suspend

_RECORD = struct.Struct("<8s16sddd?")
"""Mark and version of the format, boot of the machine, when this was written, and the bucket."""
_CHECKSUM = struct.Struct("<I")
_SIZE = _RECORD.size + _CHECKSUM.size
_MARK = b"rates  1"
_LONGEST = threading.TIMEOUT_MAX


class FileRateBudget:
    """See `ports.rate_budget.RateBudget`.

    `clock` gives seconds since the machine was started, by a clock that nobody sets and that is the same in all
    processes; `boot` (16 bytes) tells one start of the machine from another. The file needs no closing: it is open only
    while its lock is held, which the kernel lets go when a process is killed. A file that is damaged or missing is
    begun again, as if the budget had just been used up.
    """

    def __init__(
        self, file: Path, rate: Rate, *, clock: Callable[[], float], sleep: Callable[[float], None], boot: bytes
    ) -> None:
        self._file, self._rate, self._clock, self._sleep, self._boot = file, rate, clock, sleep, boot
        self._first_in_line = threading.Lock()
        self._count_lock = threading.Lock()
        self._waiting = 0

    def take(self, at_most: float) -> bool:
        deadline = self._clock() + at_most
        with self._stand_in_line() as ahead:
            if ahead and self.wait_for(ahead + 1) > at_most:
                return False
            # One thread looks at the file; were it all of them, each request would wake them all.
            if not self._first_in_line.acquire(timeout=min(max(at_most, 0.0), _LONGEST)):
                return False
            try:
                while (wait := self._try_take()) > 0:
                    if self._clock() + wait > deadline:
                        return False
                    self._sleep(wait)
            finally:
                self._first_in_line.release()
        return True

    def hold(self, seconds: float) -> None:
        with self._open_locked() as handle:
            now = self._clock()
            self._write(handle, suspend(self._read(handle, now), now, seconds), now)

    def wait_for(self, requests: int) -> float:
        with self._open_locked() as handle:
            now = self._clock()
            return find_time(self._read(handle, now), self._rate, now, requests) - now

    def _try_take(self) -> float:
        """Take one request and give 0, or give the seconds until one can be had."""
        with self._open_locked() as handle:
            now = self._clock()  # with the lock held: others may have had it for long
            bucket = self._read(handle, now)
            if (wait := find_time(bucket, self._rate, now) - now) <= 0:
                # Counted before it is sent: the other way round, a kill leaves a request that nobody knows of.
                self._write(handle, spend(bucket, self._rate, now), now)
            return wait

    @contextmanager
    def _stand_in_line(self) -> Iterator[int]:
        """How many threads are waiting already."""
        with self._count_lock:
            ahead = self._waiting
            self._waiting += 1
        try:
            yield ahead
        finally:
            with self._count_lock:
                self._waiting -= 1

    @contextmanager
    def _open_locked(self) -> Iterator[int]:
        """The file, which nobody else has now. Opened each time: a lock is shared by all that inherit a handle."""
        try:
            handle = self._open()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield handle
            finally:
                os.close(handle)
        except OSError as error:
            raise StateError(
                f"The rate budget {self._file} cannot be used: {error.strerror or error}.",
                remedy=find_remedy(error, self._file),
            ) from error

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(self._file, flags, 0o600)
        except FileNotFoundError:
            make_folder(self._file.parent, mode=0o700)
            return os.open(self._file, flags, 0o600)

    def _read(self, handle: int, now: float) -> Bucket:
        found = os.pread(handle, _SIZE, 0)
        record, checksum = found[: _RECORD.size], found[_RECORD.size :]
        if checksum != _CHECKSUM.pack(zlib.crc32(record)):
            return empty_bucket(self._rate, now)
        mark, boot, written, *values = _RECORD.unpack(record)
        bucket = Bucket(*values)
        if mark != _MARK or not all(map(math.isfinite, (written, bucket.due, bucket.held))):
            return empty_bucket(self._rate, now)
        if boot != self._boot:
            # The clock began again at 0 when the machine was started, which was after this was written.
            return shift(bucket, -written)
        return bucket if written <= now else shift(bucket, now - written)  # a machine put back to an earlier moment

    def _write(self, handle: int, bucket: Bucket, now: float) -> None:
        record = _RECORD.pack(_MARK, self._boot, now, *bucket)
        os.pwrite(handle, record + _CHECKSUM.pack(zlib.crc32(record)), 0)
