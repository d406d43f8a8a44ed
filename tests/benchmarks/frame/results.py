"""What a benchmark found: figures with their rounds, their ceilings, their targets."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from .metering import Cost


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure is to be.

    Attributes:
        of: the median of the rounds, or its ratio to the ceiling.
        least, most: its bounds; one of the two.
    """

    of: Literal["median", "ratio"] = "median"
    least: float | None = None
    most: float | None = None

    def met(self, value: float) -> bool:
        """Whether a value is within the bounds."""
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)

    def __str__(self) -> str:
        sign, bound = ("≥", self.least) if self.most is None else ("≤", self.most)
        return f"{sign} {bound:,.0%}" if self.of == "ratio" else f"{sign} {bound:,g}"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure.

    Attributes:
        spread: half of the distance between the quartiles (of few rounds: between the least and the
            most), as a part of the median.
        ceiling: the median of what was held beside it, in the same run; ``against`` names that.
        ratio: of the median to the ceiling.
        met: whether every target is; None where there is none, or the run was too short to say.
        cost: of all rounds.
        detail: whatever else is worth keeping.
    """

    name: str
    unit: str
    rounds: tuple[float, ...]
    median: float
    spread: float
    ceiling: float | None = None
    against: str = ""
    ratio: float | None = None
    targets: tuple[Target, ...] = ()
    met: bool | None = None
    cost: Cost | None = None
    detail: dict[str, Any] = {}


def result(
    name: str,
    unit: str,
    rounds: Sequence[float],
    *,
    ceilings: Sequence[float] = (),
    against: str = "",
    targets: Sequence[Target] = (),
    cost: Cost | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Result:
    """A figure from its rounds."""
    median = statistics.median(rounds)
    ceiling = statistics.median(ceilings) if ceilings else None
    ratio = median / ceiling if ceiling else None
    return Result(
        name=name,
        unit=unit,
        rounds=tuple(rounds),
        median=median,
        spread=spread(rounds),
        ceiling=ceiling,
        against=against,
        ratio=ratio,
        targets=tuple(targets),
        met=_met(targets, median, ratio),
        cost=cost,
        detail=dict(detail or {}),
    )


def spread(values: Sequence[float]) -> float:
    """See `Result`; 0 of a single value."""
    middle = statistics.median(values)
    if len(values) < 2 or not middle:
        return 0.0
    if len(values) < 5:
        return (max(values) - min(values)) / 2 / abs(middle)
    first, _, third = statistics.quantiles(values, n=4)
    return (third - first) / 2 / abs(middle)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    place = round((len(ordered) - 1) * percent / 100)
    return ordered[place]


def _met(targets: Sequence[Target], median: float, ratio: float | None) -> bool | None:
    if not targets:
        return None
    values = {"median": median, "ratio": ratio}
    return all(target.met(values[target.of] or 0.0) for target in targets)
