"""`laneway serve`, killed by SIGKILL at one commit: just before it is written, or just after.

    python crashing_server.py before|after N serve --database …

The kill is real and comes from within, so that it hits the boundary exactly, whatever the machine.
"""

import os
import signal
import sys
from typing import Any

from laneway.stores.sqlite.store import SqliteStore
from laneway_server.cli import main


def crash_at(when: str, number: int) -> None:
    """Make the store's Nth commit the last thing that this process does."""
    write = SqliteStore.commit
    commits = 0

    async def commit(self: SqliteStore, *args: Any) -> int:
        nonlocal commits
        commits += 1
        if commits == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        position = await write(self, *args)
        if commits == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return position

    SqliteStore.commit = commit  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    crash_at(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["laneway", *sys.argv[3:]]
    main()
