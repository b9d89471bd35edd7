import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.pr_curve.metadata import parse_plugin_metadata
from tensorboard.util import tensor_util

from analysis.report import tensorboard_run
from analysis.report.conftest import CLASSES, png, write
from analysis.report.projector import Projection
from orchestrator.monitor import event_files

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sweep" / "tensorboard"


def tensors(folder):
    """Tag -> (plugin, array) of the run, as TensorBoard's own reader finds them."""
    events = EventAccumulator(str(folder / "postprocess"), size_guidance={"tensors": 0})
    events.Reload()
    return {
        tag: (
            events.SummaryMetadata(tag),
            tensor_util.make_ndarray(events.Tensors(tag)[-1].tensor_proto),
        )
        for tag in events.Tags()["tensors"]
    }


def test_pictures_are_there_as_they_were_encoded(full, folder):
    assert tensorboard_run.write(folder, full) == []
    values = tensors(folder)
    metadata, picture = values["4 explanations/<script>alert(1)< or script>"]
    assert metadata.plugin_data.plugin_name == "images"
    assert metadata.summary_description == CLASSES[2]
    assert picture.tolist() == [b"4", b"3", png()]
    assert "4 explanations/odd" in values


@pytest.mark.parametrize(
    ("name", "beginning", "advice"),
    [
        ("leaderboard.md", " is no UTF-8 text", "; post-process with --force to redo it"),
        (
            "leaderboard.md/a folder",
            " cannot be read (",
            "check its permissions and that it is a file.",
        ),
    ],
)
def test_a_leaderboard_that_is_no_text_is_a_problem_and_the_others_stay(
    name, beginning, advice, full, folder
):
    full.delete("leaderboard.md")
    full.write_bytes(name, b"\xff\xfe")
    (problem,) = tensorboard_run.write(folder, full)
    assert problem.startswith(f"{full.root}/leaderboard.md{beginning}")
    assert problem.endswith(advice)
    tags = tensors(folder)
    assert "text/leaderboard" not in tags
    assert "pr/happy" in tags


def test_a_class_has_its_precision_recall_curve(full, folder):
    tensorboard_run.write(folder, full)
    metadata, curve = tensors(folder)["pr/happy"]
    assert metadata.plugin_data.plugin_name == "pr_curves"
    assert parse_plugin_metadata(metadata.plugin_data.content).num_thresholds == 201
    # happy: scores .7 and .4 are right, .1 and .2 wrong; at .3 both are found and nothing else.
    assert curve.shape == (6, 201)
    assert curve[:, 60].tolist() == [2, 0, 2, 0, 1, 1]
    assert curve[:, 100].tolist() == [1, 0, 2, 1, 1, 0.5]
    assert curve[:, 0].tolist() == [2, 2, 0, 0, 0.5, 1]
    assert f"pr/{CLASSES[1]}" in tensors(folder)


def test_curves_agree_with_an_independent_count():
    numbers = np.random.default_rng(3)
    scores, truth = numbers.integers(0, 41, 300) / 40, numbers.random(300) < 0.3
    curve = tensorboard_run.counts(truth, scores)
    for place in (0, 35, 100, 165, 200):
        named = scores >= np.linspace(0, 1, 201)[place]
        assert curve[4, place] == pytest.approx(precision_score(truth, named, zero_division=1))
        assert curve[5, place] == pytest.approx(recall_score(truth, named))
        assert curve[:4, place].sum() == 300


def test_a_class_without_images_has_a_curve_without_nan():
    curve = tensorboard_run.counts(np.zeros(3, bool), np.array([0.1, 0.5, 1.0]))
    assert np.isfinite(curve).all()
    assert (curve[5] == 0).all()


def test_texts_are_the_leaderboard_the_scores_and_what_is_given(full, folder):
    tensorboard_run.write(folder, full, {"how": "by hand"})
    values = {tag: value[1].item() for tag, value in tensors(folder).items() if value[1].ndim == 0}
    assert values["text/leaderboard"].startswith(b"| trial |")
    assert (
        b"| accuracy | all | 0.800 [0.700, 0.900] | 0.700 [0.600, 0.800] | 10 |"
        in (values["text/scores"])
    )
    assert values["how"] == b"by hand"


