"""A sweep's finalists over several seeds: how good they are on average, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from analysis.sweep_folder import SweepFolder
from results.leaderboard import markdown_table
from results.statuses import FINISHED

LOOSE = ("seed", "epochs", "data")
"""Settings in which trials of one configuration differ: the rest is the configuration."""

CANNOT_WIN = "failed"
"""Status of trials that are no finalists, whatever they reached before."""


@dataclass(frozen=True)
class Finalist:
    """One of the best configurations of a sweep.

    Attributes:
        place: 1 for the best.
        trial: its best trial there.
        status: of that trial.
        accuracy: of that trial on validation, 7-class, in its best epoch.
        epochs: trained by that trial.
        settings: the configuration, without `LOOSE`.
    """

    place: int
    trial: str
    status: str
    accuracy: float
    epochs: int
    settings: Mapping[str, Any]


def finalists(folder: SweepFolder, top: int) -> list[Finalist]:
    """The best configurations by validation accuracy, one trial each; test images have no say.

    Pruned, unfinished and reused trials count with what they reached, failed ones do not. Of
    several trials of one configuration the best stands for it.

    Args:
        folder: of the sweep.
        top: how many; fewer where there are not so many.
    """
    trials = folder.trials
    measured = trials[trials["validation_accuracy"].notna() & (trials["status"] != CANNOT_WIN)]
    ranked = measured.sort_values(
        ["validation_accuracy", "validation_loss", "number"], ascending=[False, True, True]
    )
    best: list[Finalist] = []
    for row in ranked.to_dict("records"):
        if len(best) == top:
            break
        settings = settings_of(folder, str(row["trial"]))
        if settings not in [each.settings for each in best]:
            best.append(
                Finalist(
                    place=len(best) + 1,
                    trial=str(row["trial"]),
                    status=str(row["status"]),
                    accuracy=float(row["validation_accuracy"]),
                    epochs=int(row["epochs_trained"]),
                    settings=settings,
                )
            )
    return best


def settings_of(folder: SweepFolder, trial: str) -> dict[str, Any]:
    """A trial's configuration without `LOOSE`."""
    flat = folder.config(trial).to_flat()
    return {key: value for key, value in flat.items() if key not in LOOSE}


@dataclass(frozen=True)
class SeedMean:
    """A mean over seeds; NaN where there are too few of them.

    Attributes:
        n: seeds.
        value: their mean.
        sd: standard deviation, n - 1 in its denominator.
        low: lower end of the mean's 95 % interval: Student's t, n - 1 degrees of freedom.
        high: upper end.
        p: two-sided probability of a mean so far from 0 if the true one were 0.
    """

    n: int
    value: float
    sd: float
    low: float
    high: float
    p: float


def mean(values: ArrayLike) -> SeedMean:
    """Mean of (n,) numbers and how sure it is, taken as draws from one normal distribution."""
    numbers = np.asarray(values, dtype=np.float64)
    n = len(numbers)
    value = float(numbers.mean()) if n else math.nan
    if n < 2:
        return SeedMean(n, value, *[math.nan] * 4)
    sd = float(numbers.std(ddof=1))
    error = sd / math.sqrt(n)
    half = float(stats.t.ppf(0.975, n - 1)) * error
    p = float(2 * stats.t.sf(abs(value) / error, n - 1)) if error > 0 else math.nan
    return SeedMean(n, value, sd, value - half, value + half, p)


def over_seeds(first: Sequence[Finalist], refit: SweepFolder) -> list[dict[str, Any]]:
    """One row a finalist for `results.schema.SEEDS`, best mean first, those without one last.

    Args:
        first: the finalists.
        refit: the sweep in which each was trained with several seeds.
    """
    trials = refit.trials
    ended = trials["status"].isin(FINISHED) & (trials["ended_by"] != "time")
    owners = [settings_of(refit, str(trial)) for trial in trials["trial"]]
    groups = []
    for finalist, name in zip(first, distinct_names(first), strict=True):
        seeds = trials[[settings == finalist.settings for settings in owners]]
        accuracies = seeds[ended[seeds.index]].set_index("seed")["validation_accuracy"]
        groups.append((finalist, name, seeds, accuracies))
    groups.sort(key=lambda each: (-each[3].mean() if len(each[3]) else math.inf, each[0].place))
    best = groups[0][3] if groups else pd.Series(dtype=float)
    return [
        _row(place, finalist, name, seeds)
        | _measured(finalist, accuracies)
        | _behind(place, best, accuracies)
        for place, (finalist, name, seeds, accuracies) in enumerate(groups, 1)
    ]


def distinct_names(first: Sequence[Finalist]) -> list[str]:
    """What tells finalists apart, one text each; of a single one the architecture."""
    settings = [each.settings for each in first]
    keys = [key for row in settings[:1] for key in row if len({each[key] for each in settings}) > 1]
    return [", ".join(f"{k}={each[k]}" for k in keys or ["architecture"]) for each in settings]


def _row(place: int, finalist: Finalist, name: str, seeds: pd.DataFrame) -> dict[str, Any]:
    return {
        "place": place,
        "configuration": name,
        "first_trial": finalist.trial,
        "first_place": finalist.place,
        "first_status": finalist.status,
        "first_epochs": finalist.epochs,
        "first_accuracy": finalist.accuracy,
        "epochs": None if seeds.empty else int(seeds["epochs"].iloc[0]),
        "begun": len(seeds),
    }


