"""How a table's columns are written down: name, type, unit, meaning."""

import pyarrow as pa

from results.formats import FORMAT, KEY

TEXT, WHOLE, REAL, SWITCH = pa.string(), pa.int64(), pa.float64(), pa.bool_()
HALVES = pa.list_(pa.float16())


def described(*columns: tuple[str, pa.DataType, str, str]) -> pa.Schema:
    """A schema of (name, type, unit or "", description)."""
    return pa.schema(
        [
            pa.field(name, kind, metadata={"unit": unit, "description": description})
            for name, kind, unit, description in columns
        ],
        metadata={KEY: str(FORMAT)},
    )
