"""How large and how deep a file of results may be: it may come from somebody else."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MOST_TEXT_BYTES = 64 * 2**20
"""Of a JSON file; a sweep's own has some KB."""

MOST_ROWS = 50_000_000
"""Of a table; 10,000 trials of 300 epochs have 3 million."""

MOST_VALUES = 500_000_000
"""Of a table's column, those in lists counted: a few KB of Parquet can hold as many."""

MOST_BYTES = 8 * 2**30
"""Of a table, unpacked."""


class TooMuch(ValueError):
    """More than any sweep of ours writes."""


def parse_json(content: bytes) -> Any:
    """A JSON text's value.

    Raises:
        TooMuch: for one too large, too deep, or with a number of thousands of digits.
        ValueError: for what is no JSON text.
    """
    if len(content) > MOST_TEXT_BYTES:
        raise TooMuch(f"it has {len(content):,} bytes, and {MOST_TEXT_BYTES:,} are the most")
    try:
        return json.loads(content)
    except RecursionError:
        raise TooMuch("it is nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:  # Python's own limit of digits
        raise TooMuch("it has a number of too many digits") from None


def check_table(content: bytes) -> None:
    """See that a Parquet file may be unpacked; what it says of itself is read, nothing else.

    Raises:
        TooMuch: for one with too many rows, values or bytes.
        pyarrow.ArrowException, OSError: for what is no whole Parquet file.
    """
    metadata = pq.read_metadata(pa.BufferReader(content))
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [group.column(n) for group in groups for n in range(group.num_columns)]
    counts = (
        ("rows", metadata.num_rows, MOST_ROWS),
        ("values in a column", max((c.num_values for c in columns), default=0), MOST_VALUES),
        ("bytes, unpacked", sum(c.total_uncompressed_size for c in columns), MOST_BYTES),
    )
    for what, count, most in counts:
        if count > most:
            raise TooMuch(f"it has {count:,} {what}, and {most:,} are the most")
