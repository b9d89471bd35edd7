"""What the settings that varied came to: a chart each, what was tried with what, what it costs."""

from collections.abc import Sequence

from analysis import wording
from analysis.answer import Answer
from analysis.report.charts import cost, curves, setting_accuracy
from analysis.report.charts.plot import Charts
from analysis.report.cross_table import tables
from analysis.report.page_blocks import Block, Part, Section, Text
from analysis.report.sweep_contents import SweepContents
from results.varied import heading

NONE_VARIED = "All trials have the same settings; there is nothing to compare."
ONE_TRIAL = "There is one trial; there is nothing to compare it with."
NONE_MEASURED = "No trial that did not fail has been measured, so there is nothing to draw."


def settings_section(contents: SweepContents, answer: Answer) -> Section:
    """Setting by setting, in the order of the first screen, where the sentences stand."""
    trials = contents.table("trials")
    if not answer.ranking:
        return _section([Part("", (Text(NONE_MEASURED, "absent"),))])
    parts = [_curves(contents, answer)]
    parts += [_setting(contents, answer, name) for name in answer.varied]
    if not answer.varied:
        parts.append(Part("", (Text(NONE_VARIED if len(trials) > 1 else ONE_TRIAL, "note"),)))
    if crossed := tables(trials, answer.varied):
        parts.append(Part("What was tried with what", tuple(crossed)))
    parts.append(Part("What accuracy costs", _costs(contents, answer.varied)))
    return _section([part for part in parts if part.blocks])


def _section(parts: Sequence[Part]) -> Section:
    return Section("settings", "Settings", tuple(parts))


def _curves(contents: SweepContents, answer: Answer) -> Part:
    made = curves.curves(contents.table("trials"), contents.table("epochs"), answer.varied)
    return Part("Learning curves", (curves.draw(made),) if made else ())


def _setting(contents: SweepContents, answer: Answer, name: str) -> Part:
    trials, epochs = contents.table("trials"), contents.table("epochs")
    made = setting_accuracy.points(trials, epochs, name, answer.varied)
    epoch = setting_accuracy.common_epoch(trials)
    chart = (setting_accuracy.draw(name, made, epoch),) if made else ()
    return Part(heading(name).capitalize(), chart)


def _costs(contents: SweepContents, varied: Sequence[str]) -> tuple[Block, ...]:
    trials = contents.table("trials")
    made = {name: cost.points(trials, name, varied) for name in cost.COSTS}
    if len({point.cost for point in made["parameters"]}) < 2:
        del made["parameters"]  # one column of marks would say nothing
    charts = tuple(cost.draw(name, points) for name, points in made.items() if len(points) > 1)
    blocks: list[Block] = [Charts(charts)] if charts else []
    hardware = sorted(trials["hardware"].dropna().unique())
    if blocks and len(hardware) > 1:
        machines = wording.enumeration([str(machine) for machine in hardware])
        blocks.append(Text(f"Speeds were measured on different hardware: {machines}.", "note"))
    return tuple(blocks)
