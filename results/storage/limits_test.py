import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from results.storage import limits
from results.store import DamagedResults, Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "sweep")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a":' * 200_000, "is nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "has a number of too many digits"),
        (b" " * (64 * 2**20 + 1), r"has 67,108,865 bytes, and 67,108,864 are the most"),
    ],
)
def test_json_of_no_sweep_is_refused_in_a_sentence(store, content, match):
    store.write_bytes("sweep.json", content)
    with pytest.raises(DamagedResults, match=rf"sweep\.json cannot be used: it {match}"):
        store.read_json("sweep.json")


@pytest.mark.long
def test_a_table_of_a_billion_rows_in_few_bytes_is_refused_before_it_is_unpacked(store):
    """A dictionary's one value, run-length encoded: 60 million rows in 170 KB."""
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(60_000_000, np.int8)), ["x"])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"trial": values}), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    assert len(content) < 300_000
    store.write_bytes("trials.parquet", content)
    with pytest.raises(DamagedResults, match=r"trials\.parquet .* 60,000,000 rows, and 50,000,000"):
        store.read_table("trials.parquet")


@pytest.mark.parametrize(
    ("limit", "words"), [("MOST_VALUES", "6 values in a column"), ("MOST_BYTES", "bytes, unpacked")]
)
def test_long_lists_and_large_values_count_too(store, monkeypatch, limit, words):
    monkeypatch.setattr(limits, limit, 5)
    store.write_table("cams.parquet", pa.table({"cam": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}))
    with pytest.raises(DamagedResults, match=words):
        store.read_table("cams.parquet")
