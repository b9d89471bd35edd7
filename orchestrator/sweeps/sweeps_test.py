import re
import sys
from pathlib import Path

import pytest

from orchestrator import sweeps
from orchestrator.config import CHOICES, Sweep
from orchestrator.errors import BadInput
from orchestrator.models.options import IMAGENET_FILE
from orchestrator.scheduling.schedulers.rungs import milestones
from orchestrator.search.axes import Categorical, Constant
from orchestrator.search.catalogue import SEARCHES
from orchestrator.search.space import SearchSpace

MINE = """
from ray import tune
from orchestrator.config import Budget, Sweep

RATES = [0.1, 0.01]

def sweep():
    return Sweep("mine", "Is mine any good?", {"learning_rate": tune.grid_search(RATES)})
"""


def space_of(name):
    made = sweeps.load(name)
    return SearchSpace.of(made.space, made.configurations)


@pytest.mark.parametrize("name", sweeps.SWEEPS)
class TestEveryNamedSweep:
    def test_is_a_sweep_of_that_name_and_asks_one_question(self, name):
        made = sweeps.load(name)
        assert isinstance(made, Sweep)
        assert made.name == name
        assert re.fullmatch(r"[A-Z][^.?!]*(\.\d[^.?!]*)*\?", made.question), made.question

    def test_its_question_is_read_without_importing_it(self, name):
        question = sweeps.load(name).question
        source = Path(sys.modules[sweeps.SWEEPS[name]].__file__).read_text()
        assert sweeps.literal_question(source) == sweeps.question_of(name) == question

    def test_varies_something_within_what_is_known(self, name):
        space = space_of(name)  # refuses unknown fields and values
        assert space.varied
        assert set(space.values("architecture")) & {*CHOICES["architecture"], "CPCPFF"}

    def test_names_its_epochs_and_a_search_that_there_is(self, name):
        assert isinstance(space_of(name).axes["epochs"], Constant)
        assert sweeps.load(name).search in SEARCHES

    def test_spends_what_its_space_needs(self, name):
        made = sweeps.load(name)
        space, budget = space_of(name), made.budget
        if made.search == "grid":
            assert budget.trials == space.size
        if budget.early_stopping:
            epochs = space.highest("epochs")
            assert milestones(budget.grace_epochs, budget.reduction_factor, epochs)

    def test_its_file_says_how_to_run_it(self, name):
        module = __import__(sweeps.SWEEPS[name], fromlist=["sweep"])
        assert "python -m orchestrator.sweep" in module.__doc__
        assert module.sweep.__doc__


def test_every_file_here_is_named():
    here = {path.stem for path in Path(sweeps.__file__).parent.glob("*.py")}
    assert {name for name in here if not name.startswith("__") and not name.endswith("_test")} == {
        module.rpartition(".")[2] for module in sweeps.SWEEPS.values()
    }


def test_a_question_that_is_no_plain_text_is_not_read():
    assert sweeps.literal_question('def sweep():\n    return Sweep(question="Is it?")') == "Is it?"
    assert sweeps.literal_question("def sweep():\n    return Sweep(question=QUESTION)") is None
    assert sweeps.literal_question('def sweep():\n    return Sweep(question=f"{A} or B?")') is None


def test_the_quickstart_needs_no_data_and_few_images():
    assert 0 < sweeps.load("quickstart").embedded <= 10_000


def test_the_published_protocol_is_as_published():
    axes = space_of("state_of_the_art").axes
    expected = {"epochs": 600, "learning_rate": 0.1, "batch_size": 128, "momentum": 0.9}
    assert {key: axes[key].value for key in expected} == expected


def test_the_survey_s_protocol_is_as_published():
    axes = space_of("survey").axes
    expected = {"epochs": 300, "learning_rate": 0.1, "batch_size": 128, "schedule": "plateau"}
    assert {key: axes[key].value for key in expected} == expected
    assert axes["architecture"].values == ("vgg", "inception", "resnet")
    # 48x48 out of 54x54 is 3 pixels to each side; a shift at strength 1 is a tenth of 48
    assert axes["augmentation_strength"].value * 0.1 * 48 == pytest.approx(3)


def test_every_correction_of_illumination_is_held_against_plain_images():
    axes = space_of("illumination").axes
    others = {"standardise"}  # centres and scales: no correction of light
    assert set(axes["preprocessing"].values) == set(CHOICES["preprocessing"]) - others
    assert axes["preprocessing"].values[0] == "plain"
    assert len(axes["seed"].values) >= 3


def test_transfer_starts_from_imagenet_s_weights_only_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert space_of("transfer").axes["weights"].value == "none"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / IMAGENET_FILE).touch()
    assert space_of("transfer").axes["weights"].value == "imagenet"


def test_a_file_anywhere_works_the_same_way(tmp_path):
    file = tmp_path / "somewhere" / "my question.py"
    file.parent.mkdir()
    file.write_text(MINE)
    made = sweeps.load(str(file))
    assert made.name == "mine"
    assert SearchSpace.of(made.space).axes["learning_rate"] == Categorical((0.1, 0.01))
    assert sorted(file.parent.iterdir()) == [file]  # reading it leaves nothing beside it


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadInput) as refusal:
        sweeps.load("quikstart")
    assert all(name in str(refusal.value) for name in sweeps.SWEEPS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "{file}: no such file; expected a Python file with sweep() -> Sweep"),
        ("x = 1\n", "{file}: defines no function sweep(); expected sweep() -> Sweep"),
        ("sweep = 1\n", "{file}: defines no function sweep(); expected sweep() -> Sweep"),
        ("x = 1\ndef sweep(:\n", "{file}, line 2: SyntaxError: invalid syntax"),
        ("\n\nimport nothing_like_it\n", "{file}, line 3: ModuleNotFoundError: No module named"),
        ("def sweep():\n    return 3 / 0\n", "{file}, line 2: ZeroDivisionError: division by zero"),
        ("def sweep():\n    return {}\n", "{file}: sweep() gave a dict, expected a Sweep"),
        (MINE.replace('"mine"', '"../mine"'), "{file}: name='../mine': expected letters"),
        (MINE.replace("RATES)}", "RATES)}, Budget(trials=0)"), "{file}: a budget of 0 trials"),
        (MINE.replace("RATES)}", "RTES)}"), "{file}, line 8: NameError: name 'RTES' is"),
        ("def sweep(x):\n    return x\n", "{file}: TypeError: sweep() missing 1 required"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_its_line(tmp_path, text, sentence):
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadInput) as refusal:
        sweeps.load(str(file))
    assert str(refusal.value).startswith(sentence.format(file=file))
    assert "\n" not in str(refusal.value)
