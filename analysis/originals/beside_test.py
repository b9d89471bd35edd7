import math

import pandas as pd
import pytest

from analysis.originals.beside import MOST, decoded, entries, original_of
from analysis.originals.reported import ENSEMBLE, ORIGINALS, Reported
from orchestrator import sweeps
from orchestrator.config import CHOICES
from results.schema import EPOCHS, SCORES, TRIALS, table


def frames(trials, epochs=(), scores=()):
    rows = [{"number": i, "validation_n": 100} | row for i, row in enumerate(trials)]
    made = ((TRIALS, rows), (EPOCHS, epochs), (SCORES, scores))
    return [table(schema, content).to_pandas() for schema, content in made]


def trial(name, architecture, accuracy, **more):
    return {
        "trial": name,
        "architecture": architecture,
        "validation_accuracy": accuracy,
        "epochs_trained": 3,
        "status": "completed",
        "verdict": "good fit",
    } | more


def test_every_original_is_a_named_sweep_whose_nets_are_ours():
    assert set(ORIGINALS) <= set(sweeps.SWEEPS)
    nets = {figure.architecture for o in ORIGINALS.values() for figure in o.figures}
    assert nets <= {"", ENSEMBLE, *CHOICES["architecture"]}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"sweep": "survey", "name": "first"}, "survey"),
        ({"name": "transfer"}, "transfer"),
        ({"sweep": "quickstart", "name": "mine"}, None),
        ({}, None),
    ],
)
def test_a_sweep_is_known_by_its_question_whatever_its_folder_is_called(record, expected):
    made = original_of(record)
    assert (made and made[0]) == expected


def test_the_best_of_each_net_follows_theirs_as_it_was_when_it_stopped():
    trials = [trial("a", "cnn5", 0.5), trial("b", "cnn5", 0.6), trial("c", "vgg", 0.9)]
    epochs = [
        {"trial": "b", "epoch": 2, "validation_accuracy": 0.6, "validation_loss": 1.1},
        {
            "trial": "b",
            "epoch": 3,
            "validation_accuracy": 0.55,
            "validation_loss": 1.25,
            "validation_binary_accuracy": 0.89,
            "learning_rate": 0.02,
        },
    ]
    scores = [
        {"who": "ensemble", "split": "validation", "images": images, "metric": "accuracy"}
        | {"value": value, "how": "cross-validated, folds"}
        for images, value in (("all", 0.61), ("clean", 0.58))
    ]
    made = entries(ORIGINALS["seed_models"], *frames(trials, epochs, scores))
    assert [entry.what if entry.theirs else entry.trial for entry in made] == [
        "5-layer CNN",
        "b",
        "CPCPCPFFF",
        "CCPCCPCCPFF",
        "ensemble",
        "",
    ]
    theirs, ours, *_, ensemble = made
    assert theirs.accuracy == 0.6339
    assert (ours.epochs, ours.loss, ours.learning_rate) == (3, 1.25, 0.02)
    assert (ours.accuracy, ours.binary, ours.best) == (0.55, 0.89, 0.6)
    assert (ensemble.best, ensemble.split) == (0.61, "validation, cross-validated")


def test_a_run_of_any_net_stands_beside_all_of_ours_up_to_a_number():
    trials = [trial(f"t{i}", "cnn5", i / 100, seed=i) for i in range(MOST + 2)]
    theirs, *ours = entries(ORIGINALS["illumination"], *frames(trials))
    assert theirs.verdict == "good fit"
    assert [entry.trial for entry in ours] == [f"t{i}" for i in range(MOST + 1, 1, -1)]
    assert math.isnan(ours[0].loss)  # no epoch of it is stored


def test_their_binary_accuracy_is_decoded_by_loss_and_a_plain_accuracy_is_left_alone():
    (figure,) = ORIGINALS["transfer"].figures
    meaning = decoded(figure)
    assert 0.5 < meaning.mean < 0.52
    assert decoded(Reported("net", accuracy=0.6)) is None


def test_nothing_measured_leaves_theirs_alone():
    made = entries(ORIGINALS["survey"], *frames([]))
    assert all(entry.theirs for entry in made)
    assert isinstance(frames([])[0], pd.DataFrame)
