import pytest

from analysis.answer import Answer
from analysis.report.conftest import SCORES, score, write
from analysis.report.sections.headline import headline
from analysis.report.sweep_contents import read
from analysis.stored_answer import stored_answer


def answer_of(store):
    """What the headline says of the ensemble, and the note on it."""
    texts = [block for block in headline(read(store), Answer()) if block.kind == "text"]
    return [text.words for text in texts[-2:]]


@pytest.mark.parametrize(
    ("gain", "p", "unsure"),
    [((0.01, 0.2), 0.03, False), ((-0.01, 0.2), 0.03, True), ((0.01, 0.2), 0.08, True)],
)
def test_the_headline_says_when_a_gain_may_be_chance(full, gain, p, unsure):
    rows = [*SCORES[:2], score("ensemble", "accuracy_gain", 0.1, ends=gain)]
    write(full, "scores", [*rows, score("ensemble", "mcnemar_p", p)])
    answer = answer_of(full)[0]
    assert answer.endswith("The difference may be chance.") is unsure


def test_the_headline_says_what_is_cross_validated(full):
    rows = [score("ensemble", "accuracy", 0.8, how="cross-validated"), SCORES[1]]
    write(full, "scores", rows)
    answer, note = answer_of(full)
    assert "the ensemble of 0.800 (cross-validated): a gain of +0.100." in answer
    assert "no figure for images without copies" in note


def test_the_headline_of_test_gives_the_gain_on_validation_too(full):
    gain = score("ensemble", "accuracy_gain", 0.05, how="cross-validated, paired with aaa")
    validation = [gain | {"split": "validation"}]
    validation.append(score("ensemble", "mcnemar_p", 0.4) | {"split": "validation"})
    write(full, "scores", [*SCORES, *validation])
    _, note = answer_of(full)
    assert "On validation (n = 10, cross-validated) the gain is +0.050" in note
    assert note.endswith("McNemar's test p = 0.400.")


def test_a_page_that_is_about_to_be_written_again_says_so_first(full):
    record = full.read_json("postprocess.json")
    assert headline(read(full), Answer())[0].words.startswith("This report is incomplete")
    full.write_json("postprocess.json", record | {"at_work": True})
    first, *_ = headline(read(full), Answer())
    assert first.tone == "warning"
    assert first.words.startswith("A first page, written as soon as the sweep had ended")


def choice(store, **ensemble):
    record = store.read_json("postprocess.json")
    store.write_json("postprocess.json", record | {"ensemble": record["ensemble"] | ensemble})


def test_a_rule_that_won_is_said_to_have_won_also_with_one_member(full):
    choice(full, rule="stacking", members=[{"trial": "aaa", "coefficient": 1.0}])
    answer, _ = answer_of(full)
    assert "a gain of +0.100" in answer
    assert "no rule" not in answer


RULES = [{"rule": "best single", "chosen": True}, {"rule": "stacking"}]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (
            {"rules": RULES},
            "no rule of making one passed the test that stands under Rules compared.",
        ),
        (
            {
                "rules": RULES[:1],
                "sentence": "The best single trial was taken: one trial.",
            },
            "one trial.",
        ),
        ({"rules": RULES[:1], "sentence": ""}, "none was compared."),
    ],
)
def test_where_the_best_single_model_was_taken_the_true_reason_is_given(full, record, why):
    choice(full, rule="best single", members=[{"trial": "aaa", "coefficient": 1.0}], **record)
    answer, _ = answer_of(full)
    assert "the single model chosen on validation has an accuracy of 0.700" in answer
    assert answer.endswith(f"There is no ensemble: {why}")


ONE = [{"trial": "aaa", "coefficient": 1.0}]
CHOSEN = "the single model chosen on validation"
ANEW = "the best single model, chosen anew without each image's fold,"
THESE = "the single model chosen on these very images"
LONE = "It has a single member: it is one net."
OVER = "Over its most accurate member"

HEADLINES = {
    "test, several members": ("test", "measured", "stacking", ONE * 2, (CHOSEN,), (LONE, ANEW)),
    "test, one member": ("test", "measured", "greedy", ONE, (CHOSEN, LONE), (ANEW, THESE)),
    "test, the single model": ("test", "measured", "best single", ONE, (CHOSEN,), (LONE, OVER)),
    "validation, by folds": ("validation", "cross-validated", "stacking", ONE * 2, (ANEW,), ()),
    "validation, too few for folds": (
        "validation",
        "measured",
        "best single",
        ONE,
        (THESE, "the accuracy is 0.625"),
        (CHOSEN, ANEW, OVER, "the accuracies are"),
    ),
}
"""Split, how, rule, members -> what the headline says, and what it does not."""


@pytest.mark.parametrize("situation", HEADLINES)
def test_the_headline_says_on_which_images_the_single_model_was_chosen(full, situation):
    split, how, rule, members, printed, absent = HEADLINES[situation]
    choice(full, rule=rule, members=members, rules=RULES)
    full.write_json("postprocess.json", full.read_json("postprocess.json") | {"split": split})
    over = [score("ensemble", f"{m}_best_member", 0.01) for m in ("accuracy_gain", "mcnemar_p")]
    rows = [row | {"split": split, "how": how} for row in (*SCORES[:4], *over)]
    write(full, "scores", rows)
    text = " ".join(answer_of(full))
    assert [words for words in printed if words not in text] == []
    assert [words for words in (*absent, "beyond chance") if words in text] == []
    assert (OVER in text) is (rule != "best single")


BRACKETS, FLATTERED = "Brackets hold 95 % intervals.", "It is the best of several"

UNSCORED = {
    "one trial": ([("a", 0, "completed", 0.8)], (BRACKETS,), (FLATTERED,)),
    "one measured, one failed": (
        [("a", 0, "completed", 0.8), ("b", 0, "failed", None)],
        (BRACKETS,),
        (FLATTERED,),
    ),
    "two measured": (
        [("a", 0, "completed", 0.8), ("b", 0, "completed", 0.7)],
        (BRACKETS, FLATTERED),
        (),
    ),
    "a mean over seeds": (
        [("a", 0, "completed", 0.8), ("a", 1, "completed", 0.7), ("b", 0, "completed", 0.6)],
        (FLATTERED,),
        (BRACKETS,),
    ),
    "none measured": ([("a", 0, "failed", None)], (), (BRACKETS, FLATTERED, "No ensemble")),
}
"""(architecture, seed, status, accuracy) a trial -> what stands below the answer, and what not."""


@pytest.mark.parametrize("situation", UNSCORED)
def test_what_to_know_of_the_best_accuracy_where_no_ensemble_was_scored(empty, situation):
    trials, printed, absent = UNSCORED[situation]
    rows = [
        {"trial": f"t{i}", "number": i, "architecture": net, "seed": seed, "status": status}
        | {"validation_accuracy": accuracy, "validation_n": 100}
        for i, (net, seed, status, accuracy) in enumerate(trials)
    ]
    write(empty, "trials", rows)
    blocks = headline(read(empty), stored_answer(empty)[0])
    text = " ".join(block.words for block in blocks if block.kind == "text")
    assert [words for words in printed if words not in text] == []
    assert [words for words in absent if words in text] == []
