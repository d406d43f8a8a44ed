"""One process per database: a lock file beside it, held as long as the store is open.

SQLite before 3.51.3 can lose commits when two connections write or checkpoint a write-ahead log at
once, so a second process is refused, and told which one is there. The operating system lets go of
the lock when a process ends, however it ends: a lock file that is left behind means nothing.
"""

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from laneway.core.instants import Instant, instant
from laneway.ports.store import StoreInUse, StoreUnavailable


class Holder(msgspec.Struct, frozen=True):
    """What a lock file says about who holds it."""

    pid: int
    since: Instant


class FileLock:
    """The exclusive lock of a database, held from `acquire` to `release`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, database: Path) -> "FileLock":
        """Lock ``FILE.lock``.

        Raises:
            StoreInUse: another process has it; the message names the process.
            StoreUnavailable: the lock file cannot be made.
        """
        path = database.with_name(database.name + ".lock")
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held_by = os.read(descriptor, 4096)
            os.close(descriptor)
            raise StoreInUse(_in_use(database, held_by)) from error
        _sign(descriptor)
        return cls(descriptor)

    def release(self) -> None:
        """Let go. The file stays: removing it could part two processes that both hold "it"."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        advice = "see that its folder can be written"
        raise StoreUnavailable(f"{path} cannot be made ({error.strerror}): {advice}") from error


def _sign(descriptor: int) -> None:
    holder = Holder(pid=os.getpid(), since=instant(datetime.now(UTC)))
    os.ftruncate(descriptor, 0)
    os.write(descriptor, msgspec.json.encode(holder) + b"\n")


def _in_use(database: Path, held_by: bytes) -> str:
    try:
        holder = msgspec.json.decode(held_by, type=Holder)
    except msgspec.MsgspecError:
        who = "another process"
    else:
        who = f"process {holder.pid} (since {holder.since})"
    return f"{database} is in use by {who}: one process at a time; stop that one, or use its API"
