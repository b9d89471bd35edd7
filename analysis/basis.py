"""What an answer's comparisons rest on, and which numbers of a range did well, in words."""

from collections.abc import Sequence

from analysis import wording
from analysis.answer import Answer, RangeAnswer, SettingAnswer
from analysis.comparison.configurations import COUNTS, IMAGES, SEEDS
from results.varied import heading, value_text

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


def range_sentence(part: RangeAnswer, answer: Answer) -> str:
    """Which numbers did well, and which were tried."""
    name, measured = heading(part.setting), len(answer.ranking)
    if not part.leading:
        return f"None of the configurations that cannot be told from the best has a {name}."
    tried = f"{value_text(part.tried[0])} to {value_text(part.tried[1])} were tried"
    span = f"{value_text(part.low)} to {value_text(part.high)}"
    if answer.ranking[0].settings[part.setting] is None:
        did = "does" if part.leading == 1 else "do"
        return (
            f"The best has no {name}; of those with one, {part.leading} that cannot be told from "
            f"it {did} with {span} ({tried})."
        )
    if part.leading == 1:
        who = "no other that was trained to its end" if _some_stopped(answer) else "no other"
        return f"The best has {value_text(part.best)}; {who} comes up to it ({tried})."
    if part.leading == measured:
        return (
            f"None of the {wording.count(measured - 1)} other configurations can be told from the "
            f"best, which has {value_text(part.best)} ({tried})."
            if measured > 2
            else f"The other configuration cannot be told from the best, which has "
            f"{value_text(part.best)} ({tried})."
        )
    within = part.inside - part.leading
    or_stopped = " or had been stopped early" if _some_stopped(answer) else ""
    worse = f"; {within} between them did worse{or_stopped}" if within else ""
    return (
        f"{span} did well: the best has {value_text(part.best)}, and {part.leading - 1} of "
        f"{measured - 1} other configurations cannot be told from it{worse} ({tried})."
    )


def range_brief(part: RangeAnswer, answer: Answer) -> str:
    """The same for a terminal; "" where nothing is to be said."""
    name = heading(part.setting)
    if not part.leading or answer.ranking[0].settings[part.setting] is None:
        return ""
    if part.leading == 1:
        return f"the best {name} is {value_text(part.best)}"
    if part.leading == len(answer.ranking):
        return f"{name}: none of the others can be told from {value_text(part.best)}"
    return f"{name} {value_text(part.low)} to {value_text(part.high)} did well"


def _some_stopped(answer: Answer) -> bool:
    """Whether configurations do not count beside the best because they were not trained on."""
    return answer.ranking[0].finished and not answer.ranking[-1].finished
