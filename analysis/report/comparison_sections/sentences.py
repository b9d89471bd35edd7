"""What two sweeps come to when held against each other, in sentences: for page and terminal."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis import wording
from analysis.comparison.side_by_side import ENSEMBLE, RECORDED, SINGLE, Pairing
from analysis.comparison.sweep_pair import SweepPair
from analysis.repeats.seed_mean import mean
from results.varied import description, varied

LEVEL = 0.05
"""A difference with a smaller p is called one."""

FEWEST_MATCHED = 3
"""Configurations from which on a mean difference has an interval."""

GROUPS = ("settings", *RECORDED)
"""Kinds of things that may differ."""

PLURALS = {SINGLE: "best single models", ENSEMBLE: "ensembles"}
"""Who is compared -> both of them."""


def answer(pair: SweepPair) -> str:
    """Which of the two is better, in a sentence or two: the first that can be said."""
    if pair.pairings:
        return paired_sentence(pair.pairings[0], pair.names)
    reasons = " ".join(pair.reasons) or "No image was answered for by both."
    return f"{wording.enumeration(pair.names)} cannot be held against each other: {_low(reasons)}"


def paired_sentence(paired: Pairing, names: tuple[str, str]) -> str:
    """Which of the two is right on more of the same images, and how sure that is."""
    where = f"On the same {wording.count(paired.n)} {paired.split} images"
    accuracies = [float(each.right.mean()) for each in (paired.first, paired.second)]
    test = (
        f"McNemar's {wording.chance(paired.p)}; only {names[0]} is right on "
        f"{wording.count(paired.only_first)}, only {names[1]} on "
        f"{wording.count(paired.only_second)}"
    )
    if (paired.first.predictions == paired.second.predictions).all():
        return (
            f"{where} the {PLURALS[paired.who]} of {names[0]} and {names[1]} give the same answers "
            f"(accuracy {wording.share(accuracies[0])})."
        )
    if paired.p >= LEVEL:
        gain = wording.interval(paired.gain, paired.low, paired.high, sign=True)
        return (
            f"{where} the {PLURALS[paired.who]} of {names[0]} and {names[1]} cannot be told apart: "
            f"accuracy {wording.share(accuracies[0])} and {wording.share(accuracies[1])}, a "
            f"difference of {gain} ({test})."
        )
    ends = (paired.gain, paired.low, paired.high)
    better, worse = 1, 0
    if paired.gain < 0:
        ends, better, worse = (-paired.gain, -paired.high, -paired.low), 0, 1
    return (
        f"{where} the {paired.who} of {names[better]} is more accurate than that of "
        f"{names[worse]}: {wording.share(accuracies[better])} against "
        f"{wording.share(accuracies[worse])}, a difference of "
        f"{wording.interval(*ends, sign=True)} ({test})."
    )


def differing_sentence(pair: SweepPair) -> str:
    """What differs between the two in one line, and what does not."""
    groups: dict[str, list[str]] = {}
    for difference in pair.differences:
        groups.setdefault(difference.group, []).append(difference.name)
    words = [
        group if names == [group] else f"{group} ({', '.join(names)})"
        for group, names in groups.items()
    ]
    if not words:
        return f"Nothing on record. {same_sentence(pair)}"
    return f"{_high(wording.enumeration(words))}. {same_sentence(pair)}".strip()


def same_sentence(pair: SweepPair) -> str:
    """Of which kinds nothing differs; "" where there is no such kind."""
    differing = {difference.group for difference in pair.differences}
    same = [group for group in GROUPS if group not in differing]
    return f"The same in both: {wording.enumeration(same)}." if same else ""


def matched_sentence(pair: SweepPair) -> str:
    """Whether what both trained came out the same in both, and what was taken over instead."""
    return f"{_agreement(pair)} {_reused(pair)}".strip()


def _reused(pair: SweepPair) -> str:
    first, second = (
        folder.trials.set_index("trial")["status"].rename(name)
        for folder, name in zip(pair.folders, ("first", "second"), strict=True)
    )
    both = pd.concat([first, second], axis=1, join="inner")
    n = int((both == "reused").any(axis=1).sum())
    if not n:
        return ""
    trials = "trial stands" if n == 1 else "trials stand"
    return f"{wording.count(n)} {trials} in both that at least one did not train but took over."


def _agreement(pair: SweepPair) -> str:
    rows = pair.matched
    first, second = pair.names
    if rows.empty:
        return "No trial of one configuration and seed was trained to its end by both."
    gains = rows["second"] - rows["first"]
    if len(rows) == 1:
        one, two = (wording.share(rows[each].iloc[0]) for each in ("first", "second"))
        return (
            f"One configuration and seed was trained to its end by both: validation accuracy {one} "
            f"in {first}, {two} in {second}."
        )
    n = wording.count(len(rows))
    if (gains == 0).all():
        return (
            f"{n} configurations and seeds were trained to their ends by both, and agree exactly."
        )
    average = mean(gains)
    sure = len(rows) >= FEWEST_MATCHED and not math.isnan(average.p)
    ends = (average.low, average.high) if sure else (math.nan, math.nan)
    test = f", {wording.chance(average.p)} by a paired t-test" if sure else ""
    largest = rows.loc[gains.abs().idxmax()]
    return (
        f"{n} configurations and seeds were trained to their ends by both: on average {second} "
        f"lies {wording.interval(average.value, *ends, sign=True)} from {first}{test}; the largest "
        f"difference is {wording.signed(largest['second'] - largest['first'])} "
        f"({trial_name(pair, str(largest['trial']))})."
    )


def trial_name(pair: SweepPair, trial: str) -> str:
    """A trial in the settings that varied in either sweep."""
    for folder in pair.folders:
        rows = folder.trials[folder.trials["trial"] == trial].to_dict("records")
        if rows:
            return description({str(k): v for k, v in rows[0].items()}, varied_names(pair))
    return trial


def varied_names(pair: SweepPair) -> Sequence[str]:
    """The settings that differ among the trials of both."""
    rows = [row for folder in pair.folders for row in folder.trials.to_dict("records")]
    return varied({str(key): value for key, value in row.items()} for row in rows)


def flattery(pair: SweepPair) -> str:
    """What choosing on these images did; "" where that says nothing of the pair."""
    if not any(paired.who == SINGLE for paired in pair.pairings):
        return ""
    counts = [int(folder.trials["validation_accuracy"].notna().sum()) for folder in pair.folders]
    more = "both" if counts[0] == counts[1] else "both, the one with more trials a little more"
    return (
        f"Each best single model was chosen on these validation images, among "
        f"{wording.count(counts[0])} measured trials in {pair.names[0]} and "
        f"{wording.count(counts[1])} in {pair.names[1]}: that flatters {more}."
    )


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _high(text: str) -> str:
    return text[:1].upper() + text[1:]
