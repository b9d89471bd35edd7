"""The record of readings of the test images, and numbers that JSON has no word for."""

import json
import math

import pytest

from analysis.pipeline.write_report import check_reads, finite
from results.paths import Paths
from results.store import DamagedResults, Store


def test_before_the_first_reading_there_is_none(tmp_path):
    store = Store(tmp_path)
    assert check_reads(store) == []
    store.write_json(Paths().test_reads, [{"when": "2026-01-01"}])
    assert check_reads(store) == [{"when": "2026-01-01"}]


@pytest.mark.parametrize("content", [b'{"a": 1', b'{"a": 1}', b"[1]"])
def test_a_damaged_record_of_readings_is_not_overlooked(tmp_path, content):
    store = Store(tmp_path)
    store.write_bytes(Paths().test_reads, content)
    with pytest.raises(DamagedResults, match="which records when test images were looked at"):
        check_reads(store)


def test_what_json_cannot_hold_becomes_null():
    rows = finite([{"rule": "soft", "nll": math.nan, "gain": math.inf, "accuracy": 0.5}])
    assert rows == [{"rule": "soft", "nll": None, "gain": None, "accuracy": 0.5}]
    assert json.dumps(rows, allow_nan=False)
