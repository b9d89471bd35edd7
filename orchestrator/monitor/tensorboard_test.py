import io
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from PIL import Image
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator as PluginEventAccumulator,
)
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment
from tensorboard.plugins.hparams.list_session_groups import Handler

from orchestrator.monitor.tensorboard import STATUSES, TAGS, TensorBoardRuns, montage
from results.schema import EPOCHS
from results.statuses import STATUSES as ALL_STATUSES

SPACE = {
    "architecture": ["cnn5", "CPCPCPFFF"],
    "learning_rate": SimpleNamespace(lower=1e-4, upper=1e-1),
    "batch_normalisation": SimpleNamespace(categories=[True, False]),
    "dropout": {"grid_search": [0.0, 0.3]},
    "seed": 0,
    "weights": ["none", 3],
    "width": lambda config: 2.0,
}
CONFIG = {"architecture": "cnn5", "learning_rate": 0.01, "batch_normalisation": True, "seed": 0}


def row(epoch: int, **changed: float | None) -> dict[str, float | int | None]:
    values: dict[str, float | int | None] = dict.fromkeys(TAGS, epoch / 100)
    return {"epoch": epoch, **values, **changed}


def read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder), size_guidance={"tensors": 0, "images": 0}).Reload()


def curve(folder: Path, tag: str) -> list[tuple[int, float]]:
    """(step, value), read in both of the ways that TensorBoard has."""
    points = [(point.step, round(point.value, 6)) for point in read(folder).Scalars(tag)]
    served = PluginEventAccumulator(str(folder)).Reload().Tensors(tag)
    assert [point.step for point in served] == [step for step, _ in points]
    return points


def texts(folder: Path, tag: str) -> list[str]:
    return [e.tensor_proto.string_val[0].decode() for e in read(folder).Tensors(tag)]


def hparams_backend(folder: Path) -> tuple[RequestContext, backend_context.Context]:
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    context = TBContext(logdir=str(folder), multiplexer=multiplexer, data_provider=provider)
    return RequestContext(), backend_context.Context(context)


def sessions(folder: Path) -> dict[str, api_pb2.SessionGroup]:
    """The rows of TensorBoard's own HParams table, by run."""
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=1000, allowed_statuses=api_pb2.Status.values()
    )
    response = Handler(*hparams_backend(folder), "", request).run()
    return {group.name: group for group in response.session_groups}


def status(group: api_pb2.SessionGroup) -> str:
    return api_pb2.Status.Name(group.sessions[0].status).removeprefix("STATUS_")


@pytest.fixture
def board(tmp_path):
    board = TensorBoardRuns(tmp_path)
    board.start_sweep(SPACE)
    yield board
    board.close()


def test_every_number_of_an_epoch_is_a_curve(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1, train_loss=1.5))
    board.epoch("a", row(2, train_loss=1.25))
    assert curve(tmp_path / "000-a", "loss/train") == [(1, 1.5), (2, 1.25)]
    assert sorted(read(tmp_path / "000-a").Tags()["scalars"]) == sorted(TAGS.values())


def test_tags_and_statuses_stand_for_those_of_the_tables():
    assert set(EPOCHS.names) ^ set(TAGS) == {"trial", "epoch", "seconds"}
    assert set(STATUSES) == set(ALL_STATUSES)


