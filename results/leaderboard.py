"""Trials, best first, with columns that follow the question.

What `leaderboard.md`, the report and TensorBoard show is this one table.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from results.settings import SETTINGS
from results.varied import description, heading, value_in_force, value_text, varied

NONE = "\N{EN DASH}"
"""What stands where there is nothing to say; of a setting: it changes nothing in that trial."""

CLEAN = "clean_accuracy"
"""Key of a trial's accuracy without copies of training images."""

LED_BY = ("architecture", "preprocessing")
"""Settings that are named among the chosen ones even where they have their defaults."""


@dataclass(frozen=True)
class Leaderboard:
    """Measured trials in order.

    Attributes:
        varied: the settings that differ among all trials of the sweep: the first columns.
        common: one line about the settings that do not.
        rows: rows of `trials.parquet`, best first, with `CLEAN` where it is known.
    """

    varied: tuple[str, ...]
    common: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def copies(self) -> bool:
        """Whether some trial has an accuracy without copies."""
        return any(not _missing(row.get(CLEAN)) for row in self.rows)

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the columns of `table`."""
        clean = ("without copies",) * self.copies
        return ("rank", *map(heading, self.varied), "accuracy", *clean, *LAST)

    @property
    def wordy(self) -> frozenset[str]:
        """Headings of the columns that hold words."""
        settings = [name for name in self.varied if isinstance(SETTINGS[name].default, str | bool)]
        return frozenset({*map(heading, settings), "trial", "status", "verdict"})

    def table(self, most: int | None = None, digits: int = 4) -> Iterator[tuple[str, ...]]:
        """A tuple of cells a trial, in the order of `headings`.

        Args:
            most: trials; all for None.
            digits: of accuracies.
        """
        for rank, row in enumerate(self.rows[:most], 1):
            settings = [setting_text(name, row) for name in self.varied]
            clean = (_share(row.get(CLEAN), digits),) * self.copies
            yield (str(rank), *settings, _interval(row, digits), *clean, *_last(row))


LAST = (
    "trial",
    "macro F1",
    "ECE",
    "best epoch",
    "status",
    "verdict",
    "parameters",
    "images/s",
)
"""Headings of what stands behind the accuracy."""


def leaderboard(
    trials: Iterable[Mapping[str, Any]], clean: Mapping[str, float] | None = None
) -> Leaderboard:
    """Measured trials, best validation accuracy first; of equals the lower loss, then the earlier.

    Args:
        trials: all rows of `trials.parquet`, those without a measured epoch too.
        clean: trial -> accuracy without copies, of those for which it was computed; empty where
            the data have no copies.
    """
    rows, clean = [dict(row) for row in trials], clean or {}
    measured = [row for row in rows if not _missing(row.get("validation_accuracy"))]
    for row in measured:
        row[CLEAN] = clean.get(row["trial"])
    names = varied(rows)
    return Leaderboard(names, common(rows, names), tuple(sorted(measured, key=_place)))


def markdown(board: Leaderboard, most: int | None = None) -> str:
    """The table in Markdown, below the line on what all trials share."""
    cells = markdown_table(board.headings, board.table(most))
    return f"{board.common}\n\n{cells}" if board.common else cells


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Headings and rows of texts as a table in Markdown."""
    lines = [_line(headings), "|" + "---|" * len(headings), *map(_line, rows)]
    return "\n".join(lines) + "\n"


def setting_text(name: str, configuration: Mapping[str, Any]) -> str:
    """A setting's cell: its value, or a dash where it changes nothing in that trial."""
    return value_text(value_in_force(name, configuration)) or NONE


def common(trials: Sequence[Mapping[str, Any]], names: Sequence[str], defaults: bool = True) -> str:
    """The settings that do not vary, in one line: those that were chosen, then the defaults.

    Args:
        trials: setting -> value each.
        names: the settings that vary, which are left out.
        defaults: whether those that nobody chose are named too.
    """
    if not trials:
        return ""
    chosen: list[str] = []
    default: list[str] = []
    for name in SETTINGS:
        if name not in (*names, "data") and (text := _shared(name, trials)):
            value = next(v for t in trials if (v := value_in_force(name, t)) is not None)
            aside = value == SETTINGS[name].default and name not in LED_BY
            (default if aside else chosen).append(text)
    who = "The trial" if len(trials) == 1 else "All trials"
    parts = [f"{who}: {', '.join(chosen)}"] if chosen else []
    parts += [f"At their defaults: {', '.join(default)}"] if default and defaults else []
    return " ".join(f"{part}." for part in parts)


def _shared(name: str, trials: Sequence[Mapping[str, Any]]) -> str:
    """A setting that all trials have alike, in words; with the condition where not all have it."""
    having = [trial for trial in trials if value_in_force(name, trial) is not None]
    if not having:
        return ""
    words, condition = description(having[0], (name,)), SETTINGS[name].in_force
    if len(having) == len(trials) or condition is None:
        return words
    if condition.above is not None:
        where = f"where {condition}"
    else:
        values = {str(trial.get(condition.setting)): None for trial in having}
        where = f"with {' and '.join(values)}"
    return f"{words} ({where})"


def _place(row: Mapping[str, Any]) -> tuple[float, float, int]:
    loss, number = row.get("validation_loss"), row.get("number")
    return (
        -row["validation_accuracy"],
        math.inf if _missing(loss) else float(loss or 0.0),
        0 if _missing(number) else int(number or 0),
    )


def _last(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _text(row.get("trial")),
        _share(row.get("validation_macro_f1"), 3),
        _share(row.get("validation_ece"), 3),
        f"{_count(row.get('best_epoch'))} of {_count(row.get('epochs_trained'))}",
        _text(row.get("status")).replace("_", " "),
        _text(row.get("verdict")),
        _count(row.get("parameters")),
        _count(row.get("images_per_second")),
    )


def _interval(row: Mapping[str, Any], digits: int) -> str:
    ends = [row.get(f"validation_accuracy_{end}") for end in ("low", "high")]
    value = _share(row["validation_accuracy"], digits)
    if any(map(_missing, ends)):
        return value
    return f"{value} [{_share(ends[0], digits)}, {_share(ends[1], digits)}]"


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: Any) -> str:
    return NONE if _missing(value) else str(value)


def _share(value: Any, digits: int) -> str:
    return NONE if _missing(value) else f"{float(value):.{digits}f}"


def _count(value: Any) -> str:
    return NONE if _missing(value) else f"{round(float(value)):,}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