def test_a_second_run_forgets_the_first_s_tags_and_touches_no_other_run(full, folder):
    trial = event_files.new(folder / "000-cnn5")
    event_files.append(trial, event_files.event(event_files.text("a", "b")))
    content = trial.read_bytes()
    tensorboard_run.write(folder, full, {"once": "x"})
    write(full, "images", [])
    tensorboard_run.write(folder, full)
    values = tensors(folder)
    assert "once" not in values
    assert not [tag for tag in values if "explanations" in tag]
    assert "pr/happy" in values
    assert trial.read_bytes() == content
    assert [f.name for f in folder.parent.iterdir() if f.name.startswith(".")] == []


def test_when_it_fails_the_old_run_still_stands(full, folder):
    tensorboard_run.write(folder, full, {"old": "x"})
    odd = Projection("x", np.zeros((2, 3)), np.zeros((1, 4, 4), np.uint8), {})
    with pytest.raises(ValueError, match="2 points need as many"):
        tensorboard_run.write(folder, full, projection=odd)
    assert "old" in tensors(folder)
    assert [f.name for f in folder.parent.iterdir() if f.name.startswith(".")] == []


def test_what_a_killed_run_left_behind_is_swept_away(full, folder):
    for ending in ("", ".old"):
        left = folder.parent / f".tensorboard-postprocess.partial{ending}"
        (left / "deep").mkdir(parents=True)
    tensorboard_run.write(folder, full)
    assert sorted(f.name for f in (folder / "postprocess").iterdir())[0].startswith("events.out")
    assert len(list((folder / "postprocess").iterdir())) == 1


def test_what_cannot_be_shown_is_said(full, folder):
    full.delete("images/curves.png")
    full.write_bytes("images/odd.png", b"<svg>")
    notes = " ".join(tensorboard_run.write(folder, full))
    assert "images/curves.png does not exist" in notes
    assert "images/odd.png is no PNG or JPEG" in notes
    assert "4 explanations/<script>alert(1)< or script>" in tensors(folder)


def test_tags_are_words_and_no_two_are_the_same():
    missing = {"label": None, "prediction": float("nan"), "trial": None, "image_id": None}

    def row(kind, title, **columns):
        return {"file": f"{title}.png", "kind": kind, "title": title} | missing | columns

    rows = [
        row("figure", "Accuracy by epoch"),
        row("mistakes", "fear called sad", label=2.0, prediction=1.0),
        row("mistakes", "Confusions with one image"),
        row("recognised", "fear recognised", label=2, prediction=2),
        row("overview", "Who was taken for what"),
        row("filters", "Filters of c1", trial="aaa"),
        row("filters", "Filters of c1", trial="bbb"),
        row("methods", "by ensemble/one", file="a.png"),
        row("methods", "by ensemble/one", file="b.png"),
    ]
    assert tensorboard_run.tags(rows, lambda label: ["angry", "sad", "fear"][int(label)]) == [
        "1 charts/Accuracy by epoch",
        "2 mistakes/fear taken for sad",
        "2 mistakes/Confusions with one image",
        "3 recognised/fear",
        "4 explanations/Who was taken for what",
        "5 what was learned/Filters of c1, aaa",
        "5 what was learned/Filters of c1, bbb",
        "4 explanations/by ensemble or one",
        "4 explanations/by ensemble or one (b.png)",
    ]


def test_an_empty_sweep_has_a_run_without_tags(empty, folder):
    assert tensorboard_run.write(folder, empty) == []
    assert tensors(folder) == {}


def test_it_loads_no_tensorflow():
    script = (
        "import sys; from analysis.report import page, tensorboard_run; "
        "print(sorted({'tensorflow', 'keras', 'ray'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout == "[]\n"
