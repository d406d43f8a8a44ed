"""Whether something grows: a straight line through what was seen, and how sure it is."""

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

BLOCKS = 10
_T_95 = 2.306
"""Student's t for 95 % with the degrees of freedom of a line through ten points."""


class Trend(NamedTuple):
    """Growth from the first sample to the last, by the line; in the samples' own unit.

    Attributes:
        growth: the likeliest.
        margin: with 95 % confidence it is not further off than that.
        mean: of the samples.
    """

    growth: float
    margin: float
    mean: float

    @property
    def certain(self) -> float:
        """The least growth within the margin, as a part of the mean; 0 where it may be none."""
        least = max(self.growth - self.margin, 0.0)
        return least / self.mean if self.mean else least


def trend(samples: Sequence[float]) -> Trend:
    """The trend of samples that were taken at a steady pace.

    Samples that follow one another are alike, which would make a line through all of them look
    surer than it is. So it is drawn through the means of ten blocks, which are all but independent.

    Raises:
        ValueError: there are fewer than ten.
    """
    if len(samples) < BLOCKS:
        raise ValueError(f"{len(samples)} samples are too few for a trend")
    edges = [len(samples) * number // BLOCKS for number in range(BLOCKS + 1)]
    means = [statistics.fmean(samples[a:b]) for a, b in pairwise(edges)]
    places = range(BLOCKS)
    slope, base = statistics.linear_regression(places, means)
    rest = sum((y - base - slope * x) ** 2 for x, y in zip(places, means, strict=True))
    middle = (BLOCKS - 1) / 2
    error = (rest / (BLOCKS - 2) / sum((x - middle) ** 2 for x in places)) ** 0.5
    return Trend(slope * BLOCKS, _T_95 * error * BLOCKS, statistics.fmean(samples))
