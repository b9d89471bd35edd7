"""Who is in the ensemble, as rows, by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.comparison.testing import MadeUpFolder, wrong_at
from analysis.ensemble.choose import choose
from analysis.ensemble.stored_predictions import StoredPredictions
from analysis.pipeline.postprocess_request import PostprocessRequest
from analysis.pipeline.postprocessing import Postprocessing
from analysis.pipeline.select_members import (
    BOTH,
    NOBODY,
    NOT_TAKEN,
    SelectedMembers,
    accuracies,
    member_rows,
    select_members,
)
from analysis.sweep_folder import SweepFolder
from orchestrator.data.cache.open_faces import open_faces
from results.paths import Paths


def stored(right, clean=None):
    """Two classes; trial -> whether each of its answers is right."""
    answers = np.array(list(right.values()), bool)
    labels = np.arange(answers.shape[1]) % 2
    of_label = np.where(answers, 0.9, 0.1)
    probabilities = np.stack([1 - of_label, of_label], axis=2)
    probabilities[:, labels == 0] = probabilities[:, labels == 0, ::-1]
    ids = np.arange(len(labels)).astype(str)
    clean = np.ones(len(labels), bool) if clean is None else np.array(clean)
    return StoredPredictions(tuple(right), probabilities.astype(np.float32), labels, ids, clean)


def test_accuracy_on_all_images_and_on_clean_ones():
    predictions = stored({"a": [1, 1, 1, 0], "b": [0, 0, 1, 1]}, [True, True, False, False])
    assert accuracies(predictions) == {"a": (0.75, 1.0), "b": (0.5, 0.0)}
    nowhere_clean = accuracies(stored({"a": [1, 0]}, [False, False]))["a"]
    assert nowhere_clean[0] == 0.5
    assert np.isnan(nowhere_clean[1])


@pytest.fixture(scope="module")
def selected():
    """Two trials that err on different halves of some images, and one that guesses."""
    n = 40
    first, second = np.arange(n) >= 8, np.arange(n) < n - 8
    guess = np.arange(n) % 4 < 2
    candidates = stored({"a": first, "b": second, "c": guess})
    return SelectedMembers(candidates, choose(candidates, most=2))


def test_the_best_single_trial_is_predicted_with_even_where_it_is_no_member(selected):
    members = selected.choice.recipe.members
    (single,) = selected.choice.best_single.members
    assert selected.trials[: len(members)] == members
    assert single in selected.trials
    assert len(set(selected.trials)) == len(selected.trials)


def test_rows_are_members_by_rank_then_the_others_with_the_reason(selected):
    trials = pd.DataFrame(
        {
            "trial": ["d", "c", "b", "a"],
            "architecture": "CPF",
            "preprocessing": "plain",
            "parameters": [None, 10, 10, 10],
        }
    )
    accuracy = {"validation_accuracy": accuracies(selected.candidates), "accuracy": {}}
    rows = member_rows(trials, selected.choice, accuracy, {"d": "pruned"})
    by_trial = {row["trial"]: row for row in rows}
    members = selected.choice.recipe.members
    assert [row["trial"] for row in rows[: len(members)]] == list(members)
    (single,) = selected.choice.best_single.members
    assert by_trial[single]["role"] == BOTH  # it is a member here
    assert [row["rank"] for row in rows[: len(members)]] == [*range(1, len(members) + 1)]
    assert sum(row["coefficient"] for row in rows[: len(members)]) == pytest.approx(1)
    assert (by_trial["d"]["role"], by_trial["d"]["reason"]) == ("left out", "pruned")
    assert by_trial["d"]["parameters"] is None
    assert (by_trial["c"]["role"], by_trial["c"]["reason"]) == ("left out", NOT_TAKEN)
    assert by_trial["a"]["validation_accuracy"] == pytest.approx(0.8)
    assert "accuracy" not in by_trial["a"]


@pytest.fixture
def job(tmp_path, monkeypatch):
    """The post-processing of two finished trials, whose tasks are all done; what it says."""
    monkeypatch.setenv("ORCHESTRATOR_CACHE", str(tmp_path / "cache"))
    splits = open_faces(None, embedded=140, cache=tmp_path / "cache")
    made = MadeUpFolder(tmp_path / "s", splits)
    for trial, wrong in (("0a", range(4)), ("0b", range(4, 10))):
        made.add(trial, wrong_at(splits, wrong))
    lines = []
    folder = SweepFolder(made.written())
    return Postprocessing(folder, PostprocessRequest(), lambda *_: {}, lines.append), lines


def test_where_no_prediction_can_be_read_there_is_no_ensemble_and_each_reason_stands(job):
    job, lines = job
    for trial in ("0a", "0b"):
        job.store.write_bytes(Paths().prediction(trial), b"no table")
    assert select_members(job) is None
    reasons, nobody = job.notes.caveats
    assert "no trial has usable stored probabilities (0a: " in reasons
    assert "; 0b: " in reasons
    assert reasons.endswith("let at least one trial finish, then run this again")
    assert nobody == NOBODY
    assert lines == [f"note: {NOBODY}"]


def test_a_trial_whose_weights_are_gone_since_it_was_listed_is_left_out(job):
    job, lines = job
    assert job.folder.candidates() == ("0a", "0b")
    job.store.delete(Paths().weight("0a"))
    selected = select_members(job)
    assert selected.trials == ("0b",)
    assert list(job.notes.left_out) == ["0a"]
    assert f"{job.store.root}/{Paths().weight('0a')}" in job.notes.left_out["0a"]
    assert lines == [f"note: 0a is left out: {job.notes.left_out['0a']}"]
