"""A sweep's answer in sentences: for the report, the terminal, the leaderboard, the model card."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from typing import Any

from analysis import wording
from analysis.answer import Answer, RangeAnswer, SettingAnswer, ValueResult
from analysis.basis import basis, range_brief, range_sentence
from analysis.comparison.configurations import Configuration
from orchestrator import metrics
from results.varied import description, heading, value_text

MOST_ERRORS = 1
"""Messages of failed trials that an answer repeats; the tables have all."""

MOST_UNTRIED = 4
"""Pairs that were never tried together in one sentence; the cross table has all."""


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
    parts += [Statement("how", "", text) for text in basis(answer)]
    return tuple(part for part in parts if part.text)


def summary(answer: Answer) -> str:
    """The answer in one line, for a terminal: the best, then what each setting came to."""
    briefs = [brief for part in answer.settings if (brief := _brief(part, answer))]
    return " ".join([best_sentence(answer), *([f"{'; '.join(briefs)}."] if briefs else [])])


def best_sentence(answer: Answer) -> str:
    """Which configuration was best, and how accurate it was."""
    trials = sum(answer.statuses.values())
    if not answer.ranking:
        return _unmeasured(answer, trials)
    best = answer.ranking[0]
    accuracy = f"{_accuracy(best, answer)}{_stopped(answer)}"
    counted = f"{_counted(trials)}{_others(answer)}"
    if len(answer.ranking) == 1:
        only = "The only one" if trials == 1 else f"The only configuration among {counted}"
        compare = "" if answer.seeds > 1 else " There is nothing to compare it with."
        return f"{only} that was measured, {_name(best, answer)}, has {accuracy}.{compare}"
    so_far = " so far" if answer.under_way else ""
    seeds = f"{wording.count(len(answer.ranking))} configurations in " if answer.seeds > 1 else ""
    return (
        f"The best{so_far} of {seeds}{counted} is {_name(best, answer)}: {accuracy}."
        f"{_higher(answer)}"
    )


def _counted(trials: int) -> str:
    return f"{wording.count(trials)} trial{'' if trials == 1 else 's'}"


def _others(answer: Answer) -> str:
    """Which trials are not over, and which do not count: a failed one is in no ranking."""
    counts = (
        (answer.under_way, "not ended"),
        (answer.statuses.get("failed", 0), "failed, left out"),
    )
    words = "; ".join(f"{wording.count(n)} {what}" for n, what in counts if n)
    return f" ({words})" if words else ""


def _higher(answer: Answer) -> str:
    """Who had reached more than the best, but was not trained to its end."""
    best = answer.ranking[0]
    above = [c for c in answer.ranking[1:] if c.accuracy > best.accuracy and not c.finished]
    if not above or not best.finished:
        return ""
    top = max(above, key=lambda c: c.accuracy)
    return (
        f" {_name(top, answer)}, not trained to its end, had reached {wording.share(top.accuracy)}."
    )


def _unmeasured(answer: Answer, trials: int) -> str:
    failed = answer.statuses.get("failed", 0)
    if trials and failed == trials:
        messages = "; ".join(answer.errors[:MOST_ERRORS]) or "no message"
        often = "among others: " if len(answer.errors) > MOST_ERRORS else ""
        who = "the only trial" if trials == 1 else f"all {trials} trials"
        return f"There is no answer: {who} failed ({often}{messages})."
    yet = " yet" if not trials or answer.under_way else ""
    but = f" ({failed} failed)" if failed else ""
    none = "None of the other trials" if failed else "No trial of this sweep"
    return f"{none} has been measured{yet}{but}, so there is no answer{yet}."


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
    if answer.trained_to_end:
        return "; no configuration was trained to its end with all its seeds"
    yet = " yet" if answer.under_way else ""
    return f"; no trial was trained to its end{yet}, so these are first impressions"


# --- one setting ----------------------------------------------------------------------------


def _about(part: SettingAnswer | RangeAnswer, answer: Answer) -> str:
    if isinstance(part, RangeAnswer):
        return range_sentence(part, answer)
    makers = (_tied, _ahead, _behind, _uncompared, _untried, _unmeasured_pairs, _then)
    sentences = [_first_of_all(part, len(answer.ranking)), *(make(part) for make in makers)]
    return " ".join(sentence for sentence in sentences if sentence)


def _first_of_all(part: SettingAnswer, measured: int) -> str:
    """That the best configurations share a value, where more than one does and others do not."""
    if part.in_a_row < 2 or len(part.values) < 2:
        return ""
    all_of = "both" if part.in_a_row == 2 else "all"
    return (
        f"The {part.in_a_row} best configurations {all_of} have {_value(part, part.values[0])} "
        f"({part.with_best} of {measured} measured ones had it)."
    )


def _tied(part: SettingAnswer) -> str:
    best, *others = part.values
    tied = _undecided(part)
    if not others:
        return f"Nothing can be compared with {_value(part, best)}, the only value with a result."
    if not tied:
        return f"{_value(part, best)} {_lead(part)} ({_share(best)})."
    names = wording.enumeration([_value(part, other) for other in tied])
    shares = _all_reached(tied)
    against = f" against {_share(best)}" if _share(best) not in shares else ""
    p = _at_least([other.p for other in tied])
    return f"{names} cannot be told from {_value(part, best)} ({shares}{against}{p})."


def _lead(part: SettingAnswer) -> str:
    """How sure the first place is, where no test leaves it open."""
    if any(other.is_ahead for other in part.values):
        return "is best of those that went on to the end"
    if any(not other.is_compared for other in part.values[1:]):
        return "has the highest accuracy"
    return "is best"


def _undecided(part: SettingAnswer) -> list[ValueResult]:
    others = [other for other in part.values[1:] if other.is_compared]
    return [other for other in others if not (other.is_behind or other.is_ahead)]


def _uncompared(part: SettingAnswer) -> str:
    others = [other for other in part.values[1:] if not other.is_compared]
    if not others:
        return ""
    words = [f"{_value(part, other)} ({_share(other)})" for other in others]
    return f"Not compared, for want of stored epochs: {wording.enumeration(words)}."


def _ahead(part: SettingAnswer) -> str:
    """Who was better for as long as it was trained: a sweep that is not over, or a wrong stop."""
    return _listed("Ahead as far as they were trained", part, [v.is_ahead for v in part.values])


def _behind(part: SettingAnswer) -> str:
    return _listed("Behind", part, [v.is_behind for v in part.values])


def _listed(lead: str, part: SettingAnswer, chosen: Sequence[bool]) -> str:
    """Those values with what they reached and their p; "" where there are none."""
    values = compress(part.values, chosen)
    words = [f"{_value(part, v)} ({_reached(v)}, {wording.chance(v.p)})" for v in values]
    return f"{lead}: {wording.enumeration(words)}." if words else ""


def _reached(value: ValueResult) -> str:
    """Its accuracy; where it went no further than some epoch, what the best had there."""
    return "".join(_then_and_there(value))


def _all_reached(values: Sequence[ValueResult]) -> str:
    """The same of several, one after another; what holds for neighbours is said once."""
    pairs = groupby(map(_then_and_there, values), key=lambda pair: pair[1])
    groups = [(where, [share for share, _ in each]) for where, each in pairs]
    words = [f"{wording.enumeration(shares)}{where}" for where, shares in groups]
    return wording.enumeration(words)


def _then_and_there(value: ValueResult) -> tuple[str, str]:
    if value.behind is None or value.behind.epoch is None:
        return _share(value), ""
    then, best = wording.share(value.behind.second), wording.share(value.behind.first)
    return then, f" at epoch {value.behind.epoch}, where the best had {best}"


def _untried(part: SettingAnswer) -> str:
    pairs = [(v, other) for v in part.values[1:] for _, other in v.untried]
    return _confounded("Never tried", part, pairs)


def _unmeasured_pairs(part: SettingAnswer) -> str:
    """Pairs that were tried, but failed or have not come to an accuracy yet."""
    pairs = [(v, other) for v in part.values[1:] for _, other in v.unmeasured]
    return _confounded("Tried without a result", part, pairs)


def _confounded(how: str, part: SettingAnswer, pairs: Sequence[tuple[ValueResult, Any]]) -> str:
    if not pairs:
        return ""
    words = [f"{_value(part, v)} with {other}" for v, other in pairs[:MOST_UNTRIED]]
    more = len(pairs) - MOST_UNTRIED
    rest = f" (and {more} more pair{'s' if more > 1 else ''})" if more > 0 else ""
    return (
        f"{how}: {wording.enumeration(words)}{rest}; what sets them apart may be the other "
        "setting's doing."
    )


def _then(part: SettingAnswer) -> str:
    """Whether the order is the same at the last epoch that all trials reached."""
    if part.leader_then is None or not part.epoch or len(part.values) < 2:
        return ""
    then = f"At epoch {part.epoch}, the last that all compared trials reached,"
    as_well = " as well" if part.leader_then == part.values[0].value else ""
    return f"{then} {_text(part.setting, part.leader_then)} led{as_well}."


def _brief(part: SettingAnswer | RangeAnswer, answer: Answer) -> str:
    name = heading(part.setting)
    if isinstance(part, RangeAnswer):
        return range_brief(part, answer)
    best, *others = part.values
    tied = _undecided(part)
    if not tied:
        alone = any(other.untried or other.unmeasured for other in others)
        caution = " (others have no result with all that it has)" if alone else ""
        if _lead(part) != "is best":
            return f"{name}: {value_text(best.value)} {_lead(part)}{caution}"
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


ALL_ALIKE = 0.995
"""From here on a bound would be rounded to 1, which no p exceeds."""


def _at_least(probabilities: Sequence[float]) -> str:
    """That p is no smaller than the smallest of these, rounded down."""
    numbers = [p for p in probabilities if not math.isnan(p)]
    if not numbers:
        return ", untested"
    if len(numbers) == 1:
        return f", {wording.chance(numbers[0])}"
    if min(numbers) >= ALL_ALIKE:
        return f", {wording.chance(min(numbers))}"
    least = math.floor(min(numbers) * 100) / 100
    return f", p \N{GREATER-THAN OR EQUAL TO} {least:.2g}"


# --- seeds ----------------------------------------------------------------------------------


def _seed_sentence(answer: Answer) -> str:
    sd = wording.share(answer.seed_sd, 4)
    return (
        f"The seed alone moves accuracy by a standard deviation of {sd} "
        f"(up to {answer.seeds} seeds a configuration)."
    )
