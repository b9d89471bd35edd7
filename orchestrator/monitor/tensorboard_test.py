import io
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar.metadata import CONFIG_SUMMARY_TAG

from orchestrator.monitor.tensorboard import (
    CHARTS,
    HEADINGS,
    OUTCOME,
    OUTCOMES,
    STATUSES,
    SUMMARY,
    TAGS,
    TensorBoardRuns,
)
from orchestrator.monitor.testing import CONFIG, curve, read, row, sessions, status, texts
from results.schema import EPOCHS, TRIALS
from results.statuses import STATUSES as ALL_STATUSES


def test_every_number_of_an_epoch_is_a_curve(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1, train_loss=1.5))
    board.epoch("a", row(2, train_loss=1.25))
    assert curve(tmp_path / "000-a", "loss/train") == [(1, 1.5), (2, 1.25)]
    assert sorted(read(tmp_path / "000-a").Tags()["scalars"]) == sorted(TAGS.values())


def test_tags_and_statuses_stand_for_those_of_the_tables():
    assert set(EPOCHS.names) ^ set(TAGS) == {"trial", "epoch", "seconds"}
    assert set(STATUSES) == set(ALL_STATUSES)
    assert set(OUTCOMES) == set(ALL_STATUSES) - {"running"}
    assert set(SUMMARY) <= set(TRIALS.names)
    assert set(HEADINGS) == {*TAGS.values(), *SUMMARY.values(), OUTCOME}


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


def test_training_and_validation_share_a_chart(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    board.epoch("a", row(1))
    (event,) = read(tmp_path / "sweep").Tensors(CONFIG_SUMMARY_TAG)
    layout = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0])
    (category,) = layout.category
    assert {chart.title: list(chart.multiline.tag) for chart in category.chart} == {
        title: [pattern] for title, pattern in CHARTS.items()
    }
    for title, pattern in CHARTS.items():
        tags = read(tmp_path / "000-a").Tags()["scalars"]
        matches = {tag for tag in tags if re.match(pattern, tag)}
        assert matches == {f"{title}/train", f"{title}/validation"}


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
    assert len(list((tmp_path / "sweep").glob("events*"))) == 1
    assert sessions(tmp_path)["000-a"].hparams["learning_rate"].number_value == 0.01


def test_epoch_reported_twice_is_one_point(board, tmp_path):
    board.start_trial("a", "000-a", CONFIG)
    for epoch, loss in ((1, 0.5), (2, 0.75), (2, 0.25), (3, 0.125)):
        board.epoch("a", row(epoch, train_loss=loss))
    assert curve(tmp_path / "000-a", "loss/train") == [(1, 0.5), (2, 0.25), (3, 0.125)]


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
    assert texts(tmp_path / "sweep", "leaderboard") == ["größer"]
    (picture,) = read(tmp_path / "sweep").Images("samples/plain")
    shown = np.asarray(Image.open(io.BytesIO(picture.encoded_image_string)))
    assert shown.shape == (96 + 16 + 4, 3 * 100, 3)
    assert [int(shown[50, x, 0]) for x in (50, 150, 250)] == [0, 255, 0]


def test_no_file_stays_open(board, tmp_path):
    before = psutil.Process().num_fds()
    for trial in range(100):
        board.start_trial(str(trial), f"{trial:03d}-x", CONFIG)
        board.epoch(str(trial), row(1))
    assert psutil.Process().num_fds() == before
    assert len(list(tmp_path.glob("[0-9]*-x"))) == 100


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