def test_number_that_is_none_has_no_point_but_a_note(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1))
    board.epoch("a", row(2, train_loss=math.nan, validation_loss=math.inf, learning_rate=None))
    assert curve(tmp_path / "000-a", "loss/train") == [(1, 0.01)]
    assert curve(tmp_path / "000-a", "learning_rate") == [(1, 0.01)]
    assert curve(tmp_path / "000-a", "accuracy/train") == [(1, 0.01), (2, 0.02)]
    assert texts(tmp_path / "000-a", "not_finite") == [
        "epoch 2: loss/validation was inf, loss/train was nan"
    ]


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
        "pruned": "SUCCESS",
        "reused": "SUCCESS",
        "failed": "FAILURE",
        "running": "RUNNING",
        "None": "UNKNOWN",
    }
    pruned = groups["002-pruned"]
    assert pruned.hparams["dropout"].number_value == 0.3
    assert pruned.hparams["learning_rate"].number_value == 1e-3
    assert pruned.hparams["batch_normalisation"].bool_value is True
    assert pruned.hparams["architecture"].string_value == "cnn5"
    measured = {value.name.tag: value.value for value in pruned.metric_values}
    assert measured["accuracy/validation"] == 0.25
    assert set(measured) == set(TAGS.values())


def test_trial_is_listed_before_its_first_epoch(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    assert list(sessions(tmp_path)) == ["000-a"]


def test_experiment_declares_domains_types_and_metrics(tmp_path):
    TensorBoardRuns(tmp_path).start_sweep(SPACE, ["validation_accuracy", "validation_loss"])
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
    assert [metric.name.tag for metric in groups.metric_infos] == [
        "accuracy/validation",
        "loss/validation",
    ]


def test_number_of_a_column_of_texts_is_written_as_text(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG | {"weights": 3})
    assert sessions(tmp_path)["000-a"].hparams["weights"].string_value == "3"


def test_unknown_metric_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no such metric: accuracy; known: validation_accuracy"):
        TensorBoardRuns(tmp_path).start_sweep(SPACE, ["accuracy"])
    assert not list(tmp_path.iterdir())


def test_trial_that_was_not_started_is_refused(board):
    with pytest.raises(KeyError):
        board.epoch("a", row(1))


def test_resumed_sweep_continues_the_curves_without_double_steps(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    for epoch in (1, 2, 3):
        board.epoch("a", row(epoch, train_loss=epoch / 10))
    again = TensorBoardRuns(
        tmp_path
    )  # the first was killed; its last checkpoint was that of epoch 1
    again.start_sweep({"another": 1})
    again.start_trial("a", "000-a", CONFIG)
    again.epoch("a", row(2, train_loss=0.25))
    again.epoch("a", row(3, train_loss=0.5))
    assert len(list((tmp_path / "000-a").iterdir())) == 2
    assert curve(tmp_path / "000-a", "loss/train") == [(1, 0.1), (2, 0.25), (3, 0.5)]
    assert len(list(tmp_path.glob("events*"))) == 1
    assert sessions(tmp_path)["000-a"].hparams["learning_rate"].number_value == 0.01


def test_epoch_reported_twice_is_one_point(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    for epoch, loss in ((1, 0.5), (2, 0.75), (2, 0.25), (3, 0.125)):
        board.epoch("a", row(epoch, train_loss=loss))
    assert curve(tmp_path / "000-a", "loss/train") == [(1, 0.5), (2, 0.25), (3, 0.125)]


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


def test_half_a_record_is_ignored_and_the_resumed_run_goes_on(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1))
    board.epoch("a", row(2))
    (file,) = (tmp_path / "000-a").iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    assert [step for step, _ in curve(tmp_path / "000-a", "loss/train")] == [1]
    again = TensorBoardRuns(tmp_path)
    again.start_trial("a", "000-a", CONFIG)
    again.epoch("a", row(2))
    assert [step for step, _ in curve(tmp_path / "000-a", "loss/train")] == [1, 2]


def test_configuration_is_readable_as_a_table(board, tmp_path):
    board.start_trial("a", "000-a", {"architecture": "cnn5", "head": "a|b\nc"})
    assert texts(tmp_path / "000-a", "configuration") == [
        "| parameter | value |\n|---|---|\n| architecture | cnn5 |\n| head | a\\|b c |"
    ]


def test_text_and_pictures_belong_to_the_sweeps_own_run(board, tmp_path):
    board.text("leaderboard", "größer")
    faces = np.zeros((3, 48, 48), np.uint8)
    faces[1] = 255
    board.images("samples/plain", faces, ["angry", "fear", "sad"])
    assert texts(tmp_path, "leaderboard") == ["größer"]
    (picture,) = read(tmp_path).Images("samples/plain")
    shown = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)))
    assert shown.shape == (96 + 16 + 4, 3 * 100, 3)
    assert [int(shown[50, x, 0]) for x in (50, 150, 250)] == [0, 255, 0]


