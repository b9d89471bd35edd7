import numpy as np
import pytest
from tensorboard.plugins.hparams import api_pb2, get_experiment
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from orchestrator.monitor import event_files
from orchestrator.monitor.tensorboard import (
    OUTCOME,
    OUTCOMES,
    STATUSES,
    SUMMARY,
    TAGS,
    TensorBoardRuns,
)
from orchestrator.monitor.testing import (
    CONFIG,
    SPACE,
    curve,
    hparams_backend,
    numbers,
    row,
    sessions,
    status,
    texts,
)


def test_hparams_list_every_trial_with_every_parameter_and_its_status(board, tmp_path):
    for trial, end in enumerate([*STATUSES, None]):
        name = f"{trial:03d}-{end}"
        # The first trial has no dropout: a later one's must be shown all the same.
        config = CONFIG if trial == 0 else CONFIG | {"dropout": 0.3, "learning_rate": 1e-3}
        board.start_trial(str(trial), name, config)
        board.epoch(str(trial), row(1, validation_accuracy=0.25))
        if end:
            board.end_trial(str(trial), end)
    groups = sessions(tmp_path)
    assert {name[4:]: status(group) for name, group in groups.items()} == {
        "completed": "SUCCESS",
        "stopped_early": "SUCCESS",
        "pruned": "UNKNOWN",
        "reused": "SUCCESS",
        "failed": "FAILURE",
        "running": "RUNNING",
        "paused": "RUNNING",
        "None": "UNKNOWN",
    }
    pruned = groups["002-pruned"]
    assert pruned.hparams["dropout"].number_value == 0.3
    assert pruned.hparams["learning_rate"].number_value == 1e-3
    assert pruned.hparams["batch_normalisation"].bool_value is True
    assert pruned.hparams["architecture"].string_value == "cnn5"
    assert numbers(pruned) == {"accuracy/validation": 0.25, OUTCOME: 0} | dict.fromkeys(
        set(TAGS.values()) - {"accuracy/validation"}, pytest.approx(0.01)
    )
    outcomes = {name[4:]: numbers(group).get(OUTCOME) for name, group in groups.items()}
    assert outcomes == {**OUTCOMES, "running": None, "None": None}


