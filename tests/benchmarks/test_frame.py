"""The frame of the benchmarks: figures, trends, and where they are written."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.benchmarks import report
from tests.benchmarks.frame import files
from tests.benchmarks.frame.machine import Machine, machine
from tests.benchmarks.frame.metering import Cost, metered
from tests.benchmarks.frame.results import Result, Target, percentile, result, spread
from tests.benchmarks.frame.trend import trend
from tests.benchmarks.load.engines import Groups
from tests.benchmarks.load.raw_commits import in_groups


def test_a_figure_is_the_median_beside_the_median_of_its_ceiling():
    found = result("x", "s", [3.0, 1.0, 2.0], ceilings=[4.0, 8.0, 6.0])
    assert (found.median, found.ceiling, found.ratio) == (2.0, 6.0, 2 / 6)


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target(least=2), True),
        (Target(least=2.1), False),
        (Target(most=2), True),
        (Target(of="ratio", least=0.5), True),
        (Target(of="ratio", least=0.6), False),
    ],
)
def test_a_target_is_held_to_what_it_is_of(target: Target, met: bool):
    assert result("x", "s", [2.0], ceilings=[4.0], targets=[target]).met is met


def test_every_target_has_to_be_met():
    targets = [Target(least=1), Target(least=3)]
    assert result("x", "s", [2.0], targets=targets).met is False


def test_without_a_target_there_is_none_to_meet():
    assert result("x", "s", [2.0]).met is None


@pytest.mark.parametrize(
    ("target", "text"),
    [(Target(least=2_000), "≥ 2,000"), (Target(of="ratio", most=1.25), "≤ 125%")],
)
def test_a_target_reads_as_it_is(target: Target, text: str):
    assert str(target) == text


def test_the_spread_of_few_rounds_is_from_the_least_to_the_most():
    assert spread([8.0, 10.0, 12.0]) == 0.2


def test_one_value_far_off_does_not_spread_many_rounds():
    assert spread([10.0] * 20 + [1_000.0]) == 0.0


def test_a_percentile_is_a_value_that_was_seen():
    assert percentile([5.0, 1.0, 3.0], 50) == 3.0
    assert percentile(list(map(float, range(101))), 99) == 99.0


def test_what_grows_is_seen_through_noise():
    noise = random.Random(1)
    samples = [1_000 + n + noise.gauss(0, 20) for n in range(100)]
    found = trend(samples)
    assert found.growth == pytest.approx(100, abs=30)
    assert found.certain > 0.03


def test_noise_alone_is_no_certain_growth():
    certain = []
    for seed in range(200):
        noise = random.Random(seed)
        certain.append(trend([1_000 + noise.gauss(0, 50) for _ in range(100)]).certain > 0)
    # Of what does not grow, one in forty looks as if it certainly did, and as many shrink.
    assert sum(certain) / len(certain) < 0.06


def test_what_shrinks_has_not_grown():
    assert trend([100.0 - n for n in range(50)]).certain == 0.0


def test_too_few_samples_have_no_trend():
    with pytest.raises(ValueError, match="9 samples"):
        trend([1.0] * 9)


def test_the_cost_of_a_block_counts_its_own_work():
    with metered() as cost:
        sum(range(3_000_000))
    assert 0 < cost().cpu <= cost().wall * 1.5
    assert cost().wall == cost().wall  # it stands once the block is over


def test_costs_add_up():
    assert Cost(wall=1, others=2) + Cost(wall=3, cpu=1) == Cost(wall=4, cpu=1, others=2)


async def test_what_is_announced_in_one_turn_is_one_group():
    groups = Groups()
    for size in (3, 1, 5):
        for _ in range(size):
            groups.one()
        await asyncio.sleep(0)
    assert groups.sizes == [3, 1, 5]
    assert groups.histogram() == {"≤1": 1, "≤4": 1, "≤8": 1}


def test_groups_are_as_full_as_they_can_be():
    assert in_groups(10, 4) == [4, 4, 2]
    assert in_groups(8, 4) == [4, 4]


def test_a_run_takes_the_place_of_the_one_before(tmp_path: Path):
    file, on = tmp_path / "some" / "results.json", machine(tmp_path)
    for name, value in (("a", 1.0), ("b", 2.0), ("a", 3.0)):
        files.keep(file, name, [result("x", "s", [value])], on)
    assert {name: run.results[0].median for name, run in files.read(file).items()} == {
        "a": 3.0,
        "b": 2.0,
    }


def test_the_machine_is_known(tmp_path: Path):
    found = machine(tmp_path)
    assert found.cores > 0
    assert found.filesystem
    assert found.libraries["aiohttp"]


# --- the report ----------------------------------------------------------------------------------


def run(*results: Result, **other: str) -> files.Run:
    known = {"cpu": "a CPU", "kernel": "Linux", "filesystem": "ext4", "commit": "c0ffee"}
    told = {**known, "python": "3.11", "sqlite": "3.40", **other}
    on = Machine(cores=2, memory_gib=4, libraries={}, changed=False, **told)
    return files.Run(at="", machine=on, results=results)


def engine(name: str, rate: float) -> Result:
    detail = {"version": "7", "submit_p50": 1.0, "submit_p99": 2.0, "alone_p50": 3.0}
    return result(name, "operations/s", [rate], detail=detail)


def test_only_what_is_between_the_marks_is_replaced(tmp_path: Path):
    file = tmp_path / "page.md"
    file.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    for _ in range(2):
        report.replaced(file, "new\n")
        assert file.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"


def test_a_file_without_marks_is_left_as_it_is(tmp_path: Path):
    file = tmp_path / "page.md"
    file.write_text(f"{report.END} and {report.BEGIN}")
    with pytest.raises(ValueError, match=r"page\.md has no"):
        report.replaced(file, "new")
    assert file.read_text() == f"{report.END} and {report.BEGIN}"


def test_figures_of_two_machines_are_not_shown_together():
    with pytest.raises(report.NotToBeReported, match="2 machines"):
        report.the_machine({"a": run(), "b": run(cpu="another")})


def test_without_figures_there_is_nothing_to_report():
    with pytest.raises(report.NotToBeReported, match="make bench"):
        report.the_machine({})


def test_engines_are_told_the_fastest_first_with_their_version():
    peers = run(engine("Slow", 10), engine("Laneway, over HTTP", 1_000), result("x", "", [1.0]))
    text = report.short({"peers": peers}, peers.machine)
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| Laneway, over HTTP | 1,000 | 1.00 / 2.00 | 3.00 |",
        "| Slow (7) | 10.0 | 1.00 / 2.00 | 3.00 |",
    ]


def test_a_missed_target_is_told():
    found = result("x", "ms", [9.0], targets=[Target(most=8)])
    text = report.long({"http": run(found)}, run().machine)
    assert "| x | 9.00 ms |  |  |  | ≤ 8 | **missed** |  |" in text


def test_the_page_has_its_marks():
    assert report.BEGIN in report.PAGE.read_text()


def test_the_same_figures_are_the_same_plot(tmp_path: Path):
    from tests.benchmarks.plot import draw

    for name in ("one", "two"):
        draw(tmp_path / name, [engine("Laneway, over HTTP", 1_000), engine("Slow", 10)])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert "Laneway, over HTTP" in (tmp_path / "one").read_text()
