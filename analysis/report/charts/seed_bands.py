"""Learning curves over seeds: a line for the mean, a band for how sure it is."""

from collections.abc import Sequence

from markupsafe import Markup

from analysis import wording
from analysis.repeats.bands import SeedBand
from analysis.report.charts import scale, svg
from analysis.report.charts.plot import Chart, Plot

MOST = 5
"""Configurations in the chart: more bands would hide each other."""


def draw(made: Sequence[SeedBand]) -> Chart:
    """The chart of at least one band; the best is drawn last, in another colour than the others."""
    shown = made[:MOST]
    points = [point for band in shown for point in band.points]
    x = scale.integers([point.epoch for point in points])
    y = scale.linear([end for point in points for end in (point.low, point.high)])
    plot = Plot(x, y, "epoch", "validation accuracy")
    marks = [_band(plot, band) for band in reversed(shown)]
    entries = [("curve best", f"best: {shown[0].name}")]
    if len(shown) > 1:
        others = shown[1].name if len(shown) == 2 else f"the next {len(shown) - 1}"
        entries.append(("curve second", others))
    more = f", the first {MOST} of {len(made)} configurations" if len(made) > MOST else ""
    n = wording.enumeration([str(each) for each in sorted({len(b.trials) for b in shown})])
    caption = (
        f"Validation accuracy by epoch, mean over {n} seeds with its 95 % interval (Student's t)"
        f"{more}; a curve goes as far as all its seeds went."
    )
    return Chart(plot.svg(caption, [*marks, plot.key(entries)]), caption)


def _band(plot: Plot, band: SeedBand) -> Markup:
    look = "curve best" if band.place == 1 else "curve second"
    upper = [plot.at(point.epoch, point.high) for point in band.points]
    lower = [plot.at(point.epoch, point.low) for point in reversed(band.points)]
    last = band.points[-1]
    title = (
        f"{band.place}. {band.name}: {wording.interval(last.value, last.low, last.high)} after "
        f"epoch {last.epoch}, {len(band.trials)} seeds"
    )
    area = svg.polygon("band" if band.place == 1 else "band second", [*upper, *lower])
    line = plot.line([(point.epoch, point.value) for point in band.points], look)
    return svg.titled(title, [area, line])
