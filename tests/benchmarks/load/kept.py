"""Large databases that were made once, and are used again as long as the schema is the same."""

import hashlib
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from tests.benchmarks.histories import ENDED, ENDED_SHORT, UNDER_WAY, Kind, fill


def history(kept: Path, finished: int, unfinished: int = 0, *, short: bool = False) -> Path:
    """A database with operations that have ended, and others that are in their fourth phase.

    Args:
        kept: the folder where it is, or is made.
        finished: how many have ended; of eight phases, or ``short`` ones of a single one.
        unfinished: how many are under way, each with an action that was begun.
    """
    name = f"history-{finished}-{unfinished}-{'short' if short else 'eight'}-{_version()}.db"
    database = kept / name
    if not database.exists():
        print(f"making {name}, once: this can take some minutes", flush=True)
        _make(database, finished, unfinished, ENDED_SHORT if short else ENDED)
    return database


def copied(database: Path, folder: Path) -> Path:
    """A copy to write to."""
    return Path(shutil.copy(database, folder / "laneway.db"))


def _make(database: Path, finished: int, unfinished: int, ended: Sequence[Kind]) -> None:
    """Under another name first: what was interrupted is not taken for whole."""
    making = database.with_suffix(".making")
    for old in database.parent.glob(f"{making.name}*"):
        old.unlink()
    fill(making, finished, unfinished, ended=ended, live=(UNDER_WAY,))
    for lock in database.parent.glob(f"{making.name}.*"):
        lock.unlink()
    making.rename(database)


def _version() -> str:
    """Of the schema, and of what makes the rows."""
    migrations = Path(str(files("laneway.stores.sqlite") / "migrations"))
    known = hashlib.sha256()
    for file in sorted(migrations.glob("*.sql")):
        known.update(file.read_bytes())
    return known.hexdigest()[:12]
