"""A sweep's answer in sentences: for the report, the terminal, the leaderboard, the model card."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis import wording
from analysis.answer import Answer, RangeAnswer, SettingAnswer, ValueResult
from analysis.comparison.configurations import COUNTS, IMAGES, SEEDS, Configuration
from orchestrator import metrics
from results.varied import description, heading, value_text

MOST_ERRORS = 1
"""Messages of failed trials that an answer repeats; the tables have all."""

MOST_UNTRIED = 4
"""Pairs that were never tried together in one sentence; the cross table has all."""

BASES = {
    SEEDS: "paired t-tests over the seeds that two configurations share",
    IMAGES: "McNemar's exact test of two nets on the same {n} images",
    COUNTS: "Fisher's exact test of two counts of right answers among {n} images, where one of the "
    "two went no further than some epoch or its predictions are not stored",
}
"""What a comparison rests on, in words."""


@dataclass(frozen=True)
class Statement:
    """One finding.

    Attributes:
        kind: "best", "setting", "seeds", or "how" for what the others rest on.
        setting: which setting it is about; "" if none.
        text: one or more sentences.
    """

    kind: str
    setting: str
    text: str


def statements(answer: Answer) -> tuple[Statement, ...]:
    """All findings, the best first, what they rest on last."""
    parts = [Statement("best", "", best_sentence(answer))]
    parts += [Statement("setting", s.setting, _about(s, answer)) for s in answer.settings]
    if not math.isnan(answer.seed_sd):
        parts.append(Statement("seeds", "seed", _seed_sentence(answer)))
    parts += [Statement("how", "", text) for text in _how(answer)]
    return tuple(part for part in parts if part.text)


def summary(answer: Answer) -> str:
    """The answer in one line, for a terminal: the best, then what each setting came to."""
    briefs = [brief for part in answer.settings if (brief := _brief(part))]
    return " ".join([best_sentence(answer), *([f"{'; '.join(briefs)}."] if briefs else [])])


def best_sentence(answer: Answer) -> str:
    """Which configuration was best, and how accurate it was."""
    trials = sum(answer.statuses.values())
    if not answer.ranking:
        return _unmeasured(answer, trials)
    best = answer.ranking[0]
    accuracy = f"{_accuracy(best, answer)}{_stopped(answer)}"
    if len(answer.ranking) == 1:
        only = "The only one" if trials == 1 else f"The only configuration among {trials} trials"
        compare = "" if answer.seeds > 1 else " There is nothing to compare it with."
        return f"{only} that was measured, {_name(best, answer)}, has {accuracy}.{compare}"
    return f"The best of {wording.count(trials)} trials is {_name(best, answer)}: {accuracy}."


def _unmeasured(answer: Answer, trials: int) -> str:
    failed = answer.statuses.get("failed", 0)
    if not trials or failed < trials:
        return "No trial of this sweep has been measured yet, so there is no answer yet."
    messages = "; ".join(answer.errors[:MOST_ERRORS])
    return f"There is no answer: all {trials} trials failed ({messages or 'no message'})."


def _name(configuration: Configuration, answer: Answer) -> str:
    names = [name for name in answer.varied if name != "seed"]
    return description(configuration.example, names)


def _accuracy(best: Configuration, answer: Answer) -> str:
    if len(best.accuracies) > 1:
        seeds = len(best.accuracies)
        return f"a mean validation accuracy of {wording.share(best.accuracy)} over {seeds} seeds"
    low, high = metrics.interval(round(best.accuracy * answer.n), answer.n)
    n = f" (n = {wording.count(answer.n)})"
    return f"validation accuracy {wording.interval(best.accuracy, low, high)}{n}"


def _stopped(answer: Answer) -> str:
    if answer.ranking[0].finished:
        return ""
    return "; every measured trial was stopped early, so these are first impressions"


# --- one setting ----------------------------------------------------------------------------


def _about(part: SettingAnswer | RangeAnswer, answer: Answer) -> str:
    if isinstance(part, RangeAnswer):
        return _range_sentence(part, len(answer.ranking))
    makers = (_first_of_all, _tied, _ahead, _behind, _untried, _then)
    sentences = [make(part) for make in makers]
    return " ".join(sentence for sentence in sentences if sentence)


def _first_of_all(part: SettingAnswer) -> str:
    """That the best configurations share a value, where more than one does."""
    if part.in_a_row < 2:
        return ""
    return (
        f"The {part.in_a_row} best configurations all have {_value(part, part.values[0])} "
        f"({part.with_best} measured ones had it)."
    )


def _tied(part: SettingAnswer) -> str:
    best, *others = part.values
    tied = _undecided(part)
    if not others:
        return f"Only {_value(part, best)} was measured."
    if not tied:
        return f"{_value(part, best)} is best ({_share(best)})."
    names = wording.enumeration([_value(part, other) for other in tied])
    shares = wording.enumeration([_reached(other) for other in tied])
    against = f" against {_share(best)}" if _share(best) not in shares else ""
    p = _at_least([other.p for other in tied])
    return f"{names} cannot be told from {_value(part, best)} ({shares}{against}{p})."


def _undecided(part: SettingAnswer) -> list[ValueResult]:
    return [other for other in part.values[1:] if not (other.is_behind or other.is_ahead)]


def _ahead(part: SettingAnswer) -> str:
    """Who was better for as long as it was trained: a sweep that is not over, or a wrong stop."""
    ahead = [other for other in part.values[1:] if other.is_ahead]
    if not ahead:
        return ""
    words = [f"{_value(part, v)} ({_reached(v)}, {wording.chance(v.p)})" for v in ahead]
    return f"Ahead as far as they were trained: {wording.enumeration(words)}."


def _behind(part: SettingAnswer) -> str:
    behind = [other for other in part.values[1:] if other.is_behind]
    if not behind:
        return ""
    words = [f"{_value(part, v)} ({_reached(v)}, {wording.chance(v.p)})" for v in behind]
    return f"Behind: {wording.enumeration(words)}."


def _reached(value: ValueResult) -> str:
    """Its accuracy; where it went no further than some epoch, what the best had there."""
    if value.behind is None or value.behind.epoch is None:
        return _share(value)
    then, best = wording.share(value.behind.second), wording.share(value.behind.first)
    return f"{then} at epoch {value.behind.epoch}, where the best had {best}"


def _untried(part: SettingAnswer) -> str:
    pairs = [(v, name, other) for v in part.values[1:] for name, other in v.untried]
    if not pairs:
        return ""
    words = [f"{_value(part, v)} with {other}" for v, _, other in pairs[:MOST_UNTRIED]]
    more = len(pairs) - MOST_UNTRIED
    rest = f" (and {more} more pairs)" if more > 0 else ""
    return (
        f"Never tried: {wording.enumeration(words)}{rest}; what sets them apart may be the other "
        "setting's doing."
    )


def _then(part: SettingAnswer) -> str:
    """Whether the order is the same at the last epoch that all trials reached."""
    if part.leader_then is None or not part.epoch or len(part.values) < 2:
        return ""
    then = f"At epoch {part.epoch}, the last that every measured trial reached,"
    as_well = " as well" if part.leader_then == part.values[0].value else ""
    return f"{then} {_text(part.setting, part.leader_then)} led{as_well}."


def _range_sentence(part: RangeAnswer, measured: int) -> str:
    if not part.leading:
        return f"None of the best configurations has a {heading(part.setting)}."
    tried = f"{value_text(part.tried[0])} to {value_text(part.tried[1])} were tried"
    if part.leading == 1:
        return f"The best has {value_text(part.best)}; no other comes up to it ({tried})."
    within = part.inside - part.leading
    worse = f"; {within} between them did worse" if within else ""
    return (
        f"{value_text(part.low)} to {value_text(part.high)} did well: {part.leading} of {measured} "
        f"configurations cannot be told from the best, which has {value_text(part.best)}{worse} "
        f"({tried})."
    )


def _brief(part: SettingAnswer | RangeAnswer) -> str:
    name = heading(part.setting)
    if isinstance(part, RangeAnswer):
        if not part.leading:
            return ""
        if part.leading == 1:
            return f"the best {name} is {value_text(part.best)}"
        return f"{name} {value_text(part.low)} to {value_text(part.high)} did well"
    best, *others = part.values
    tied = _undecided(part)
    if not tied:
        alone = any(other.untried for other in others)
        caution = " (others were not tried with all that it was)" if alone else ""
        return f"the best {name} is {value_text(best.value)}{caution}" if others else ""
    names = wording.enumeration([value_text(v.value) for v in tied])
    return f"{name}: {names} cannot be told from {value_text(best.value)}"


def _value(part: SettingAnswer, value: ValueResult) -> str:
    return _text(part.setting, value.value)


def _text(setting: str, value: Any) -> str:
    """A value that can stand in a sentence: numbers and switches with their setting's name."""
    words = value_text(value)
    is_name = isinstance(value, str) and words not in ("", "none", "auto", "all")
    return words if is_name else f"{heading(setting)} {words}"


