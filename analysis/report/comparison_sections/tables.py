"""What differs, paired results, and what both trained, as tables."""

import re

import numpy as np
from numpy.typing import NDArray

from analysis import wording
from analysis.comparison.side_by_side import ImageAnswers, Pairing
from analysis.comparison.sweep_pair import SweepPair
from analysis.report.comparison_sections.sentences import (
    matched_sentence,
    same_sentence,
    trial_name,
)
from analysis.report.page_blocks import Block, Part, Section, Table, Text
from analysis.statistics import holm, mcnemar
from orchestrator import metrics

MOST = 50
"""Rows of a table of configurations."""

MOST_OPEN = 12
"""More rows than that are folded away."""


def differences_section(pair: SweepPair) -> Section:
    """What is not the same in both, by kind."""
    same = same_sentence(pair)
    blocks: list[Block] = [Text(same, "note")] if same else []
    if pair.differences:
        first, second = pair.names
        heads = ("what", f"in {first}", f"in {second}", "kind")
        rows = tuple((d.name, _brief(d.first), _brief(d.second), d.group) for d in pair.differences)
        blocks.insert(
            0, Table("What is on record and not the same in both", heads, rows, frozenset(heads))
        )
    return Section("differs", "What differs", (Part("", tuple(blocks)),))


def _brief(text: str) -> str:
    """Of a commit or a digest the first digits: they tell it from any other."""
    return _DIGEST.sub("\\1\u2026", text) or wording.NONE


_DIGEST = re.compile(r"\b([0-9a-f]{10})[0-9a-f]{30,}\b")


def paired_section(pair: SweepPair) -> Section:
    """Each pair of answers on the same images, whole and by true class; why others are missing."""
    blocks: list[Block] = [Text(reason, "absent") for reason in pair.reasons]
    if pair.pairings:
        blocks.insert(0, _paired_table(pair))
        blocks += [_class_table(pair, paired) for paired in pair.pairings]
        blocks.append(Text(HOW, "note"))
    return Section("paired", "The same images", (Part("", tuple(blocks)),))


HOW = (
    "A difference is the accuracy of the second less that of the first. Brackets hold 95 % "
    "intervals: Wilson's for an accuracy, bootstrapped over the images for a difference. p is "
    "McNemar's exact test, two-sided; those of the classes are corrected after Holm for the number "
    "of classes. All of it is about these nets as they were trained: another seed is another net."
)
"""What the numbers rest on."""


def _paired_table(pair: SweepPair) -> Table:
    first, second = pair.names
    heads = (
        *("compared", "images", "n", f"accuracy of {first}", f"accuracy of {second}"),
        *("difference", "p", f"only {first} right", f"only {second} right"),
        *("both right", "both wrong"),
    )
    rows = tuple(
        (
            paired.who,
            paired.split,
            wording.count(paired.n),
            _accuracy(paired.first),
            _accuracy(paired.second),
            wording.interval(paired.gain, paired.low, paired.high, sign=True),
            _p(paired.p),
            wording.count(paired.only_first),
            wording.count(paired.only_second),
            wording.count((paired.first.right & paired.second.right).sum()),
            wording.count((~paired.first.right & ~paired.second.right).sum()),
        )
        for paired in pair.pairings
    )
    caption = "Both on the same images, right answer by right answer"
    return Table(caption, heads, rows, frozenset(("compared", "images")))


def _accuracy(answers: ImageAnswers) -> str:
    n = len(answers.ids)
    low, high = metrics.interval(int(answers.right.sum()), n)
    return wording.interval(float(answers.right.mean()), low, high)


def _p(value: float) -> str:
    return wording.chance(value).removeprefix("p = ").removeprefix("p ")


def _class_table(pair: SweepPair, paired: Pairing) -> Table:
    first, second = pair.names
    classes = pair.folders[0].classes
    labels = paired.first.labels
    there = [label for label in range(len(classes)) if (labels == label).any()]
    tests = [
        mcnemar(paired.first.right[labels == label], paired.second.right[labels == label])
        for label in there
    ]
    corrected = holm([test.p for test in tests])
    heads = (
        *("true class", "n", f"recall of {first}", f"recall of {second}", "difference", "p"),
        *(f"only {first} right", f"only {second} right"),
    )
    rows = tuple(
        (
            classes[label],
            *_recalls(paired, labels == label),
            _p(p),
            wording.count(test.only_first),
            wording.count(test.only_second),
        )
        for label, test, p in zip(there, tests, corrected, strict=True)
    )
    caption = f"The same by true class: {paired.who}, {paired.split} images"
    return Table(caption, heads, rows, frozenset(("true class",)))


def _recalls(paired: Pairing, images: NDArray[np.bool_]) -> tuple[str, ...]:
    one, two = (float(each.right[images].mean()) for each in (paired.first, paired.second))
    n = wording.count(images.sum())
    return n, wording.share(one), wording.share(two), wording.signed(two - one)


def matched_section(pair: SweepPair) -> Section:
    """What both trained, the largest differences first."""
    blocks: tuple[Block, ...] = (Text(matched_sentence(pair), "absent"),)
    if len(pair.matched):
        blocks = (Text(matched_sentence(pair)), _matched_table(pair), Text(SAME, "note"))
    return Section("matched", "Trained by both", (Part("", blocks),))


SAME = (
    "Configuration, seed and data set are the same, so what differs here is due to the code, the "
    "packages, the precision, the machine, or the order in which its threads add numbers. A trial "
    "that one of the two took from elsewhere instead of training it does not count."
)
"""What a difference between two trials of one configuration means."""


def _matched_table(pair: SweepPair) -> Table:
    first, second = pair.names
    rows = pair.matched.assign(gain=pair.matched["second"] - pair.matched["first"])
    rows = rows.sort_values("gain", key=lambda gains: -gains.abs(), kind="stable")
    caption = f"Validation accuracy of {wording.count(len(rows))} trials that both trained"
    caption += (
        f"; the {MOST} that differ most" if len(rows) > MOST else ", largest difference first"
    )
    shown = rows.head(MOST).to_dict("records")
    return Table(
        caption,
        ("settings", first, second, "difference", "trial"),
        tuple(
            (
                trial_name(pair, str(row["trial"])),
                wording.share(row["first"]),
                wording.share(row["second"]),
                wording.signed(row["gain"]),
                str(row["trial"]),
            )
            for row in shown
        ),
        frozenset(("settings", "trial")),
        folded=len(shown) > MOST_OPEN,
        trials=tuple(str(row["trial"]) for row in shown),
    )
