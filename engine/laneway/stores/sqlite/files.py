"""The files of a database: where they are, and whether they are still the ones that were opened.

SQLite goes on writing to a file that was deleted or replaced under it, and says nothing: what it
acknowledges then is gone with the process. So the store looks before it writes.
"""

import contextlib
import os
from pathlib import Path

from laneway.ports.store import StoreCorrupt, StoreUnavailable


class Files:
    """A database file and its write-ahead log; to be made when both are open.

    Attributes:
        condemned: why nothing may be written any more, once that is known.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.condemned: StoreCorrupt | None = None
        self._wal = path.with_name(path.name + "-wal")
        self._opened = self._identity()

    def confirm(self) -> None:
        """See that the files are still the ones that are open, and sound as far as is known.

        Raises:
            StoreCorrupt: they were found to be damaged.
            StoreUnavailable: one was deleted or replaced.
        """
        if self.condemned is not None:
            raise StoreCorrupt(*self.condemned.args)  # its own: each caller adds a traceback
        if self._identity() != self._opened:
            raise StoreUnavailable(
                f"{self.path} was deleted or replaced while Laneway had it open; stop Laneway, "
                "put the database back, and start again; nothing was written"
            )

    def condemn(self, damage: StoreCorrupt) -> None:
        """Let nothing be written from now on."""
        self.condemned = damage

    def _identity(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_inode(path) for path in (self.path, self._wal))


def located(path: Path | str) -> Path:
    """Where a database really is, whatever links lead to it: that is where its lock is, too.

    Raises:
        StoreUnavailable: there is no folder for it.
    """
    database = Path(path).resolve()
    if not database.parent.is_dir():
        folder = database.parent
        raise StoreUnavailable(f"{database} cannot be opened: make the folder {folder} first")
    return database


def make_private(database: Path) -> None:
    """Make a database that is not there yet, empty, and for its owner alone.

    It holds what access rules keep from others; its log gets the same permissions. One that is
    there keeps those that it has, and where none can be made SQLite says why.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - once per commit; Path.stat is several times slower
    except OSError:
        return None
    return status.st_dev, status.st_ino
