"""Looking numbers up in `scores.parquet`."""

from dataclasses import dataclass

import pandas as pd

from analysis import wording
from analysis.report.sweep_contents import SweepContents

ENSEMBLE, SINGLE = "ensemble", "best single"

WILSON, BOOTSTRAP = "Wilson", "bootstrap"
"""What `how` names an interval by."""


@dataclass(frozen=True)
class Score:
    """One number with its 95 % interval, if it has one, and the n images behind it."""

    value: float
    low: float | None
    high: float | None
    n: int
    how: str

    def shown(self, sign: bool = False) -> str:
        """0.635 [0.619, 0.651]."""
        return wording.interval(self.value, self.low, self.high, sign)


class Scores:
    """The numbers of one split.

    Args:
        contents: of the sweep.
        split: validation or test.
    """

    def __init__(self, contents: SweepContents, split: str) -> None:
        table = contents.table("scores")
        self.table = table[table["split"] == split]
        self._by_name = {
            (row["who"], row["images"], row["metric"]): _score(row)
            for row in self.table.to_dict("records")
        }

    def get(self, who: str, metric: str, images: str = "all") -> Score | None:
        """A number, or None if it is not in the table."""
        return self._by_name.get((who, images, metric))

    def shown(self, who: str, metric: str, images: str = "all", sign: bool = False) -> str:
        """A number with its interval, or a dash."""
        score = self.get(who, metric, images)
        return score.shown(sign) if score else wording.NONE

    def metrics(self, who: str, images: str = "all") -> list[str]:
        """Names of what was measured, in the table's order."""
        return [metric for one, which, metric in self._by_name if (one, which) == (who, images)]


def obtained(score: Score) -> str:
    """How the number itself came about, without its interval: measured, or cross-validated."""
    return score.how.partition(",")[0]


def _score(row: dict[str, object]) -> Score:
    low, high, n = (
        None if wording.missing(row[name]) else row[name] for name in ("low", "high", "n")
    )
    value = float("nan") if wording.missing(row["value"]) else row["value"]
    return Score(
        float(str(value)),
        None if low is None else float(str(low)),
        None if high is None else float(str(high)),
        0 if n is None else int(float(str(n))),
        wording.text(row["how"]),
    )


def best(trials: pd.DataFrame) -> pd.Series | None:
    """The trial with the best validation accuracy, of equals the lower loss; None without one."""
    measured = trials[trials["validation_accuracy"].notna()]
    if measured.empty:
        return None
    order = ["validation_accuracy", "validation_loss", "number"]
    return measured.sort_values(order, ascending=[False, True, True]).iloc[0]
