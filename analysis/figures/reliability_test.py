import numpy as np
import pytest

from analysis.figures import reliability
from analysis.figures.sample_sweeps import answered, frames, scored
from analysis.figures.sweep_tables import SweepTables
from orchestrator.metrics import calibration_error


def test_the_bins_are_those_of_the_calibration_error():
    tables = SweepTables(**answered(n=500) | scored())
    frame = reliability.data(tables)
    shares = np.stack(tables.answers["probability"]).astype(float)
    expected = calibration_error(shares, tables.answers["label"])
    assert frame["error"].iloc[0] == pytest.approx(expected, abs=1e-6)
    assert frame["n"].sum() == 500
    assert frame["before"].iloc[0] == 0.2
    assert (frame["correct"] + frame["wrong"] == frame["n"]).all()


def test_a_confidence_of_one_stands_in_the_last_bin():
    row = {"image_id": "0", "split": "test", "label": 0, "prediction": 0, "correct": True}
    frame = reliability.data(SweepTables(**frames(answers=[row | {"confidence": 1.0}])))
    assert frame["n"].tolist() == [0] * 14 + [1]
    assert frame["error"].iloc[0] == 0
