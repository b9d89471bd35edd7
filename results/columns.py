"""Arrays as Parquet columns, without a Python object a row."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray


def lists(values: NDArray[np.floating]) -> pa.ListArray:
    """(n, m) -> n lists of m values."""
    n, m = values.shape
    offsets = np.arange(n + 1, dtype=np.int32) * m
    return pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(values).ravel()))


def matrix(column: pa.ChunkedArray | pd.Series) -> NDArray[np.float32]:
    """N lists of one length -> (n, m) float32."""
    if isinstance(column, pd.Series):
        return (
            np.stack(column.to_list()).astype(np.float32)
            if len(column)
            else np.zeros((0, 0), np.float32)
        )
    values = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return (
        values.astype(np.float32).reshape(len(column), -1)
        if len(column)
        else np.zeros((0, 0), np.float32)
    )


def named(classes: Sequence[str], indices: NDArray[np.integer]) -> NDArray[np.str_]:
    """(n,) class names."""
    names: NDArray[np.str_] = np.asarray(classes)[indices]
    return names
