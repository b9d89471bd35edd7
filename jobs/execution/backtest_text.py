"""The table of a backtest, and which scheduler meets the goals."""

from collections.abc import Mapping, Sequence

from orchestrator.backtest.runs import NONE, RAY
from orchestrator.backtest.summary import Goals, Key, Spread, Summary, ray_beside
from orchestrator.process.duration import duration

HEADINGS = (
    "scheduler",
    "epochs [95 %]",
    "of all",
    "of Ray's",
    "most",
    "asc.",
    "desc.",
    "wall",
    "points lost [95 %]",
    "90th",
    "most",
    "asc.",
    "desc.",
    "goals met",
)

GOALS = Goals()


def summary_table(made: Mapping[Key, Summary], trials: int, slots: int) -> str:
    """A row a scheduler in Markdown, its columns aligned.

    Args:
        made: all summaries.
        trials: of the sweeps shown.
        slots: of the sweeps shown.
    """
    chosen = [s for s in made.values() if (s.trials, s.slots) == (trials, slots)]
    rows = [_cells(summary, made.get(ray_beside(_key(summary)))) for summary in chosen]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    lines = [_line(HEADINGS, widths), "|" + "|".join("-" * (w + 2) for w in widths) + "|"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)]) + "\n"


def goal_lines(made: Mapping[Key, Summary]) -> list[str]:
    """For each size of sweep, who meets all goals whatever the number of slots."""
    lines = [
        f"goals: at most {GOALS.share:.1%} of all epochs, {GOALS.of_ray:.1%} of those of Ray's "
        f"ASHA (medians), {GOALS.regret} points lost at the 90th percentile, and in no order more "
        f"than {GOALS.bad_order:g} times the median's epochs"
    ]
    ours = [summary for summary in made.values() if summary.scheduler not in (NONE, RAY)]
    for trials in dict.fromkeys(summary.trials for summary in ours):
        of_size = [summary for summary in ours if summary.trials == trials]
        meeting = dict.fromkeys(summary.scheduler for summary in of_size)
        for summary in of_size:
            ray = made.get(ray_beside(_key(summary)))
            if not all(GOALS.met(summary, ray).values()):
                meeting.pop(summary.scheduler, None)
        slots = sorted({summary.slots for summary in of_size})
        at_once = ", ".join(map(str, slots))
        lines.append(f"{trials} trials, {at_once} at once: {', '.join(meeting) or 'none'}")
    return lines


def _key(summary: Summary) -> Key:
    return (summary.scheduler, summary.trials, summary.slots)


def _cells(of: Summary, ray: Summary | None) -> tuple[str, ...]:
    met = GOALS.met(of, ray)
    missed = [goal for goal, is_met in met.items() if not is_met]
    return (
        of.scheduler,
        _median(of.epochs, 0),
        f"{of.share.median:.1%}",
        f"{of.epochs.median / ray.epochs.median:.2f}" if ray else "",
        *(f"{v:.0f}" for v in _extremes(of.epochs)),
        duration(of.seconds.median),
        _median(of.regret, 2),
        f"{of.regret.ninetieth:.2f}",
        *(f"{v:.2f}" for v in _extremes(of.regret)),
        f"{len(met) - len(missed)} of {len(met)}" + (f", not {' '.join(missed)}" if missed else ""),
    )


def _median(of: Spread, digits: int) -> str:
    return f"{of.median:.{digits}f} [{of.low:.{digits}f}, {of.high:.{digits}f}]"


def _extremes(of: Spread) -> tuple[float, float, float]:
    return of.worst, of.ascending, of.descending


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