def test_table_has_the_best_epoch_beside_the_last(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    for epoch, accuracy in ((1, 0.25), (2, 0.75), (3, 0.5)):
        board.epoch("a", row(epoch, validation_accuracy=accuracy))
    ended = {"validation_accuracy": 0.75, "best_epoch": 2, "epochs_trained": 3, "seconds": 9.0}
    board.end_trial("a", "completed", row=ended)
    shown = numbers(sessions(tmp_path)["000-a"])
    assert shown["accuracy/validation"] == 0.5
    assert [shown[tag] for tag in ("trial/best_accuracy", "trial/best_epoch", "trial/epochs")] == [
        0.75,
        2,
        3,
    ]
    board.start_trial("a", "000-a", CONFIG)  # it goes on: what it ended with is gone
    assert not {*SUMMARY.values(), OUTCOME} & set(numbers(sessions(tmp_path)["000-a"]))


def test_setting_that_is_not_in_force_is_blank(board, tmp_path):
    plain = {"weights": "imagenet", "architecture": "cnn5", "seed": 3}
    board.start_trial("a", "000-a", plain)
    board.start_trial("b", "001-b", plain | {"architecture": "vgg16"})
    groups = sessions(tmp_path)
    assert set(groups["000-a"].hparams) == {"architecture", "seed"}
    assert groups["001-b"].hparams["weights"].string_value == "imagenet"
    assert "| weights | imagenet |" in texts(tmp_path / "000-a", "configuration")[0]


def test_trial_is_listed_before_its_first_epoch(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    assert list(sessions(tmp_path)) == ["000-a"]


def test_experiment_declares_domains_types_and_metrics(tmp_path):
    TensorBoardRuns(tmp_path).start_sweep(SPACE)
    request = api_pb2.GetExperimentRequest(include_metrics=True)
    groups = get_experiment.Handler(*hparams_backend(tmp_path), "", request).run()
    infos = {info.name: info for info in groups.hparam_infos}
    assert set(infos) == set(SPACE)
    assert infos["learning_rate"].domain_interval.min_value == 1e-4
    assert infos["learning_rate"].domain_interval.max_value == 1e-1
    discrete = {name: list(info.domain_discrete) for name, info in infos.items()}
    assert discrete["architecture"] == ["cnn5", "CPCPCPFFF"]
    assert discrete["batch_normalisation"] == [True, False]
    assert discrete["dropout"] == [0.0, 0.3]
    assert discrete["seed"] == [0.0]
    assert discrete["weights"] == ["none", "3"]
    assert discrete["width"] == []
    assert [name for name, info in infos.items() if not info.differs] == ["seed"]
    assert list(infos)[-1] == "seed"
    assert infos["seed"].type == api_pb2.DATA_TYPE_FLOAT64
    assert infos["weights"].type == api_pb2.DATA_TYPE_STRING
    assert [metric.display_name for metric in groups.metric_infos][:5] == [
        "best accuracy",
        "outcome (1 finished, 0.5 paused, 0 pruned, -1 failed)",
        "best epoch",
        "epochs trained",
        "accuracy/validation, last epoch",
    ]


def test_number_of_a_column_of_texts_is_written_as_text(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG | {"architecture": "vgg16", "weights": 3})
    assert sessions(tmp_path)["000-a"].hparams["weights"].string_value == "3"


def test_trial_that_failed_and_goes_on_loses_its_old_status(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1))
    board.end_trial("a", "failed", "The worker died.")
    assert status(sessions(tmp_path)["000-a"]) == "FAILURE"
    assert texts(tmp_path / "000-a", "status") == ["**failed** The worker died."]
    board.start_trial("a", "000-a", CONFIG)
    assert status(sessions(tmp_path)["000-a"]) == "UNKNOWN"
    board.epoch("a", row(2))
    board.end_trial("a", "completed")
    assert status(sessions(tmp_path)["000-a"]) == "SUCCESS"
    assert texts(tmp_path / "000-a", "status") == ["**completed**"]
    assert [step for step, _ in curve(tmp_path / "000-a", "loss/train")] == [1, 2]


def test_folder_of_version_0_1_0_goes_on_as_it_is(tmp_path):
    old = event_files.new(tmp_path)  # the sweep's run was the folder itself
    info = event_files.hparam_info("seed", [0, 1])
    declared = HParamsPluginData(version=0, experiment=api_pb2.Experiment(hparam_infos=[info]))
    event_files.append(
        old, event_files.event(event_files.hparams("_hparams_/experiment", declared))
    )
    board = TensorBoardRuns(tmp_path)
    board.start_sweep(SPACE)
    board.text("leaderboard", "none yet")
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1))
    board.end_trial("a", "pruned", row={"best_epoch": 1})
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_dir()) == ["000-a"]
    assert texts(tmp_path, "leaderboard") == ["none yet"]
    request = api_pb2.GetExperimentRequest(include_metrics=True)
    experiment = get_experiment.Handler(*hparams_backend(tmp_path), "", request).run()
    assert [info.name for info in experiment.hparam_infos] == ["seed"]
    assert sessions(tmp_path)["000-a"].hparams["seed"].number_value == 0


def test_pictures_before_the_sweeps_declaration_do_not_hide_it(tmp_path):
    board = TensorBoardRuns(tmp_path)
    board.images("samples", np.zeros((1, 48, 48)))
    board.start_sweep(SPACE)
    board.start_trial("a", "000-a", CONFIG)
    assert sessions(tmp_path)["000-a"].hparams["seed"].number_value == 0


def test_a_trial_that_waits_is_in_the_table_with_its_numbers_until_it_goes_on(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1, validation_accuracy=0.25))
    so_far = {"validation_accuracy": 0.25, "best_epoch": 1, "epochs_trained": 1}
    board.end_trial("a", "paused", "rung 1: ranks 3 of 9", so_far)
    waiting = sessions(tmp_path)["000-a"]
    assert status(waiting) == "RUNNING"
    assert numbers(waiting)[OUTCOME] == 0.5
    assert numbers(waiting)["trial/best_accuracy"] == 0.25
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(2, validation_accuracy=0.5))
    assert OUTCOME not in numbers(sessions(tmp_path)["000-a"])
    board.end_trial("a", "completed", row=so_far | {"validation_accuracy": 0.5})
    assert numbers(sessions(tmp_path)["000-a"])[OUTCOME] == 1
