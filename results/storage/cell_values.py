"""Values that no sweep writes into its tables: the folder may be somebody else's, or damaged."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

SHARES = ("accuracy", "macro_f1", "ece", "top2")
"""Ends of the names of columns with numbers from 0 to 1, and parts of others (accuracy_low)."""

COUNTS = ("number", "epoch", "epochs_trained", "best_epoch", "validation_n", "parameters")
"""Columns of whole numbers that are 0 or more."""

TIMES = ("seconds", "start_seconds", "images_per_second")
"""Columns of finite numbers that are 0 or more, or NaN."""

IN_WORDS = ("error", "reason", "verdict_evidence", "hardware")
"""Columns of free text, which may have several lines."""

_MOST = 2**53  # beyond it a float, which a frame of such numbers may become, skips some


def odd_value(table: pa.Table, key: Sequence[str]) -> str:
    """Which value of a table of trials or epochs can be none, and what was expected; else "".

    Args:
        table: with any columns.
        key: names of the columns that tell its rows apart.
    """
    if problem := _repeated(table, key):
        return problem
    for name, column in zip(table.column_names, table.columns, strict=True):
        wrong = _wrong(name, column)
        if wrong is not None and (row := pc.index(pc.fill_null(wrong, False), True).as_py()) >= 0:
            value = ascii(column[row].as_py())[:40]
            return f"row {row + 1:,} has {name} {value}, {_expected(name, column)} was expected"
    return ""


def _repeated(table: pa.Table, key: Sequence[str]) -> str:
    names = " and ".join(key)
    if any(table[name].null_count for name in key):
        return f"a row without {names}"
    different = table.group_by(list(key)).aggregate([]).num_rows
    return f"two rows of one {names}" if different < table.num_rows else ""


def _wrong(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """(n,) whether a value can be none; None where any can be."""
    if name in COUNTS and pa.types.is_integer(column.type):
        return pc.or_(pc.less(column, 0), pc.greater(column, _MOST))
    if name in TIMES and pa.types.is_floating(column.type):
        return pc.or_(pc.less(column, 0.0), pc.is_inf(column))
    if any(share in name for share in SHARES) and pa.types.is_floating(column.type):
        return pc.or_(pc.less(column, 0.0), pc.greater(column, 1.0))  # NaN is neither
    if pa.types.is_string(column.type) and name not in IN_WORDS:
        return pc.match_substring_regex(column, r"\p{Cc}")
    return None


def _expected(name: str, column: pa.ChunkedArray) -> str:
    if pa.types.is_string(column.type):
        return "text without control characters"
    if name in TIMES:
        return "a finite number, 0 or more,"
    return "a whole number, 0 or more" if name in COUNTS else "a number from 0 to 1"
