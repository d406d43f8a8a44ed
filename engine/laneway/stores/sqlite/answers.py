"""What SQLite answers when it cannot, in the port's words: which file, what is so, what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from laneway.ports.store import StoreCorrupt, StoreUnavailable

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_ADVICE = {
    sqlite3.SQLITE_BUSY: "is locked by another program; close what has it open (a shell, a backup)",
    sqlite3.SQLITE_LOCKED: "is locked by another connection; try again",
    sqlite3.SQLITE_FULL: "cannot grow: the disk or its quota is full; free some space",
    sqlite3.SQLITE_READONLY: "cannot be written: make the file and its folder writable",
    sqlite3.SQLITE_PERM: "cannot be used: give Laneway's user access to the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: see that its folder exists and can be written",
    sqlite3.SQLITE_IOERR: "cannot be read or written: see to the disk (space, quota, hardware)",
    sqlite3.SQLITE_NOMEM: "cannot be used: the machine is out of memory",
}

RESTORE = "stop Laneway, keep a copy of the file, and restore the newest backup"


def translate(error: sqlite3.Error, path: Path) -> StoreUnavailable:
    """The port's error for one of SQLite's; its message names the file and says what to do."""
    # The low byte is the primary code; the rest tells apart, say, the kinds of I/O error.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _DAMAGED or "no such table" in str(error):
        return StoreCorrupt(f"{path} is damaged or is not a Laneway database ({error}); {RESTORE}")
    advice = _ADVICE.get(code, "did not answer as it should")
    return StoreUnavailable(f"{path} {advice} ({error}); nothing was written")


@contextmanager
def answering(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into the port's errors."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error
