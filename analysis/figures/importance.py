"""How much of the trials' differences each setting explains: Optuna's fANOVA.

Source: Hutter, Hoos, Leyton-Brown 2014, "An Efficient Approach for Assessing Hyperparameter
Importance" (ICML), https://proceedings.mlr.press/v32/hutter14.html, as implemented by
`optuna.importance.FanovaImportanceEvaluator`: a random forest learns accuracy from
settings, and its variance is shared out.

What we add: what each setting gets by chance, where accuracies are dealt out among the trials anew
(few trials and a setting with many values give much by chance); and a rule for pruned trials, whose
last accuracies are of different epochs and must not be compared (`measured`).
"""

import functools
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
import pandas as pd
from matplotlib.figure import Figure as Canvas
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from analysis.figures.style import BLUE, count, shown
from analysis.figures.sweep_tables import SweepTables, varied_settings
from results.statuses import FINISHED

FEWEST = 4
"""Trials below which nothing is computed."""

ENOUGH = 20
"""Trials below which importances say little; finished ones from which only they are used."""

MOST = 100
"""Trials that the forest learns from; of more, so many are taken at equal steps."""

SHUFFLES = 19
"""More than chance: more than in each of so many shuffles, so 1 in 20 settings that do nothing."""

TREES = 32
COLUMNS = ["setting", "importance", "chance", "beyond", "trials", "measure", "ended", "all"]


def data(tables: SweepTables) -> pd.DataFrame:
    """A row a setting that varied, most important last; none for fewer than `FEWEST` trials.

    Columns: setting, importance (share of the variance that it explains by itself, 0 to 1), chance
    (the most that it gets from shuffled accuracies), beyond (bool: more than that), trials (behind
    it), measure (words: which accuracy), ended and all (trials that ended by themselves with an
    accuracy, and all).
    """
    points, measure = measured(tables)
    values = varied_settings(points)
    varied = list(values)
    if len(points) < FEWEST or not varied or points["accuracy"].nunique() < 2:
        return pd.DataFrame(columns=COLUMNS)
    some = np.linspace(0, len(points) - 1, min(len(points), MOST)).astype(int)
    points, values = points.iloc[some], values.iloc[some]
    settings = _Settings.of(values.fillna(values.median(numeric_only=True)), varied)
    shares = importances(settings, tuple(points["accuracy"].astype(float)))
    frame = pd.DataFrame(
        {
            "setting": varied,
            "importance": [shares[name][0] for name in varied],
            "chance": [shares[name][1] for name in varied],
            "trials": len(points),
            "measure": measure,
            "ended": len(_finished(tables.trials)),
            "all": len(tables.trials),
        }
    )
    frame["beyond"] = frame["importance"] > frame["chance"]
    return frame.sort_values(["importance", "setting"])[COLUMNS].reset_index(drop=True)


def measured(tables: SweepTables) -> tuple[pd.DataFrame, str]:
    """Trials with a comparable accuracy in a column `accuracy`, and words for which it is.

    Of at least 20 finished trials their best one; else every trial's accuracy after the last epoch
    that all of them reached: finished ones were picked by their accuracy, so few of them alone
    would mislead.
    """
    trials, epochs = tables.trials, tables.epochs.dropna(subset=["validation_accuracy"])
    finished = _finished(trials)
    some = trials[trials["validation_accuracy"].notna()]
    if len(finished) >= ENOUGH or len(finished) == len(some) or epochs.empty:
        return finished.assign(accuracy=finished["validation_accuracy"]), "best accuracy"
    common = int(epochs.groupby("trial")["epoch"].max().min())
    there = epochs[epochs["epoch"] == common][["trial", "validation_accuracy"]]
    points = trials.drop(columns="validation_accuracy").merge(there, on="trial")
    return (
        points.rename(columns={"validation_accuracy": "accuracy"}),
        f"accuracy after epoch {common}, the last that all trials reached",
    )


def _finished(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[trials["status"].isin(FINISHED) & trials["validation_accuracy"].notna()]


@dataclass(frozen=True)
class _Settings:
    """The trials' settings as Optuna wants them.

    Attributes:
        distributions: of each setting, by name.
        rows: of each trial, its values in that order.
    """

    distributions: tuple[tuple[str, BaseDistribution], ...]
    rows: tuple[tuple[str | float, ...], ...]

    @classmethod
    def of(cls, points: pd.DataFrame, varied: Sequence[str]) -> "_Settings":
        """Of a frame with a column a setting."""
        kinds = tuple((name, _distribution(points[name])) for name in varied)
        columns = [[_value(value, kind) for value in points[name]] for name, kind in kinds]
        return cls(kinds, tuple(zip(*columns, strict=True)))

    def explained(self, accuracy: Sequence[float]) -> dict[str, float]:
        """Setting -> share of the variance of the trials' accuracies."""
        distributions = dict(self.distributions)
        study = optuna.create_study(direction="maximize")
        study.add_trials(
            [
                optuna.trial.create_trial(
                    params=dict(zip(distributions, row, strict=True)),
                    distributions=distributions,
                    value=float(value),
                )
                for row, value in zip(self.rows, accuracy, strict=True)
            ]
        )
        evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=0)
        shares = optuna.importance.get_param_importances(
            study, evaluator=evaluator, normalize=False
        )
        return {name: float(shares.get(name, 0.0)) for name in distributions}


