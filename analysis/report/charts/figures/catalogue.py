"""Which figures the page draws itself, and how one becomes a block of it."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from analysis.figures.figure_catalogue import FIGURES
from analysis.figures.sweep_tables import SweepTables
from analysis.report.charts.figures import (
    confusion,
    ensembles,
    faithfulness,
    importance,
    losses,
    parallel_coordinates,
    recall,
    regions,
    reliability,
    rungs,
    seed_project,
)
from analysis.report.charts.plot import Chart, fitting


@dataclass(frozen=True)
class Drawing:
    """How a figure is drawn into the page.

    Attributes:
        draw: a frame with rows, and words for those who cannot see it -> SVG; nothing where the
            page cannot hold it. Where it `adapts`, a width in pixels is the third argument.
        folded: whether the figure's caption repeats the numbers that stand in the drawing.
        adapts: whether it is drawn as wide as there is room; others are panels that fit anywhere.
    """

    draw: Callable[..., Markup]
    folded: bool = False
    adapts: bool = True


DRAWINGS = {
    "importance": Drawing(importance.draw),
    "parallel_coordinates": Drawing(parallel_coordinates.draw),
    "recall": Drawing(recall.draw, folded=True),
    "confusion": Drawing(confusion.draw, folded=True),
    "ensemble_rules": Drawing(ensembles.draw_rules),
    "ensemble_against_members": Drawing(ensembles.draw_gains),
    "losses": Drawing(losses.draw, adapts=False),
    "reliability": Drawing(reliability.draw, folded=True),
    "rungs": Drawing(rungs.draw),
    "regions": Drawing(regions.draw, adapts=False),
    "faithfulness": Drawing(faithfulness.draw, adapts=False),
    "seed_project": Drawing(seed_project.draw, adapts=False),
}
"""Name in `FIGURES` -> drawing; one file and one line adds one."""


def chart(name: str, tables: SweepTables) -> Chart | None:
    """A figure as a block of the page; None where there is nothing to draw, or too much.

    Args:
        name: of `DRAWINGS`.
        tables: of one sweep.
    """
    figure = FIGURES[name]
    if tables.missing(figure.needs):
        return None
    frame = figure.data(tables)
    if frame.empty:
        return None
    caption, drawing = figure.caption(frame), DRAWINGS[name]
    if not drawing.adapts:
        drawn = drawing.draw(frame, caption)
        return Chart(drawn, caption, figure.title, drawing.folded) if drawn else None

    def at(width: float) -> Chart:
        return Chart(drawing.draw(frame, caption, width), caption, figure.title, drawing.folded)

    made = fitting(at)
    return made if made.svg else None