def test_pictures_before_the_sweeps_declaration_do_not_hide_it(tmp_path):
    board = TensorBoardRuns(tmp_path)
    board.images("samples", np.zeros((1, 48, 48)))
    board.start_sweep(SPACE)
    board.start_trial("a", "000-a", CONFIG)
    assert sessions(tmp_path)["000-a"].hparams["seed"].number_value == 0


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (np.full((1, 48, 48), 0.5), 128),
        (np.full((1, 48, 48, 1), 0.5, np.float32), 128),
        (np.full((1, 48, 48, 3), 64, np.uint8), 64),
        (np.linspace(-2, 2, 48 * 48).reshape(1, 48, 48), 0),  # stretched
        (np.full((1, 48, 48), np.nan), 0),
    ],
)
def test_montage_shows_values_as_grey(images, expected):
    assert np.asarray(montage(images))[2, 2].tolist() == [expected] * 3


def test_montage_breaks_after_four_and_keeps_large_pictures():
    assert montage(np.zeros((9, 48, 48))).size == (4 * 100, 3 * 100)
    assert montage(np.zeros((1, 224, 224, 3))).size == (228, 228)


@pytest.mark.parametrize("shape", [(48, 48), (0, 48, 48), (2, 48, 48, 2), (2, 2, 48, 48, 1)])
def test_montage_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="pictures are"):
        montage(np.zeros(shape))


def test_montage_refuses_another_number_of_labels():
    with pytest.raises(ValueError, match="2 pictures need as many labels, found 1"):
        montage(np.zeros((2, 48, 48)), ["angry"])


def test_no_file_stays_open(board, tmp_path):
    before = psutil.Process().num_fds()
    for trial in range(100):
        board.start_trial(str(trial), f"{trial:03d}-x", CONFIG)
        board.epoch(str(trial), row(1))
    assert psutil.Process().num_fds() == before
    assert len([folder for folder in tmp_path.iterdir() if folder.is_dir()]) == 100


SCRIPT = """
import sys
from orchestrator.monitor.tensorboard import TensorBoardRuns
board = TensorBoardRuns(sys.argv[1])
board.start_sweep({"seed": [0, 1]})
board.start_trial("a", "000-a", {"seed": 0})
board.images("samples", __import__("numpy").zeros((2, 48, 48)))
board.text("leaderboard", "none yet")
board.epoch("a", {"epoch": 1, "train_loss": 0.5})
if len(sys.argv) == 2:
    board.end_trial("a", "completed")
    print(sorted(name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")))
for epoch in range(2, 10**9 if len(sys.argv) > 2 else 0):
    board.epoch("a", {"epoch": epoch, "train_loss": 0.5})
    epoch == 50 and print("going", flush=True)
"""


def run(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


def test_writing_everything_never_loads_tensorflow(tmp_path):
    printed, _ = run(str(tmp_path)).communicate()
    assert printed.decode().strip() == "[]"
    assert status(sessions(tmp_path)["000-a"]) == "SUCCESS"


@pytest.mark.faults
def test_killed_writer_leaves_readable_curves(tmp_path):
    writer = run(str(tmp_path), "for ever")
    assert writer.stdout is not None
    writer.stdout.readline()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    reader = EventAccumulator(str(tmp_path / "000-a"), size_guidance={"scalars": 0}).Reload()
    steps = [point.step for point in reader.Scalars("loss/train")]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 50
