"""The format number of `sweep.json`, the tables and the journal; what older formats lacked.

Version 0.1.0 wrote no number: that is format 1. What it told in sentences alone is read out of them
here, when a file is read, and nowhere else. README.md says what each number means.
"""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from results.settings import LATER

FORMAT = 2
"""What is written now; a reader refuses a higher one."""

KEY = "format"
"""Field of `sweep.json`, and key of a Parquet schema's metadata."""

ADDED = {
    "backend": pa.string(),
    "threads": pa.int64(),
    "code": pa.string(),
    "start_seconds": pa.float64(),
    "continued_from": pa.string(),
}
"""Columns of `trials.parquet` that came later, in the order in which they stand before `error`.
Without a backend it was TensorFlow."""

_EMBEDDED = re.compile(r"embedded faces \((\d+)\)")
_EMBEDDED_SEED = 0  # version 0.1.0 drew them with no other


def newer(name: str, number: object) -> str:
    """Why a file cannot be read: a later version wrote it; "" where it can be.

    Args:
        name: of the file, as it is shown.
        number: its format; None for format 1.
    """
    text = number.decode(errors="replace") if isinstance(number, bytes) else str(number)
    if number is None or (text.isdecimal() and int(text) <= FORMAT):
        return ""
    return (
        f"{name} has format {text}, and this version of the program reads formats 1 to {FORMAT}; "
        "read it with the version that wrote it, or a later one"
    )


def table_problem(name: str, schema: pa.Schema, expected: pa.Schema | None) -> str:
    """Why a table cannot be read; "" where it can be.

    Args:
        name: of the file, as it is shown.
        schema: of the table.
        expected: columns that must be there, with these types; others may be there too.
    """
    if refusal := newer(name, (schema.metadata or {}).get(KEY.encode())):
        return refusal
    for column in expected or ():
        index = schema.get_field_index(column.name)
        kind = "no such column" if index < 0 else str(schema.field(index).type)
        if index < 0 or schema.field(index).type != column.type:
            return (
                f"{name}: column {column.name} must be {column.type}, found {kind}; it was written "
                "by another version: run the sweep again into a new folder."
            )
    return ""


def current_table(table: pa.Table) -> pa.Table:
    """A table with the columns of `trials.parquet` that earlier versions did not write.

    They are `ended_by`, which is worked out; `ADDED`, which are null then; and settings that came
    later, which have their defaults.
    """
    needed = {"status", "reason", "error", "epochs", "epochs_trained"}
    if not needed <= set(table.column_names) or not _as_written(table):
        return table  # `table_problem` says what is wrong with it
    for name, kind in ADDED.items():
        if name not in table.column_names:
            place = table.column_names.index("error")
            table = table.add_column(place, name, pa.nulls(len(table), kind))
    for name, value in LATER.items():
        if name not in table.column_names:
            column = pa.array([value] * len(table), pa.scalar(value).type)
            table = table.add_column(table.column_names.index("error"), name, column)
    return table if "ended_by" in table.column_names else _with_ended_by(table, needed)


def _as_written(table: pa.Table) -> bool:
    """Whether the columns that others are worked out from have the types of any format."""
    texts = (table.schema.field(name).type for name in ("status", "reason", "error"))
    numbers = (table.schema.field(name).type for name in ("epochs", "epochs_trained"))
    return all(map(pa.types.is_string, texts)) and all(map(pa.types.is_integer, numbers))


def _with_ended_by(table: pa.Table, needed: set[str]) -> pa.Table:
    rows = table.select(sorted(needed)).to_pylist()
    causes = [
        ended_by(row, all_epochs=(row["epochs_trained"] or 0) >= (row["epochs"] or 0))
        for row in rows
    ]
    place = table.column_names.index("reason")
    return table.add_column(place, "ended_by", pa.array(causes, pa.string()))


def ended_by(trial: Mapping[str, Any], all_epochs: bool) -> str | None:
    """What ended a trial of format 1, which told it in a sentence alone; a key of `ENDINGS`.

    Args:
        trial: status, reason and error of a row of `trials.parquet` or of an event.
        all_epochs: whether it was trained for as many as asked for.

    Returns:
        None while it runs.
    """
    status, reason = trial["status"], trial["reason"] or ""
    if status == "pruned":
        return "rung"
    if status == "failed":
        if reason.startswith("the disk failed it"):
            return "interrupted"
        return "failure" if trial.get("error") else "diverged"
    if reason.startswith("time budget"):
        return "time"
    if status in ("completed", "stopped_early", "reused"):
        return "epochs" if all_epochs else "patience"
    return None


def current_record(record: dict[str, Any]) -> dict[str, Any]:
    """What `sweep.json` says, with the fields that format 1 lacked."""
    data = record.get("data")
    if KEY in record or not isinstance(data, dict):
        return record
    match = _EMBEDDED.fullmatch(str(data.get("path")))
    faces = {"embedded": int(match[1]), "seed": _EMBEDDED_SEED} if match else NOT_EMBEDDED
    return record | {"data": data | faces}


NOT_EMBEDDED = {"embedded": None, "seed": None}
"""Fields of `data` where the sweep was given a data set."""
