"""What a benchmark ran on: figures of two machines, or two versions, are not one."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

LIBRARIES = (
    *("aiohttp", "aiosqlite", "cel-expr-python", "msgspec", "python-statemachine", "rfc8785"),
    *("structlog", "uvloop"),
)
TELLING = ("nobarrier", "barrier=", "data=", "sync", "async", "volatile", "commit=")
"""Options of a file system that bear on what a sync costs."""

ROOT = Path(__file__).resolve().parents[3]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """See the module. ``changed``: the tree had changes that are not in ``commit``."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    filesystem: str
    python: str
    sqlite: str
    libraries: dict[str, str]
    commit: str
    changed: bool


def machine(folder: Path) -> Machine:
    """The machine, as far as it bears on a database in ``folder``."""
    return Machine(
        cpu=_proc("/proc/cpuinfo", "model name") or platform.processor(),
        cores=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        kernel=f"{platform.system()} {platform.release()}",
        filesystem=_filesystem(folder),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        libraries={name: found for name in LIBRARIES if (found := _version(name))},
        commit=_git("rev-parse", "--short=12", "HEAD"),
        changed=bool(_git("status", "--porcelain", "--untracked-files=no")),
    )


def _proc(file: str, field: str) -> str:
    if not Path(file).exists():
        return ""
    for line in Path(file).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return ""


def _filesystem(folder: Path) -> str:
    """Its type, and what of its options can make any database look fast."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    found = ""
    longest = -1
    for line in mounts.read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if folder.resolve().is_relative_to(place) and len(place) > longest:
            told = [each for each in options.split(",") if each.startswith(TELLING)]
            found, longest = " ".join([kind, *told]), len(place)
    return found


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
