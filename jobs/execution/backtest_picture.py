"""The picture of a backtest: what each scheduler spends against what it loses."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import PercentFormatter

from analysis.figures.style import BLUE, DARK, GREEN, GREY, ORANGE, PURPLE, RED, SKY
from orchestrator.backtest.runs import NONE
from orchestrator.backtest.summary import Goals, Key, Summary

LOOKS = (
    (BLUE, "o"),
    (ORANGE, "s"),
    (GREEN, "D"),
    (RED, "P"),
    (SKY, "X"),
    (PURPLE, "v"),
    (DARK, "h"),
    (GREY, "d"),
)
"""Colour and mark, in turn: no two schedulers share both."""

LINEAR_TO = 0.1
"""Points lost above which their axis is logarithmic: a tenth and five are both of interest."""


@dataclass(frozen=True)
class Mark:
    """One scheduler.

    Attributes:
        name: its own.
        share: of all epochs: 10th percentile, median, 90th percentile, 0 to 1.
        regret: points lost, the same three.
        ascending: (share, points) where trials get better in the order in which they come.
        descending: the same where they get worse.
    """

    name: str
    share: tuple[float, float, float]
    regret: tuple[float, float, float]
    ascending: tuple[float, float]
    descending: tuple[float, float]


def marks(made: Mapping[Key, Summary], trials: int, slots: int) -> list[Mark]:
    """A mark a scheduler in sweeps of this size with so many slots."""
    return [
        Mark(
            s.scheduler,
            (s.share.tenth, s.share.median, s.share.ninetieth),
            (s.regret.tenth, s.regret.median, s.regret.ninetieth),
            (s.share.ascending, s.regret.ascending),
            (s.share.descending, s.regret.descending),
        )
        for s in made.values()
        if (s.trials, s.slots) == (trials, slots) and s.scheduler != NONE
    ]


def draw(shown: list[Mark], canvas: Canvas) -> None:
    """Median and spread of each, small triangles for the two sorted orders, the goals shaded."""
    ax, goals = canvas.subplots(), Goals()
    ax.fill_between([0.0, goals.share], 0, goals.regret, color=GREEN, alpha=0.12, linewidth=0)
    ax.text(goals.share, goals.regret, "goal ", color=DARK, ha="right", va="bottom", fontsize=8)
    for number, mark in enumerate(shown):
        colour, shape = LOOKS[number % len(LOOKS)]
        fill = colour if number < len(LOOKS) else "white"
        x, y = mark.share, mark.regret
        ax.plot([x[0], x[2]], [y[1], y[1]], color=colour, linewidth=1.5, alpha=0.7)
        ax.plot([x[1], x[1]], [y[0], y[2]], color=colour, linewidth=1.5, alpha=0.7)
        for place, triangle in ((mark.ascending, "^"), (mark.descending, "v")):
            ax.plot(*place, triangle, color=colour, markersize=4, alpha=0.9)
        label = mark.name.replace("_", " ")
        ax.plot(x[1], y[1], shape, color=colour, markerfacecolor=fill, markersize=9, label=label)
    ax.set_xscale("log")
    ax.set_yscale("symlog", linthresh=LINEAR_TO)
    ax.set_ylim(bottom=-0.02, top=1.5 * max((mark.regret[2] for mark in shown), default=1.0) + 1.0)
    ax.set_xticks([0.05, 0.1, 0.2, 0.5, 1.0])
    ax.xaxis.set_minor_formatter("")
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("epochs trained, of those where nobody is stopped")
    ax.set_ylabel("validation accuracy lost (points)")
    ax.grid(alpha=0.3)
    if shown:
        canvas.legend(loc="outside right center", frameon=False)


def picture(made: Mapping[Key, Summary], trials: int, slots: int) -> bytes:
    """An SVG, the same for the same numbers.

    Args:
        made: all summaries.
        trials: of the sweeps shown.
        slots: of the sweeps shown.
    """
    with matplotlib.rc_context({"svg.hashsalt": "backtest"}):
        canvas = Canvas(figsize=(9.0, 4.6), layout="constrained")
        draw(marks(made, trials, slots), canvas)
        orders = max((s.orders for s in made.values()), default=0)
        canvas.suptitle(
            f"{trials} trials, {slots} at once: median and 10th to 90th percentile of {orders} "
            "orders; triangles: best last, best first",
            fontsize=10,
        )
        content = io.BytesIO()
        canvas.savefig(content, format="svg", metadata={"Date": None})
        return content.getvalue()
