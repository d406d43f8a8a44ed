"""Running a benchmark: its arguments, its folder, and what becomes of its figures."""

import argparse
import asyncio
import gc
import inspect
import resource
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from laneway_server import process

from . import files, table
from .machine import ROOT, machine
from .results import Result

FOLDER = ROOT / "build" / "bench"
"""Everything that benchmarks leave behind. On the disk of the checkout: /tmp may be memory."""


class Options(NamedTuple):
    """How a benchmark is run.

    Attributes:
        quick: only to see that it works: little of everything, and nothing is held to a target.
        folder: for databases; empty, and removed afterwards.
        kept: for what is costly to make and can be used again.
        rounds: how often each figure is measured.
        minutes: how long the soak takes; None: as it likes.
    """

    quick: bool
    folder: Path
    kept: Path
    rounds: int
    minutes: float | None = None
    only: str = ""

    def some(self, usual: int, quick: int) -> int:
        """How many: as usual, or for a quick run."""
        return quick if self.quick else usual

    def wants(self, name: str) -> bool:
        """Whether a part is to be run."""
        return not self.only or self.only in name


Benchmark = Callable[[Options], Coroutine[Any, Any, list[Result]]]


def main(benchmark: Benchmark, *, engine_inside: bool = False) -> None:
    """Run one benchmark from the command line: measure, print, and keep the figures.

    Args:
        engine_inside: what is measured is in this process, which then is as a server's would be.
    """
    module = inspect.getmodule(benchmark)
    assert module is not None
    parser = argparse.ArgumentParser(description=module.__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--rounds", type=int, help="how often each figure is measured")
    parser.add_argument("--minutes", type=float, help="how long the soak takes")
    parser.add_argument("--only", default="", help="the parts whose name holds this")
    given = parser.parse_args()
    name = Path(str(module.__file__)).stem.removeprefix("bench_")
    with folder(FOLDER) as work:
        options = Options(
            quick=given.quick,
            folder=work,
            kept=FOLDER,
            rounds=given.rounds or (1 if given.quick else 5),
            minutes=given.minutes,
            only=given.only,
        )
        if engine_inside:
            process.share_fairly()
        loops = process.loop_factory() if engine_inside else None
        with asyncio.Runner(loop_factory=loops) as runner:
            found = runner.run(benchmark(options))
        on = machine(work)
    table.show(name, found, on, quick=given.quick)
    file = FOLDER / ("quick.json" if given.quick or given.only else "results.json")
    files.keep(file, name, found, on)


@contextmanager
def folder(inside: Path) -> Iterator[Path]:
    """A new folder, removed at the end."""
    raise_handles()
    inside.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=inside, prefix="work-"))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Begin with nothing left for the garbage collector of what was done before."""
    gc.collect()
    yield


def raise_handles() -> int:
    """Let this process, and those it starts, open as many files as they may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
