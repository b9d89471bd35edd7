"""What is said of trials at the end: their names, the best of them, how each ended."""

import re
from collections.abc import Sequence

from orchestrator import metrics
from orchestrator.monitor.rows import ranked, trial_rows
from orchestrator.plan import Plan, Question
from orchestrator.scheduling.ledger import Entry, Ledger
from orchestrator.scheduling.outcome import METRIC
from results.leaderboard import common, markdown
from results.leaderboard import leaderboard as board_of
from results.varied import description
from results.varied import varied as differences

LONGEST = 120
"""Characters of what varied in a run's name: a folder's name may have 255 bytes."""


def run_name(entry: Entry, varied: Sequence[str]) -> str:
    """Name of a trial's TensorBoard run: number, what tells it from others, signature.

    It is safe as the name of a folder: letters, digits, `.`, `_`, `+`, `=` and `-`.

    Args:
        entry: the trial.
        varied: the settings that differ among the sweep's trials.
    """
    words = description(entry.config, varied).replace(", ", "-")
    what = re.sub(r"[^A-Za-z0-9._+=-]+", "_", words)[:LONGEST].strip("-")
    return "-".join(filter(None, (f"{entry.number:03d}", what, entry.trial)))


def leaderboard(question: Question, ledger: Ledger, most: int = 20) -> str:
    """The best trials in Markdown: the table of `leaderboard.md`."""
    return markdown(board_of(trial_rows(question, ledger)), most)


def closing_lines(plan: Plan, ledger: Ledger, most: int = 8) -> str:
    """What the terminal says at the end: counts, then the best trials with their intervals."""
    counts = ", ".join(f"{n} {status}" for status, n in sorted(ledger.counts().items()))
    trials = len(ledger.entries)
    lines = [f"{trials} trial{'' if trials == 1 else 's'}: {counts or 'none was begun'}"]
    configurations = [entry.config for entry in ledger.entries.values()]
    varied, best = plan.space.varied, ranked(ledger)
    if ledger.outside:
        varied = differences(configurations)
    if best:
        lines += filter(None, [common(configurations, varied, defaults=False)])
        n = plan.question.validation_n
        few = f" of the best {most} of {len(best)} measured trials" if len(best) > most else ""
        k = len(plan.splits.classes)
        lines.append(f"validation accuracy{few} ({k} classes, n = {n:,}; 95 % interval):")
        lines += _best_lines(best[:most], varied, n)
    failed = [entry for entry in ledger.entries.values() if entry.status == "failed"]
    lines += [f"  failed: {run_name(e, varied)}: {e.error or e.reason}" for e in failed[:most]]
    lines += [f"  and {len(failed) - most} more that failed"] * (len(failed) > most)
    return "\n".join(lines)


def _best_lines(best: Sequence[Entry], varied: Sequence[str], n: int) -> list[str]:
    """A line a trial: rank, what tells it from others, accuracy, epoch, status, signature."""
    names = [description(entry.config, varied) for entry in best]
    width = max(map(len, names), default=0)
    lines = []
    for rank, (entry, name) in enumerate(zip(best, names, strict=True), 1):
        row = entry.best_row(METRIC) or {METRIC: 0.0, "epoch": 0}
        low, high = metrics.interval(round(row[METRIC] * n), n)
        lines.append(
            f"  {rank}  {name:{width}}  {row[METRIC]:.4f} ({low:.4f} to {high:.4f})  "
            f"epoch {row['epoch']} of {len(entry.rows)}, {_status(entry)}  {entry.trial}"
        )
    return lines


def _status(entry: Entry) -> str:
    return f"reused from {entry.reused_from}" if entry.reused_from else entry.status
