"""The file that figures are kept in: the last run of each benchmark."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from .machine import Machine
from .results import Result


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark's last run."""

    at: str
    machine: Machine
    results: tuple[Result, ...]


Runs = dict[str, Run]


def read(file: Path) -> Runs:
    """Every benchmark's last run; empty where there is no file.

    Raises:
        msgspec.ValidationError: it is not ours, or an older version's: remove it.
    """
    return msgspec.json.decode(file.read_bytes(), type=Runs) if file.exists() else {}


def keep(file: Path, name: str, results: list[Result], on: Machine) -> None:
    """Put a run in the place of the benchmark's last one."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    runs = read(file) | {name: Run(at=at, machine=on, results=tuple(results))}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(runs), indent=1) + b"\n")
