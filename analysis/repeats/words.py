"""Finalists over several seeds in Markdown: the table, and what can and cannot be read from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.repeats.over_seeds import BEHIND, NOISE, UNCOMPARED, UNDECIDED
from analysis.repeats.seed_mean import mean
from analysis.sweep_folder import SweepFolder
from results.leaderboard import markdown_table
from results.statuses import FINISHED

HEADINGS = {
    "place": "place",
    "configuration": "configuration",
    "n": "seeds",
    "mean": "mean",
    "interval": "95 % interval",
    "sd": "sd",
    "lowest": "lowest",
    "highest": "highest",
    "clean_mean": "mean without copies",
    "first": "first sweep",
    "change": "change",
    "behind": "behind the best",
    "seeds_p": "p over seeds",
    "images_p": "p over images",
    "relation": "so it is",
}
"""Column of the table -> heading."""

WORDY = frozenset(("configuration", "first sweep", "so it is"))
"""Headings of columns that hold words."""

TESTS = (
    "The intervals of the means are about seeds (Student's t). p over seeds is that of a paired "
    "t-test, seed by seed; p over images of one on the same nets, image by image; both after "
    "Holm's correction. Only a lead that passes both is more than noise."
)


def table_of(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and cells of rows of `GROUPS` or `SEEDS`; what nobody has is left out."""
    cells = [_cells(row) for row in rows]
    kept = [key for key in HEADINGS if any(row[key] for row in cells)]
    return tuple(HEADINGS[key] for key in kept), [tuple(r[key] for key in kept) for r in cells]


def sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the rows, best first, do and do not show."""
    return [*_missing(rows), *_noise(rows), *_lead(rows)]


def in_markdown(rows: Sequence[Mapping[str, Any]], refit: SweepFolder) -> str:
    """The rows of `over_seeds` as a table, and what can and cannot be read from it."""
    trials = refit.trials
    seeds = ", ".join(str(seed) for seed in sorted(set(trials["seed"])))
    images = int(trials["validation_n"].max())
    table = markdown_table(*table_of(rows))
    notes = [*sentences(rows), *_regression(rows), TESTS]
    notes.append(
        f"All nets were measured on the same {images:,} validation images, on which the finalists "
        "and every net's best epoch were chosen too: accuracy on other images will be lower, and "
        "vary more."
    )
    return (
        f"# {refit.record['name']}: finalists over several seeds\n\n"
        f"Validation accuracy, {int(trials['epochs'].max())} epochs, seeds {seeds}.\n\n"
        f"{table}\n" + "".join(f"- {note}\n" for note in notes)
    )


def groups_in_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """A sweep's own configurations over their seeds, for `leaderboard.md`; "" without any."""
    if not rows:
        return ""
    notes = [*sentences(rows), TESTS]
    points = "".join(f"- {note}\n" for note in notes)
    return f"## Over seeds\n\n{markdown_table(*table_of(rows))}\n{points}"


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    n, begun = row["n"], row["begun"]
    shown = {
        "place": str(row["place"]),
        "configuration": row["configuration"],
        "n": str(n) if n == begun else f"{n} of {begun}",
        "interval": _span(row["low"], row["high"]),
        "first": _first(row),
        "seeds_p": _p(row.get("holm_p")),
        "images_p": _p(row.get("images_p")),
        "relation": row.get("relation") or "",
    }
    plain = {key: _number(row.get(key)) for key in ("mean", "sd", "lowest", "highest")}
    plain |= {"clean_mean": _number(row.get("clean_mean")), "behind": _number(row.get("behind"))}
    return plain | shown | {"change": _number(row.get("change"), sign="+")}


def _first(row: Mapping[str, Any]) -> str:
    if row.get("first_accuracy") is None:
        return ""
    pruned = row["first_status"] not in FINISHED
    how = f" ({row['first_status']} after {row['first_epochs']})" if pruned else ""
    return f"{row['first_accuracy']:.4f}{how}"


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


def _noise(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who cannot be told from the best, and who is behind it."""
    kinds = {kind: [r["configuration"] for r in rows if r["relation"] == kind] for kind in KINDS}
    return [f"{words}: {'; '.join(kinds[kind])}." for kind, words in KINDS.items() if kinds[kind]]


KINDS = {
    NOISE: "Inside the noise, so not told from the best",
    UNDECIDED: "Undecided, as these nets are behind but the seeds are too few or too different to "
    "say it of others",
    BEHIND: "Behind the best, over seeds and over images",
    UNCOMPARED: "Not compared, for want of two shared seeds",
}


VERDICTS = {BEHIND: "is more than the noise", UNDECIDED: "so few seeds leave undecided"}
"""What the second is to the best -> what is said of the lead."""


def _lead(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whether the best differs from the second, and what so few seeds could have shown."""
    if len(rows) < 2 or not rows[1]["n"]:
        return ["There is no second configuration with a finished seed to compare the best with."]
    row = rows[1]
    begin = f"The best is ahead of the second by {_number(row['behind'])} on average"
    if row["behind_low"] is None:
        return [
            f"{begin}, from {row['pairs']} shared seed: whether that is chance, one cannot say."
        ]
    n, half = row["pairs"], (row["behind_high"] - row["behind_low"]) / 2
    may_be = VERDICTS.get(row["relation"], "is inside the noise")
    return [
        f"{begin} over {n} shared seeds (paired t: {_span(row['behind_low'], row['behind_high'])}, "
        f"{_chance(row['holm_p'])}{_over_images(row)}), which {may_be}. At this spread {n} seeds "
        f"show no lead under {_number(half)}.",
        f"With {n} pairs a test that assumes no distribution cannot give p under "
        f"{2.0 ** (1 - n):.2g}, even if the best wins every time; the t-test gives less only "
        "by taking differences for normal.",
    ]


def _over_images(row: Mapping[str, Any]) -> str:
    if row["images_p"] is None:
        return ""
    span = _span(row["images_low"], row["images_high"])
    return f"; over images {span}, {_chance(row['images_p'])}"


def _chance(value: float) -> str:
    return f"p = {value:.2g}" if value >= LEAST_P else f"p under {LEAST_P:g}"


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
    if value is None:
        return ""
    return f"{value:.2g}" if value >= LEAST_P else f"under {LEAST_P:g}"


LEAST_P = 0.001
"""P below this is not told in digits: no model of chance is as exact."""
