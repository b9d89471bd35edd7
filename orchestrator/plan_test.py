import dataclasses
import json

import pytest

from orchestrator import plan
from orchestrator.config import TrialConfig
from orchestrator.data.testing import noise_folder, write_folder
from orchestrator.errors import BadInput
from orchestrator.request import parse
from orchestrator.search.axes import Categorical, Constant, Real
from results.paths import Paths
from results.store import Store

QUESTION = """
from ray import tune
from orchestrator.config import Budget, Sweep

def sweep():
    return Sweep(
        name="tiny",
        question="Which rate suits a tiny net?",
        space={
            "architecture": "CPF",
            "learning_rate": tune.loguniform(1e-3, 1e-1),
            "dropout": tune.choice([0.0, 0.5]),
            "epochs": 27,
        },
        budget=Budget(trials=8),
        embedded=EMBEDDED,
    )
"""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """Drawn faces are cached among the tests' own files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATOR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def plan_for(tmp_path):
    """Gives a plan for a command line, with a tiny question and results of its own."""
    file = tmp_path / "tiny.py"
    file.write_text(QUESTION.replace("EMBEDDED", "140"))

    def ask(*words, question=str(file)):
        return plan.make(parse([question, "--results", str(tmp_path / "results"), *words]))

    ask.file, ask.results = file, tmp_path / "results"
    return ask


def begin(planned, precision="float32", backend=None):
    """What a sweep leaves once it has begun, as far as a plan looks at it."""
    planned = plan.with_precision(planned, precision)
    store = planned.store
    record = {"identity": planned.identity(), "precision": precision}
    store.write_json(Paths().sweep, record | ({"backend": backend} if backend else {}))
    store.write_bytes(Paths().journal, b"")
    return planned


def test_the_question_and_nothing_else(plan_for):
    made = plan_for()
    assert made.name == "tiny"
    assert made.folder == str(plan_for.results / "tiny")
    assert (made.seed, made.trials, made.most_epochs, made.resume) == (0, 8, 27, False)
    assert made.rungs.epochs == (1, 3, 9)
    assert made.base == TrialConfig(data=made.splits.digest)
    assert made.source.digest == made.splits.digest
    assert not plan_for.results.exists()  # a plan leaves nothing


def test_the_command_line_has_the_last_word(plan_for):
    made = plan_for(
        "--epochs", "9", "--trials", "3", "--set", "dropout=0.1", "--set", "width=0.5,1"
    )
    assert made.space.axes["epochs"] == Constant(9)
    assert made.space.axes["dropout"] == Constant(0.1)
    assert made.space.axes["width"] == Categorical((0.5, 1.0))
    assert (made.trials, made.rungs.epochs) == (3, (1, 3))
    assert plan_for("--set", "learning_rate=0.1..0.3").space.axes["learning_rate"] == Real(0.1, 0.3)


def test_a_small_space_holds_fewer_trials_than_the_budget(plan_for):
    assert plan_for("--set", "learning_rate=0.1,0.2,0.3").trials == 6


def test_the_seed_is_the_command_s_unless_the_space_varies_it(plan_for):
    assert plan_for("--seed", "5").base.seed == 5
    varied = plan_for("--seed", "5", "--set", "seed=1,2,3")
    assert varied.seed == 5
    assert varied.space.axes["seed"] == Categorical((1, 2, 3))


def test_without_early_stopping_there_are_no_rungs(plan_for):
    plan_for.file.write_text(plan_for.file.read_text().replace("trials=8", "early_stopping=False"))
    assert plan_for().rungs.epochs == ()


def test_values_of_a_field(plan_for):
    made = plan_for()
    assert made.space.values("dropout") == [0.0, 0.5]
    assert made.space.values("epochs") == [27]
    assert made.space.values("pooling") == ["max"]  # not in the space: the default
    assert made.space.values("learning_rate") == []


def test_auto_precision_is_settled_wherever_it_stands(plan_for):
    settled = plan.with_precision(plan_for(), "mixed_bfloat16")
    assert settled.base.precision == "mixed_bfloat16"
    assert "precision" not in settled.space.axes
    chosen = plan.with_precision(plan_for("--set", "precision=float32"), "mixed_bfloat16")
    assert chosen.space.axes["precision"] == Constant("float32")
    both = plan_for("--set", "precision=auto,float32")
    assert plan.with_precision(both, "mixed_bfloat16").space.axes["precision"] == Categorical(
        ("mixed_bfloat16", "float32")
    )
    assert plan.with_precision(both, "float32").space.axes["precision"] == Constant("float32")


# --- names of folders ------------------------------------------------------------------------


def test_a_default_name_that_is_taken_gets_a_number(plan_for):
    begin(plan_for())
    second = plan_for()
    assert second.name == "tiny-2"
    begin(second)
    assert plan_for().name == "tiny-3"


def test_an_explicit_name_that_is_taken_is_refused(plan_for):
    begin(plan_for("--name", "first"))
    with pytest.raises(BadInput, match="first holds a sweep already; add --resume to go on"):
        plan_for("--name", "first")


def test_resuming_nothing_lists_what_could_be(plan_for):
    begin(plan_for("--name", "first"))
    begin(plan_for("--name", "second"))
    with pytest.raises(BadInput, match=r"holds no sweep to resume.*there: first, second; choose"):
        plan_for("--name", "third", "--resume")
    with pytest.raises(BadInput, match=r"Sweeps there: none"):
        plan.make(
            parse([str(plan_for.file), "--results", str(plan_for.results / "none"), "--resume"])
        )


def test_what_was_killed_before_it_had_begun_is_begun(plan_for):
    Store(plan_for.results / "tiny").write_bytes(Paths().journal, b"")
    made = plan_for("--name", "tiny", "--resume")
    assert (made.name, made.resume) == ("tiny", False)
    assert plan_for("--name", "tiny").resume is False
    assert plan_for().name == "tiny-2"  # somebody may be about to begin the first


# --- resuming --------------------------------------------------------------------------------


def test_a_resumed_sweep_keeps_its_recorded_seed_and_precision(plan_for):
    begin(plan_for("--seed", "11"), "mixed_bfloat16")
    made = plan_for("--resume")
    assert (made.resume, made.seed, made.base.seed) == (True, 11, 11)
    assert made.base.precision == "mixed_bfloat16"
    begun = begin(plan_for("--name", "auto", "--set", "precision=auto,float32"), "mixed_bfloat16")
    again = plan_for("--name", "auto", "--resume", "--set", "precision=auto,float32")
    assert again.space == begun.space


def test_more_trials_may_be_asked_for_on_resuming(plan_for):
    begin(plan_for())
    assert plan_for("--resume", "--trials", "100").trials == 100


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--seed", "1"], "seed is now 1, but the sweep began with 0;"),
        (["--epochs", "9"], "setting epochs is now 9, but the sweep began with 27;"),
        (
            ["--set", "dropout=0.1"],
            "setting dropout is now 0.1, but the sweep began with 0.0 | 0.5;",
        ),
        (
            ["--set", "augmentation_strength=1"],
            "setting augmentation_strength is now 1.0, but the sweep began with none;",
        ),
    ],
)
def test_a_resumed_sweep_must_ask_what_it_asked(plan_for, words, sentence):
    begin(plan_for())
    with pytest.raises(BadInput) as refusal:
        plan_for("--resume", *words)
    assert sentence in str(refusal.value)
    assert "sweep.json" in str(refusal.value)


@pytest.mark.parametrize(
    ("recorded", "asked", "resumed"),
    [(None, "auto", "tensorflow"), (None, "tensorflow", "tensorflow"), ("jax", "auto", "jax")],
)
def test_a_resumed_sweep_keeps_its_backend(plan_for, recorded, asked, resumed):
    """Where none is recorded, TensorFlow was the only one."""
    begin(plan_for(), backend=recorded)
    made = plan_for("--resume", "--backend", asked)
    assert (made.backend, made.question.backend) == (resumed, resumed)


@pytest.mark.parametrize(("recorded", "asked"), [(None, "jax"), ("jax", "tensorflow")])
def test_numbers_of_two_backends_never_mix_in_a_sweep(plan_for, recorded, asked):
    begin(plan_for(), backend=recorded)
    sentence = f"--backend {asked}, but the sweep began with {recorded or 'tensorflow'}"
    with pytest.raises(BadInput, match=f"{sentence}, and numbers of two backends must not mix"):
        plan_for("--resume", "--backend", asked)


def test_a_resumed_sweep_must_have_the_same_data_and_search(plan_for):
    begin(plan_for())
    text = plan_for.file.read_text()
    plan_for.file.write_text(text.replace("embedded=140", "embedded=210"))
    with pytest.raises(BadInput, match=r"data is now .* but the sweep began with"):
        plan_for("--resume")
    plan_for.file.write_text(text.replace("embedded=140", 'embedded=140, search="random"'))
    with pytest.raises(BadInput, match="search is now random, but the sweep began with tpe"):
        plan_for("--resume")


def test_the_identity_is_plain_json(plan_for):
    identity = plan_for().identity()
    assert json.loads(json.dumps(identity)) == identity


# --- what cannot be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--set", "learning_rte=1"], "unknown setting 'learning_rte'; known: architecture,"),
        (["--set", "optimizer=newton"], "unknown optimizer 'newton'; known: sgd, adam"),
        (["--set", "data=abc"], "data is the data set's digest.*use --data PATH"),
        (["--set", "epochs=2.5"], "epochs='2.5' is no int"),
        (["--data", "/nowhere/fer2013.csv"], "/nowhere/fer2013.csv"),
        (["--address", "auto"], None),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(plan_for, words, sentence):
    if sentence is None:
        with pytest.raises(BadInput, match=r"--results here is relative; on a cluster"):
            plan.make(parse([str(plan_for.file), "--results", "here", *words]))
    else:
        with pytest.raises(BadInput, match=sentence):
            plan_for(*words)
    assert not plan_for.results.exists()


def test_results_that_are_a_file_are_refused(plan_for):
    plan_for.results.write_text("not a folder")
    with pytest.raises(BadInput, match="is a file; expected a folder"):
        plan_for()


def test_a_grid_over_a_continuous_axis_is_refused_before_ray_starts(plan_for):
    plan_for.file.write_text(
        plan_for.file.read_text().replace("embedded=140", 'search="grid", embedded=140')
    )
    with pytest.raises(BadInput, match="learning_rate ranges continuously"):
        plan_for()


def test_an_unknown_search_lists_the_known_ones(plan_for):
    plan_for.file.write_text(
        plan_for.file.read_text().replace("embedded=140", 'search="bayes", embedded=140')
    )
    with pytest.raises(BadInput, match="unknown search 'bayes'; known: tpe, random, grid"):
        plan_for()


def test_weights_that_are_not_there_are_missed_at_once_but_not_for_a_cluster(plan_for):
    words = ["--set", "architecture=vgg16", "--set", "weights=/nowhere/vgg16.h5"]
    with pytest.raises(BadInput, match=r"there is no file /nowhere/vgg16\.h5"):
        plan_for(*words)
    assert plan_for(*words, "--address", "auto").name == "tiny"


def test_a_plan_cannot_be_changed(plan_for):
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan_for().name = "other"


def test_data_of_one_class_are_refused_before_anything_is_trained(plan_for, tmp_path):
    path = write_folder(noise_folder({"happy": 9}), tmp_path / "d")
    with pytest.raises(BadInput, match=r"all 9 images are of one class \(happy\)"):
        plan_for("--data", str(path))


def test_the_folder_may_decide_on_the_split_and_the_digest_tells(plan_for, tmp_path):
    noise = noise_folder({f"{s}/{k}": 6 for s in ("train", "test") for k in ("happy", "sad")})
    members = {name.replace("/n", "/Training_"): data for name, data in noise.items()}
    path = str(write_folder(members, tmp_path / "d"))
    by_name, by_folder = plan_for("--data", path), plan_for("--data", path, "--split-by", "folder")
    assert len(by_name.splits.training) == 20  # of 24, one of each class for each missing split
    assert (len(by_folder.splits.training), len(by_folder.splits.test)) == (10, 12)
    assert by_folder.splits.digest != by_name.splits.digest
    assert by_folder.source.open().digest == by_folder.splits.digest  # as a trial opens it


def test_a_named_table_labels_the_images_and_the_digest_tells(plan_for, tmp_path):
    path = str(write_folder(noise_folder({"a": 6, "b": 6}), tmp_path / "d"))
    table = tmp_path / "labels.csv"
    rows = [f"{k}/n{n}.png,{'happy' if n < 3 else 'sad'}" for k in "ab" for n in range(6)]
    table.write_text("\n".join(["image,emotion", *rows]))
    planned = plan_for("--data", path, "--labels", str(table))
    assert planned.splits.classes == ("happy", "sad")
    assert planned.source.open().digest == planned.splits.digest  # as a trial opens it
    assert plan_for("--data", path).splits.classes == ("a", "b")
    table.write_text("\n".join(["image,emotion", *rows]).replace("happy", "fear"))
    again = plan_for("--data", path, "--labels", str(table))
    assert again.splits.classes == ("fear", "sad")  # another table is noticed


def test_a_table_of_labels_needs_images(plan_for):
    with pytest.raises(BadInput, match="--labels labels images of the user; name them with --data"):
        plan_for("--labels", "labels.csv")


def test_results_at_a_place_that_nobody_knows(plan_for):
    with pytest.raises(BadInput, match=r"^--results: gopher://x is no place .* s3://bucket/folder"):
        plan_for("--results", "gopher://x")
