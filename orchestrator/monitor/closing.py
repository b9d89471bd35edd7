"""What is said of trials at the end: their names, the best of them, how each ended."""

from orchestrator import metrics
from orchestrator.monitor.rows import ranked
from orchestrator.plan import Plan
from orchestrator.scheduling.ledger import Entry, Ledger
from orchestrator.scheduling.scheduler import METRIC


def run_name(entry: Entry) -> str:
    """Name of a trial's TensorBoard run: number, what it is, signature."""
    config = entry.config
    what = f"{config['architecture']}-{config['preprocessing']}-lr{config['learning_rate']:.2g}"
    return f"{entry.number:03d}-{what}-{entry.trial}"


def leaderboard(ledger: Ledger, most: int = 20) -> str:
    """The best trials as a Markdown table."""
    lines = [
        "| trial | architecture | preprocessing | learning rate | accuracy | epochs | status |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in ranked(ledger)[:most]:
        row = entry.best_row(METRIC) or {}
        config = entry.config
        lines.append(
            f"| {entry.trial} | {config['architecture']} | {config['preprocessing']} "
            f"| {config['learning_rate']:.3g} | {row[METRIC]:.4f} | {len(entry.rows)} "
            f"| {entry.status} |"
        )
    return "\n".join(lines)


def closing_lines(plan: Plan, ledger: Ledger, most: int = 8) -> str:
    """What the terminal says at the end: counts, then the best trials with their intervals."""
    counts = ", ".join(f"{n} {status}" for status, n in sorted(ledger.counts().items()))
    lines = [f"{len(ledger.entries)} trials: {counts or 'none was begun'}"]
    n = plan.question.validation_n
    if any(entry.best_row(METRIC) for entry in ledger.entries.values()):
        lines.append(f"validation accuracy ({len(plan.splits.classes)} classes, n = {n:,}):")
    for entry in ranked(ledger)[:most]:
        row = entry.best_row(METRIC) or {METRIC: 0.0}
        low, high = metrics.interval(round(row[METRIC] * n), n)
        lines.append(
            f"  {row[METRIC]:.4f} ({low:.4f} to {high:.4f})  {run_name(entry)}  "
            f"epoch {row['epoch']} of {len(entry.rows)}, {_status(entry)}"
        )
    failed = [entry for entry in ledger.entries.values() if entry.status == "failed"]
    lines += [f"  failed: {run_name(e)}: {e.error or e.reason}" for e in failed[:most]]
    return "\n".join(lines)


def _status(entry: Entry) -> str:
    return f"reused from {entry.reused_from}" if entry.reused_from else entry.status
