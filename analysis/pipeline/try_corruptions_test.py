import pytest

from analysis.pipeline.steps import postprocess
from analysis.robustness.corruptions import CORRUPTIONS, LEVELS
from results.paths import Paths
from results.tables.robustness import ROBUSTNESS


@pytest.fixture
def robustness(bare, again):
    """The table after post-processing with this request; and what was noted."""

    def made(**request):
        one, work = again(bare, **request)
        postprocess(one)
        frame = one.store.read_table(Paths().robustness, ROBUSTNESS).to_pandas()
        return frame, one, work

    return made


@pytest.mark.long
def test_each_corruption_at_each_strength_for_members_and_ensemble(robustness):
    table, one, _ = robustness(robustness=14)
    after = table[(table["level"] > 0) & (table["by"] == "all")]
    assert set(after["corruption"]) == set(CORRUPTIONS)
    levels = after.groupby(["who", "corruption"])["level"].apply(tuple)
    assert set(levels) == {LEVELS}
    assert (after["n"] == 14).all()
    assert {"ensemble"} < set(after["who"])
    members = after[after["who"] != "ensemble"]
    assert set(members["who"]) <= set(one.folder.trials["trial"])
    assert set(members["preprocessing"]) <= {"plain", "histogram"}
    plain = (after["accuracy"] + after["lost"]).groupby(after["who"])
    assert (plain.max() - plain.min() < 1e-9).all()  # the same images as they are
    assert any("Corruptions were tried on 14 of the 35 images" in c for c in one.notes.caveats)
    page = one.store.read_bytes(Paths().report).decode()
    assert "Accuracy by strength of ten kinds of damage" in page


@pytest.mark.long
def test_unasked_no_net_is_needed_and_light_and_classes_stand_there(robustness):
    table, one, work = robustness()
    assert set(table["corruption"]) == {"none"}
    assert {"all", "class", "brightness", "contrast", "side light"} == set(table["by"])
    own = table[table["who"] == "ensemble"].set_index("by")
    answers = one.store.read_table(Paths().answers).to_pandas()
    assert own.loc["all", "accuracy"] == pytest.approx(answers["correct"].mean())
    assert "TryCorruption" not in {type(task).__name__ for task in work.done}
