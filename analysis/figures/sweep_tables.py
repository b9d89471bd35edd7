"""What figures are made from: the tables of one sweep, any of which may be missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from results.schema import TABLES, table
from results.varied import description, value_in_force, varied


def _none(name: str) -> Callable[[], pd.DataFrame]:
    return lambda: table(TABLES[name], []).to_pandas()


@dataclass(frozen=True)
class SweepTables:
    """One sweep's tables as in `results.schema`; what is not there (yet) has no rows.

    Attributes:
        trials: a row a trial.
        epochs: a row a (trial, epoch).
        record: `sweep.json`.
        answers: a row an image: what the ensemble says of it.
        scores: a row a (who, split, images, metric).
        members: a row a trial: who is in the ensemble.
        regions: where the maps' mass lies.
        faithfulness: how far the maps can be trusted.
        choice: the ensemble rules compared: mappings with rule, accuracy (cross-validated,
            0 to 1; None: not known), accuracy_gap_se (standard error of the paired difference to
            the highest; may be absent), members (their number), chosen (bool).
        leading: the method whose maps are shown first.
    """

    trials: pd.DataFrame = field(default_factory=_none("trials"))
    epochs: pd.DataFrame = field(default_factory=_none("epochs"))
    record: Mapping[str, Any] = field(default_factory=dict)
    answers: pd.DataFrame = field(default_factory=_none("answers"))
    scores: pd.DataFrame = field(default_factory=_none("scores"))
    members: pd.DataFrame = field(default_factory=_none("members"))
    regions: pd.DataFrame = field(default_factory=_none("regions"))
    faithfulness: pd.DataFrame = field(default_factory=_none("faithfulness"))
    choice: Sequence[Mapping[str, Any]] = ()
    leading: str = "gradcam"

    def missing(self, needs: Sequence[str]) -> list[str]:
        """Those of these tables that have no rows."""
        return [name for name in needs if not len(getattr(self, name))]

    def ensemble_scores(self, metric: str, split: str) -> pd.DataFrame:
        """Rows of `scores` with what the ensemble reaches by a metric on all images of a split."""
        rows = self.scores[(self.scores["who"] == "ensemble") & (self.scores["images"] == "all")]
        return rows[(rows["metric"] == metric) & (rows["split"] == split)]

    @property
    def alone(self) -> bool:
        """Whether the best single model was taken, so that there is no ensemble to speak of."""
        return any(row.get("chosen") and row.get("rule") == "best single" for row in self.choice)

    @property
    def classes(self) -> list[str]:
        """Class names by index; a class that nobody names is called by its number."""
        recorded = (self.record.get("data") or {}).get("classes")
        if recorded:
            return [str(name) for name in recorded]
        pairs = [("label", "label_name"), ("prediction", "prediction_name")]
        names = {
            int(index): str(name)
            for column, word in pairs
            for index, name in zip(self.answers[column], self.answers[word], strict=True)
        }
        indices = [*names, *self.regions["label"].astype(int)]
        return [names.get(i, f"class {i}") for i in range(max(indices, default=-1) + 1)]

    def labels(self) -> dict[str, str]:
        """Trial -> short name: what tells it from others, and how its signature begins."""
        rows = records(self.trials)
        names = varied(rows)
        words = ((row["trial"], description(row, names)) for row in rows)
        return {trial: " · ".join(filter(None, (text, trial[:4]))) for trial, text in words}


def records(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `trials` as mappings."""
    return [{str(name): value for name, value in r.items()} for r in trials.to_dict("records")]


def varied_settings(trials: pd.DataFrame) -> pd.DataFrame:
    """A column a setting that differs among these trials; null where it changes nothing."""
    rows = records(trials)
    columns = {name: [value_in_force(name, row) for row in rows] for name in varied(rows)}
    return pd.DataFrame(columns, index=trials.index)