def _measured(finalist: Finalist, accuracies: pd.Series) -> dict[str, Any]:
    average = mean(accuracies)
    return {
        "n": average.n,
        "mean": _finite(average.value),
        "sd": _finite(average.sd),
        "low": _finite(average.low),
        "high": _finite(average.high),
        "lowest": _finite(accuracies.min()),
        "highest": _finite(accuracies.max()),
        "change": _finite(average.value - finalist.accuracy),
    }


def _behind(place: int, best: pd.Series, accuracies: pd.Series) -> dict[str, Any]:
    """How far the best is ahead, seed by seed."""
    if place == 1:
        return {}
    shared = best.index.intersection(accuracies.index)
    lead = mean(best[shared] - accuracies[shared])
    return {
        "pairs": lead.n,
        "behind": _finite(lead.value),
        "behind_low": _finite(lead.low),
        "behind_high": _finite(lead.high),
        "behind_p": _finite(lead.p),
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# --- in words --------------------------------------------------------------------------------


HEADINGS = {
    "place": "place",
    "configuration": "configuration",
    "n": "seeds",
    "mean": "mean",
    "interval": "95 % interval",
    "sd": "sd",
    "lowest": "lowest",
    "highest": "highest",
    "first": "first sweep",
    "change": "change",
    "behind": "behind the best",
}
"""Column of the Markdown table -> heading."""


def in_markdown(rows: Sequence[Mapping[str, Any]], refit: SweepFolder) -> str:
    """The rows of `over_seeds` as a table, and what can and cannot be read from it."""
    trials = refit.trials
    seeds = ", ".join(str(seed) for seed in sorted(set(trials["seed"])))
    images = int(trials["validation_n"].max())
    table = markdown_table(tuple(HEADINGS.values()), [list(_cells(row).values()) for row in rows])
    notes = [*_missing(rows), *_lead(rows), *_regression(rows)]
    notes.append(
        f"The intervals are about seeds alone. All nets were measured on the same {images:,} "
        "validation images, on which the finalists and every net's best epoch were chosen too: "
        "accuracy on other images will be lower, and vary more."
    )
    return (
        f"# {refit.record['name']}: finalists over several seeds\n\n"
        f"Validation accuracy, {int(trials['epochs'].max())} epochs, seeds {seeds}.\n\n"
        f"{table}\n" + "".join(f"- {note}\n" for note in notes)
    )


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    pruned = row["first_status"] not in FINISHED
    shown = {
        "place": str(row["place"]),
        "configuration": row["configuration"],
        "n": str(row["n"]),
        "interval": _span(row["low"], row["high"]),
        "first": f"{row['first_accuracy']:.4f}"
        + (f" ({row['first_status']} after {row['first_epochs']})" if pruned else ""),
        "behind": _number(row.get("behind")) + (_p(row["behind_p"]) if "behind_p" in row else ""),
        "change": _number(row["change"], sign="+"),
    }
    plain = {key: _number(row[key]) for key in ("mean", "sd", "lowest", "highest")}
    return {heading: (shown | plain)[key] for key, heading in HEADINGS.items()}


def _missing(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    short = [
        f"{r['n']} of {r['begun']} for {r['configuration']}" for r in rows if r["n"] < r["begun"]
    ]
    if not short:
        return []
    return [
        f"Not every seed that was begun has finished: {'; '.join(short)}. A mean over those that "
        "did flatters a configuration that sometimes fails."
    ]


def _lead(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whether the best differs from the second, and what so few seeds could have shown."""
    if len(rows) < 2 or not rows[1]["n"]:
        return ["There is no second configuration to compare the best with."]
    row = rows[1]
    begin = f"The best is ahead of the second by {_number(row['behind'])} on average"
    if row["behind_low"] is None:
        return [
            f"{begin}, from {row['pairs']} shared seed: whether that is chance, one cannot say."
        ]
    n, half = row["pairs"], (row["behind_high"] - row["behind_low"]) / 2
    chance = "is more than chance explains" if row["behind_low"] > 0 else "may be chance"
    return [
        f"{begin} over {n} shared seeds (paired t: {_span(row['behind_low'], row['behind_high'])}"
        f"{_p(row['behind_p'])}), which {chance}. At this spread {n} seeds show no lead under "
        f"{_number(half)}.",
        f"With {n} pairs a test that assumes no distribution cannot give p under "
        f"{2.0 ** (1 - n):.2g}, even if the best wins every time; the t-test gives less only "
        "by taking differences for normal. The p values are of one comparison each, not of many.",
    ]


def _regression(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    changes = [row["change"] for row in rows if row["change"] is not None]
    if not changes:
        return []
    average, stopped = mean(changes).value, sum(r["first_status"] not in FINISHED for r in rows)
    more = f" {stopped} of them had not been trained to the end there." if stopped else ""
    return [
        f"Against the first sweep the finalists changed by {_number(average, sign='+')} on "
        f"average.{more} They were picked for being high there, by luck too, so some of it is lost "
        "with other seeds (regression to the mean); the first sweep's own seeds are left out here. "
        "The best of this table was picked in turn, by its mean."
    ]


def _number(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{round(value, 4) + 0.0:{sign}.4f}"  # + 0.0: no "-0.0000"


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.4f} to {high:.4f}"


def _p(value: float | None) -> str:
    return "" if value is None else f", p = {value:.2g}"
