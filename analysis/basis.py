"""What an answer's comparisons rest on, in words."""

from collections.abc import Sequence

from analysis import wording
from analysis.answer import Answer, RangeAnswer, SettingAnswer
from analysis.comparison.configurations import COUNTS, IMAGES, SEEDS

BASES = {
    SEEDS: "paired t-tests over the seeds that two configurations share",
    IMAGES: "McNemar's exact test of two nets on the same {n} images",
    COUNTS: "Fisher's exact test of two counts of right answers among {n} images, where one of the "
    "two was not trained to its end or its predictions are not stored",
}
"""What a comparison rests on, in words."""

AGAINST_BEST = "Which configurations cannot be told from the best:"

ABOUT = "These comparisons are about validation images, on which trials were chosen too."


def basis(answer: Answer) -> list[str]:
    """Which tests are behind an answer's p values, in one text; none where nothing was compared."""
    made = (
        (answer.comparisons, answer.tests, _values_stand_for(answer)),
        (answer.against_best * _has_ranges(answer), answer.tests_against_best, AGAINST_BEST),
    )
    texts = [_resting_on(tests, n, which, answer) for n, tests, which in made if n]
    if texts:
        texts.append(ABOUT)
    return [" ".join(texts)] if texts else []


def _resting_on(tests: Sequence[str], comparisons: int, which: str, answer: Answer) -> str:
    n = wording.count(answer.n)
    bases = wording.enumeration([BASES[test].format(n=n) for test in tests])
    many = f", corrected after Holm for {comparisons} comparisons" if comparisons > 1 else ""
    return f"{which} {bases}{many}."


def _has_ranges(answer: Answer) -> bool:
    return any(isinstance(part, RangeAnswer) for part in answer.settings)


def _values_stand_for(answer: Answer) -> str:
    values = [v for p in answer.settings if isinstance(p, SettingAnswer) for v in p.values]
    epochs = {v.behind.epoch for v in values if v.behind and v.is_compared}
    at = "at its best epoch"
    if epochs - {None}:
        at = "at the last epoch that both of a pair reached"
        at += ", or each at its best where both were trained to their end" * (None in epochs)
    net = ", of several seeds with its best net where images are counted" * (answer.seeds > 1)
    return f"Each value stands for the best configuration that has it, {at}{net}; p values:"
