"""The plot of the README: operations a second, beside other engines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from .frame.results import Result
from .frame.table import number

# Legible on white and on black: the page behind the picture may be either.
INK = "#7d8590"
OURS, OTHERS = "#2f81f7", "#a5a9ae"
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: small, and it can be found and read out
    "svg.hashsalt": "laneway",  # the same figures are the same file
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(file: Path, results: Sequence[Result]) -> None:
    """Draw a bar for each engine. The axis is logarithmic: they are orders of magnitude apart."""
    shown = sorted((one for one in results if "version" in one.detail), key=lambda one: one.median)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7, 0.34 * len(shown) + 0.7), layout="constrained")
        axes = figure.add_subplot()
        _bars(axes, shown)
        file.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"Date": None, "Title": "Operations a second, beside other engines"}
        figure.savefig(file, format="svg", transparent=True, metadata=metadata)


def _bars(axes: Any, shown: Sequence[Result]) -> None:
    colours = [OURS if one.name.startswith("Laneway") else OTHERS for one in shown]
    bars = axes.barh([one.name for one in shown], [one.median for one in shown], color=colours)
    axes.bar_label(bars, [number(one.median) for one in shown], padding=3)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlim(1, max(one.median for one in shown) * 2.5)
    axes.set_xlabel("operations/s of eight durable steps, 50 at once (logarithmic)")
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
