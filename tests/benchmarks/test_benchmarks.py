"""That the benchmarks work: each is run in its quickest form. Nothing is said of time."""

import importlib
import math
from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks.frame import files
from tests.benchmarks.frame.machine import machine
from tests.benchmarks.frame.running import Options, raise_handles

FOLDER = Path(__file__).parent
# What each must find at least; beside it, figures that are found for every filter, or size.
EXPECTED = {
    "engine": {
        "8 phases, 50 at once",
        "one operation on an idle engine",
        "memory of a waiting operation",
    },
    "http": {
        "8 phases submitted over HTTP, 50 at once",
        "one operation end to end on an idle server",
        "action's end to a long-poller p50",
    },
    "fanout": {"one operation, 50 readers", "50 long-polls: memory of each"},
    "recovery": {"all 20 go on", "lane, of 2,000", "list by requester: first page, of 2,000"},
    "page": set(),  # how many lanes there are is in every name
    "growth": {"growth of the database", "one operation after 60 others"},
    "soak": {"operations", "open files: growth that is certain"},
}


@pytest.fixture
def options(tmp_path: Path) -> Options:
    raise_handles()
    return Options(quick=True, folder=tmp_path, kept=tmp_path, rounds=1)


def test_every_benchmark_is_tested():
    found = {file.stem.removeprefix("bench_") for file in FOLDER.glob("bench_*.py")}
    assert found == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_benchmark_finds_its_figures(name: str, options: Options):
    module = importlib.import_module(f"tests.benchmarks.bench_{name}")
    found = await module.run(options)
    names = {each.name for each in found}
    assert names >= EXPECTED[name]
    assert names
    for each in found:
        assert each.rounds, each
        assert all(math.isfinite(value) for value in each.rounds), each
        assert each.ceiling is None or each.ceiling > 0, each
    file = options.folder / "results.json"
    files.keep(file, name, found, machine(options.folder))
    assert files.read(file)[name].results == tuple(found)


async def test_what_the_ceiling_commits_is_what_the_engine_wrote(options: Options):
    import sqlite3
    from contextlib import closing

    from tests.benchmarks.bench_engine import _round
    from tests.benchmarks.load import raw_commits

    found = await _round(options.folder, 20, 10)
    commits = Counter(len(commit.events) for commit in found.commits)
    assert sum(found.groups.sizes) == len(found.commits) == sum(commits.values())
    transactions = list(raw_commits.transactions(found.commits, found.groups.sizes))
    assert len(transactions) == len(found.groups.sizes)
    assert sum(len(each.appended) for each in transactions) == found.events
    source = options.folder / "engine.db"
    spent = await raw_commits.spent(options.folder, source, found.commits, found.groups.sizes)
    assert spent.cpu > 0
    with closing(sqlite3.connect(options.folder / "engine.db")) as written:
        (events,) = written.execute("SELECT count(*) FROM events").fetchone()
    first = 28  # of the operation before, which is not counted
    assert sum(size * number for size, number in commits.items()) == found.events == events - first
