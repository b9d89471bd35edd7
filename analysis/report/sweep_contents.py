"""All that a sweep's folder has to say, read once; what is absent or damaged is no error."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.figures.sweep_tables import SweepTables
from results import schema
from results.paths import Paths
from results.store import DamagedResults, Store


@dataclass(frozen=True)
class SweepContents:
    """Tables and descriptions of one sweep.

    Attributes:
        store: where they came from, for pictures and predictions.
        sweep: `sweep.json`, or {}.
        post: `postprocess.json`, or {}.
        tables: name -> frame, of those that are there and can be read.
        problems: a sentence for each that is there and cannot.
    """

    store: Store
    sweep: dict[str, Any]
    post: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    problems: list[str] = field(default_factory=list)

    def table(self, name: str) -> pd.DataFrame:
        """A table; one that is not there has no rows."""
        if name in self.tables:
            return self.tables[name]
        return schema.table(schema.TABLES[name], []).to_pandas()

    @property
    def data(self) -> dict[str, Any]:
        """What `sweep.json` says of the data, or {}."""
        return mapping(self.sweep.get("data"))

    @property
    def ensemble(self) -> dict[str, Any]:
        """What `postprocess.json` says of the ensemble, or {}."""
        return mapping(self.post.get("ensemble"))

    @property
    def split(self) -> str:
        """The split that the answers are about, or ""."""
        scored = [str(split) for split in self.table("scores")["split"].dropna().unique()]
        requested = str(self.post.get("split") or "")
        return requested if requested in scored or not scored else scored[-1]

    @property
    def figure_tables(self) -> SweepTables:
        """The same as figures want them."""
        names = ("trials", "epochs", "answers", "scores", "members", "regions", "faithfulness")
        return SweepTables(
            record=self.sweep,
            choice=objects(self.ensemble.get("rules")),
            leading=str(mapping(self.post.get("leading_method")).get("method") or "gradcam"),
            **{name: self.table(name) for name in names},
        )

    def class_name(self, label: Any) -> str:
        """Name of a class by its index, or the index where no name is known."""
        names = self.data.get("classes")
        if isinstance(names, list) and not pd.isna(label) and int(label) < len(names):
            return str(names[int(label)])
        return str(label)


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else {}."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Those items of a JSON array that are objects; [] if it is no array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


TABLES = {
    "trials": Paths().trials,
    "epochs": Paths().epochs,
    "groups": Paths().groups,
    "seeds": Paths().seeds,
    "members": Paths().members,
    "scores": Paths().scores,
    "answers": Paths().answers,
    "regions": Paths().regions,
    "map_counts": Paths().map_counts,
    "faithfulness": Paths().faithfulness,
    "robustness": Paths().robustness,
    "taggers": Paths().taggers,
    "images": Paths().images_index,
    "tiles": Paths().tiles,
}
"""Table that the page reads -> its file. The maps themselves are too many for a page."""


def read(store: Store) -> SweepContents:
    """Everything that the page shows, from one folder."""
    problems: list[str] = []
    frames = {name: _frame(store, name, problems) for name in TABLES}
    tables = {name: frame for name, frame in frames.items() if frame is not None}
    sweep, post = (_json(store, file, problems) for file in (Paths().sweep, Paths().postprocess))
    return SweepContents(store, sweep, post, tables, problems)


def _frame(store: Store, name: str, problems: list[str]) -> pd.DataFrame | None:
    file = TABLES[name]
    try:
        if store.exists(file):
            return store.read_table(file, schema.TABLES[name]).to_pandas()
    except DamagedResults as problem:
        problems.append(str(problem))
    return None


def _json(store: Store, file: str, problems: list[str]) -> dict[str, Any]:
    try:
        return mapping(store.read_json(file)) if store.exists(file) else {}
    except DamagedResults as problem:
        problems.append(str(problem))
        return {}
