"""What a sweep says when it is interrupted: how far it has come, who is best, how to go on."""

from orchestrator.monitor.rows import ranked
from orchestrator.process.duration import duration
from orchestrator.scheduling.ledger import Entry, Ledger
from orchestrator.scheduling.outcome import METRIC
from results.paths import Paths
from results.varied import description, varied


def interrupted_lines(ledger: Ledger, folder: str, planned: int, seconds: float) -> str:
    """What had been reached, in the past tense: it is all kept.

    Args:
        ledger: of the sweep.
        folder: the sweep's own, as it is shown.
        planned: trials at most.
        seconds: that this run took until then.
    """
    counts = ledger.counts()
    begun, paused = counts.pop("running", 0), counts.pop("paused", 0)
    how = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    ended = f"{sum(counts.values())} of {planned} trials had ended" + (f" ({how})" if how else "")
    lines = [f"interrupted after {duration(seconds)}: {ended}, {begun} were under way"]
    if paused:
        lines[0] += f", {paused} were paused at a rung"
    best = next(iter(ranked(ledger)), None)
    row = best.best_row(METRIC) if best else None
    if best is None or row is None:
        return "\n".join([*lines, "no accuracy had been measured"])
    lines.append(
        f"best so far: validation accuracy {row[METRIC]:.4f} after epoch {row['epoch']}: "
        f"{_what(best, ledger)} (trial {best.trial})"
    )
    return "\n".join([*lines, f"tables: {folder}/{Paths().trials}, {folder}/{Paths().epochs}"])


def _what(entry: Entry, ledger: Ledger) -> str:
    return description(entry.config, varied(each.config for each in ledger.entries.values()))
