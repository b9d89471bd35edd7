import pytest

from analysis.answer import answer
from analysis.made_up_sweeps import MadeUpSweep
from analysis.statements import statements


@pytest.mark.parametrize(
    ("accuracies", "sentence"),
    [
        (
            (0.3, 0.6, 0.801, 0.802, 0.7, 0.2),
            "0.01 to 0.03 did well: the best has 0.03, and 1 of 5 other configurations cannot be "
            "told from it (0.001 to 0.3 were tried).",
        ),
        (
            (0.3, 0.6, 0.7, 0.8, 0.5, 0.2),
            "The best has 0.03; no other comes up to it (0.001 to 0.3 were tried).",
        ),
        (
            (0.3, 0.8, 0.5, 0.801, 0.5, 0.2),
            "0.003 to 0.03 did well: the best has 0.03, and 1 of 5 other configurations cannot be "
            "told from it; 1 between them did worse (0.001 to 0.3 were tried).",
        ),
        (
            (0.5, 0.501, 0.502, 0.503, 0.5, 0.5),
            "None of the 5 other configurations can be told from the best, which has 0.03 "
            "(0.001 to 0.3 were tried).",
        ),
    ],
)
def test_a_range_of_numbers(accuracies, sentence):
    sweep = MadeUpSweep()
    for rate, accuracy in zip((0.001, 0.003, 0.01, 0.03, 0.1, 0.3), accuracies, strict=True):
        sweep.add([accuracy], learning_rate=rate)
    made = answer(sweep.trials, sweep.epochs, sweep.right)
    assert [s.text for s in statements(made) if s.setting == "learning_rate"] == [sentence]