@functools.lru_cache(maxsize=4)
def importances(
    settings: _Settings, accuracy: tuple[float, ...]
) -> Mapping[str, tuple[float, float]]:
    """Setting -> share of the variance that it explains, and the most that it gets by chance.

    Kept, for it takes seconds, and a page and its picture file want the same.
    """
    rng = np.random.default_rng(0)
    with _calm():
        shares = settings.explained(accuracy)
        shuffled = [settings.explained(rng.permutation(accuracy).tolist()) for _ in range(SHUFFLES)]
    return {name: (share, max(part[name] for part in shuffled)) for name, share in shares.items()}


def _distribution(column: pd.Series) -> BaseDistribution:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and column.notna().all() and np.isfinite(column.astype(float)).all():
        low, high = float(column.min()), float(column.max())
        return FloatDistribution(low, high, log=low > 0 and high > 10 * low)
    return CategoricalDistribution(tuple(sorted(column.map(str).unique())))


def _value(setting: Any, kind: BaseDistribution) -> str | float:
    return str(setting) if isinstance(kind, CategoricalDistribution) else float(setting)


@contextmanager
def _calm() -> Iterator[None]:
    """Without Optuna's word on every study that it makes."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)


def caption(frame: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    first = frame.iloc[0]
    by_setting = ", ".join(
        f"{row['setting'].replace('_', ' ')} {row['importance']:.2f} (chance {row['chance']:.2f})"
        for _, row in frame.iloc[::-1].iterrows()
    )
    beyond = frame.loc[frame["beyond"], "setting"].iloc[::-1].str.replace("_", " ")
    few = f" With fewer than {ENOUGH} trials this says little." if first["trials"] < ENOUGH else ""
    return (
        f"Importance of the settings that varied, by Optuna's fANOVA on {first['measure']}, of "
        f"{count(int(first['trials']), 'trial')}: {by_setting}. Chance is the most that a "
        f"setting gets in {SHUFFLES} shuffles of the accuracies. Beyond chance: "
        f"{', '.join(beyond) or 'none of them'}.{few} {_dashboard(first['ended'], first['all'])}"
    )


def _dashboard(ended: int, trials: int) -> str:
    """Why optuna-dashboard shows other importances for the same sweep's study.

    It takes `optuna.importance.PedAnovaImportanceEvaluator` with its defaults.
    """
    if ended < 2:
        return f"optuna-dashboard shows none: of {count(trials, 'trial')}, {ended} ended by itself."
    best = math.ceil(0.1 * ended)
    lone = ""
    if best == 1:
        lone = " With one alone, a continuous setting tends to come first whichever it was."
    return (
        f"optuna-dashboard shows other numbers for a sweep that has a study: of its "
        f"{count(trials, 'trial')} it counts the {ended} that ended by themselves, and it asks "
        f"(PED-ANOVA) what the best tenth of them, here {best}, have in common, not what "
        f"explains all differences.{lone}"
    )


def draw(frame: pd.DataFrame, canvas: Canvas) -> None:
    """A bar a setting, filled if beyond what chance gives, which is marked across it."""
    canvas.set_size_inches(9.0, 2.0 + 0.45 * len(frame))
    ax = canvas.subplots()
    filled: dict[str, Any] = {"facecolor": BLUE, "edgecolor": BLUE, "label": "beyond chance"}
    hollow: dict[str, Any] = {"facecolor": "white", "edgecolor": BLUE, "hatch": "///"}
    for beyond, look in ((True, filled), (False, hollow | {"label": "no more than chance"})):
        part = frame[frame["beyond"] == beyond]
        if len(part):
            ax.barh(part.index, part["importance"], height=0.6, **look)
    edges = frame.index.to_numpy()
    ax.vlines(frame["chance"], edges - 0.4, edges + 0.4, color="black", linewidth=2.5,
              label=f"most that chance gives ({SHUFFLES} shuffles)")  # fmt: skip
    for place, row in frame.iterrows():
        at = (row["importance"], place)
        text = f"{row['importance']:.2f}"
        edge = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        ax.annotate(text, at, (6, 0), textcoords="offset points", va="center", size=9, bbox=edge)
    ax.set_yticks(frame.index, [shown(name.replace("_", " ")) for name in frame["setting"]])
    ax.set_ylim(-0.6, len(frame) - 0.4)
    first = frame.iloc[0]
    ax.set_xlabel(
        f"share of the variance that the setting explains by itself\n({first['measure']}; "
        f"{count(int(first['trials']), 'trial')})"
    )
    ax.set_xlim(0, 1.1 * max(0.1, frame["importance"].max(), frame["chance"].max()))
    ax.grid(axis="x", alpha=0.3)
    canvas.legend(loc="outside lower center", ncols=3, fontsize=8)