def _share(value: ValueResult) -> str:
    return wording.share(value.best.accuracy)


def _at_least(probabilities: Sequence[float]) -> str:
    """That p is no smaller than the smallest of these, rounded down."""
    numbers = [p for p in probabilities if not math.isnan(p)]
    if not numbers:
        return ", untested"
    if len(numbers) == 1:
        return f", {wording.chance(numbers[0])}"
    least = math.floor(min(numbers) * 100) / 100
    return f", p \N{GREATER-THAN OR EQUAL TO} {least:.2g}"


# --- what it rests on -----------------------------------------------------------------------


def _seed_sentence(answer: Answer) -> str:
    sd = wording.share(answer.seed_sd, 4)
    return (
        f"The seed alone moves accuracy by a standard deviation of {sd} "
        f"(up to {answer.seeds} seeds a configuration)."
    )


def _how(answer: Answer) -> list[str]:
    if not answer.comparisons:
        return []
    n = wording.count(answer.n)
    bases = wording.enumeration([BASES[test].format(n=n) for test in answer.tests])
    many = (
        f", corrected after Holm for {answer.comparisons} comparisons"
        if answer.comparisons > 1
        else ""
    )
    return [
        f"p values: {bases}{many}; each value stands for the best configuration that has it, at "
        "its best epoch. All of this is about validation images, on which trials were chosen too."
    ]
