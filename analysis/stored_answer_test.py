import numpy as np
import pyarrow as pa
import pytest

from analysis.comparison.configurations import COUNTS, IMAGES
from analysis.made_up_sweeps import MadeUpSweep, N
from analysis.stored_answer import stored_answer
from results.columns import lists
from results.paths import Paths
from results.schema import EPOCHS, PREDICTIONS, TRIALS, table
from results.store import Store


@pytest.fixture
def store(tmp_path):
    store, sweep = Store(tmp_path), MadeUpSweep()
    trials = [
        sweep.add([accuracy], optimizer=name) for accuracy, name in ((0.8, "sgd"), (0.6, "adam"))
    ]
    store.write_table(Paths().trials, table(TRIALS, sweep.trial_rows))
    store.write_table(Paths().epochs, table(EPOCHS, sweep.epoch_rows))
    for trial in trials:
        # The label is class 0; a wrong answer is class 1.
        right = sweep.right[trial]
        shares = np.where(right[:, None], (0.9, 0.1), (0.1, 0.9)).astype(np.float16)
        columns = {
            "image_id": [str(i) for i in range(N)],
            "split": ["validation"] * N,
            "label": [0] * N,
            "label_name": ["happy"] * N,
            "probability": lists(shares),
            "epoch": [1] * N,
            "also_in_training": [False] * N,
        }
        store.write_table(Paths().prediction(trial), pa.table(columns).cast(PREDICTIONS))
    return store


def test_stored_answers_are_compared_image_by_image(store):
    result, problems = stored_answer(store)
    assert not problems
    assert result.tests == (IMAGES,)
    assert result.settings[0].values[1].behind.difference == pytest.approx(0.2)


def test_a_damaged_prediction_makes_the_answer_poorer_and_is_named(store):
    trial = str(stored_answer(store)[0].ranking[1].trial)
    store.write_bytes(Paths().prediction(trial), b"no table")
    result, problems = stored_answer(store)
    assert result.tests == (COUNTS,)
    assert trial in problems[0]


def test_a_damaged_table_makes_the_answer_poorer_and_is_named(store):
    store.write_bytes(Paths().epochs, b"no table")
    result, (problem,) = stored_answer(store)
    assert len(result.ranking) == 2
    assert f"{store.root}/{Paths().epochs}" in problem
    store.write_bytes(Paths().trials, b"no table")
    result, problems = stored_answer(store)
    assert result.ranking == ()
    assert f"{store.root}/{Paths().trials}" in problems[0]


def test_an_empty_folder_has_no_answer_and_no_problem(tmp_path):
    result, problems = stored_answer(Store(tmp_path))
    assert (result.ranking, problems) == ((), [])
