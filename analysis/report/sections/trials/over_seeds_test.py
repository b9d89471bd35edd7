import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from analysis.repeats.words import TESTS
from analysis.report import tensorboard_run
from analysis.report.conftest import SWEEP, write
from analysis.report.page import render
from analysis.report.sections.trials.over_seeds import REFIT, over_seeds_parts
from analysis.report.sweep_contents import read

TRIALS = [
    {
        "trial": f"{name}{seed}",
        "number": number,
        "architecture": architecture,
        "seed": seed,
        "status": "completed",
        "validation_accuracy": accuracy,
        "validation_n": 100,
    }
    for number, (name, architecture, seed, accuracy) in enumerate(
        [("a", "cnn5", 0, 0.6), ("a", "cnn5", 1, 0.7), ("b", "vgg", 0, 0.5), ("b", "vgg", 1, 0.4)]
    )
]
MEASURED = {"begun": 2, "n": 2, "mean": 0.65, "sd": 0.07, "low": 0.02, "high": 1.28}
GROUPS = [
    MEASURED
    | {"place": 1, "configuration": "cnn5", "trials": "a1 a0", "relation": "best"}
    | {"lowest": 0.6, "highest": 0.7},
    MEASURED
    | {"place": 2, "configuration": "vgg", "trials": "b0 b1", "n": 1, "mean": 0.45}
    | {"pairs": 2, "behind": 0.2, "behind_low": -1.0, "behind_high": 1.4, "holm_p": 0.2}
    | {"images_low": 0.1, "images_high": 0.3, "images_p": 0.001, "relation": "inside the noise"},
]
EPOCHS = [
    {"trial": row["trial"], "epoch": epoch, "validation_accuracy": 0.1 * epoch + 0.01 * i}
    for i, row in enumerate(TRIALS)
    for epoch in (1, 2, 3)
]


@pytest.fixture
def seeded(empty):
    """A sweep of two configurations with two seeds each."""
    empty.write_json("sweep.json", SWEEP)
    for name, rows in (("trials", TRIALS), ("groups", GROUPS), ("epochs", EPOCHS)):
        write(empty, name, rows)
    return empty


def test_means_tests_and_a_band_stand_on_the_page_and_noise_is_called_noise(seeded):
    (part,) = over_seeds_parts(read(seeded))
    points, table, note, chart = part.blocks
    assert "Inside the noise, so not told from the best: vgg." in points.items
    assert any("1 of 2 for vgg" in item for item in points.items)
    rows = [dict(zip(table.heads, row, strict=True)) for row in table.rows]
    assert rows[0]["95 % interval"] == "0.0200 to 1.2800"
    assert (rows[0]["seeds"], rows[1]["seeds"]) == ("2", "1 of 2")
    assert (rows[1]["p over seeds"], rows[1]["p over images"]) == ("0.2", "0.001")
    assert rows[1]["so it is"] == "inside the noise"
    assert note.words == TESTS
    assert chart.svg.count('class="band') == 2
    assert "over 2 seeds" in chart.caption
    assert "Over seeds" in render(seeded)


def test_a_refit_s_finalists_stand_on_the_page_of_the_sweep_that_chose_them(seeded):
    row = {key: value for key, value in GROUPS[0].items() if key != "trials"}
    row |= {"first_trial": "a0", "first_accuracy": 0.6, "first_status": "completed"}
    write(seeded, "seeds", [row])
    _, part = over_seeds_parts(read(seeded))
    assert part.title == "Finalists over seeds"
    assert part.blocks[0].words == REFIT
    write(seeded, "seeds", [row | {"first_trial": "of another sweep"}])
    assert len(over_seeds_parts(read(seeded))) == 1


def test_tensorboard_has_a_run_for_the_mean_and_either_end(seeded, tmp_path):
    tensorboard_run.write(tmp_path / "tensorboard", seeded)
    runs = tmp_path / "tensorboard" / "postprocess"
    assert {path.name for path in runs.iterdir() if path.is_dir()} == {
        "seeds 1 cnn5",
        "seeds 2 vgg",
    }
    events = EventAccumulator(str(runs / "seeds 1 cnn5" / "mean"))
    events.Reload()
    points = [(p.step, round(p.value, 4)) for p in events.Scalars("accuracy/validation")]
    assert points == [(1, 0.105), (2, 0.205), (3, 0.305)]
    assert {path.name for path in (runs / "seeds 1 cnn5").iterdir()} == {"mean", "low", "high"}


def test_without_several_seeds_there_is_nothing(full):
    assert over_seeds_parts(read(full)) == ()
