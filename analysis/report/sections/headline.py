"""The answer in a few sentences: what stands at the top of the page."""

from typing import Any

from analysis import wording
from analysis.report.page_blocks import Text
from analysis.report.score_lookup import ENSEMBLE, SINGLE, Score, Scores, best, obtained
from analysis.report.sections.caveats import unfinished
from analysis.report.sections.trial_tables import clean_accuracies
from analysis.report.sweep_contents import SweepContents, objects

FIRST = 5
"""Of what is unfinished, so much stands at the top of the page; the caveats have all."""


def headline(contents: SweepContents) -> tuple[Text, ...]:
    """What is missing; what was asked; best single model, ensemble, gain; on which images."""
    question = str(contents.sweep.get("question") or "").strip()
    opening = (*_incomplete(contents), *((Text(question, "question"),) if question else ()))
    split = contents.split
    scores = Scores(contents, split)
    ensemble, single = scores.get(ENSEMBLE, "accuracy"), scores.get(SINGLE, "accuracy")
    if ensemble is None or single is None:
        return (*opening, Text(_best_trial(contents)), Text(_where(contents), "note"))
    if contents.ensemble.get("rule") == SINGLE:
        note = Text(_without_copies(scores, split), "note")
        return (*opening, Text(_alone(contents, split, single)), note)
    return (
        *opening,
        Text(_answer(split, scores, single, ensemble)),
        Text(_without_copies(scores, split) + _validated(contents, split), "note"),
    )


AT_WORK = (
    "A first page, written as soon as the sweep had ended: ensemble, explanations and pictures are "
    "still being made, and then this page is written again. If that was interrupted, run "
    "python -m jobs.postprocess RESULTS/NAME."
)


def _incomplete(contents: SweepContents) -> tuple[Text, ...]:
    if contents.post.get("at_work") is True:
        return (Text(AT_WORK, "warning"),)
    points = [point.strip().rstrip(".") for point in unfinished(contents)]
    if not points:
        return ()
    more = len(points) - FIRST
    reasons = "; ".join(points[:FIRST]) + (f"; and {more} more, see Caveats" if more > 0 else "")
    return (Text(f"This report is incomplete: {reasons}. Run the command again.", "warning"),)


def _best_trial(contents: SweepContents) -> str:
    row = best(contents.table("trials"))
    if row is None:
        return "No trial of this sweep has been measured yet, so there is no answer yet."
    accuracy = wording.interval(
        row["validation_accuracy"], row["validation_accuracy_low"], row["validation_accuracy_high"]
    )
    n = (
        f", n = {wording.count(row['validation_n'])}"
        if not wording.missing(row["validation_n"])
        else ""
    )
    return (
        f"The best of {_trials(contents)} is {described(row)}: validation accuracy {accuracy}{n}. "
        "No ensemble has been scored."
    )


def _where(contents: SweepContents) -> str:
    """What to know of the best trial's accuracy."""
    row = best(contents.table("trials"))
    if row is None:
        return "Brackets hold 95 % intervals."
    trial, several = str(row["trial"]), len(contents.table("trials")) > 1
    clean = clean_accuracies(contents, [trial]).get(trial)
    sentences = ["Brackets hold 95 % intervals."]
    if not wording.missing(clean):
        sentences.append(f"Without exact copies of training images it is {wording.share(clean)}.")
    if several:
        sentences.append(
            "It is the best of several on the same images, which flatters it a little."
        )
    return " ".join(sentences)


def _trials(contents: SweepContents) -> str:
    n = len(contents.table("trials"))
    return f"{wording.count(n)} trial{'' if n == 1 else 's'}"


def described(row: Any) -> str:
    """A trial in words: its model and its preprocessing."""
    net, variant = wording.text(row["architecture"]), wording.text(row["preprocessing"])
    return f"{net} on {variant} images ({wording.text(row['trial'])})"


def _answer(split: str, scores: Scores, single: Score, ensemble: Score) -> str:
    accuracies = (
        f"On the {split} split (n = {wording.count(ensemble.n)}) the best single model has an "
        f"accuracy of {single.shown()}, the ensemble of {ensemble.shown()}{_how(ensemble)}"
    )
    gain, p = scores.get(ENSEMBLE, "accuracy_gain"), scores.get(ENSEMBLE, "mcnemar_p")
    difference = gain.shown(sign=True) if gain else wording.signed(ensemble.value - single.value)
    test = f", McNemar's test {wording.chance(p.value)}" if p else ""
    return f"{accuracies}: a gain of {difference}{test}.{_weighed(gain, p)}"


def _alone(contents: SweepContents, split: str, single: Score) -> str:
    """Where the rule that was taken is the best single model; why, as far as it is on record."""
    compared = len(objects(contents.ensemble.get("rules"))) > 1
    why = "no rule of making one was better beyond chance; see Rules compared"
    if not compared:
        sentence = str(contents.ensemble.get("sentence") or "").strip().rstrip(".")
        why = sentence.removeprefix("The best single trial was taken: ") or "none was compared"
    return (
        f"On the {split} split (n = {wording.count(single.n)}) the best single model has an "
        f"accuracy of {single.shown()}{_how(single)}. There is no ensemble: {why}."
    )


def _validated(contents: SweepContents, split: str) -> str:
    """What the same gain is on validation, where the headline is about test."""
    scores = Scores(contents, "validation")
    gain, p = scores.get(ENSEMBLE, "accuracy_gain"), scores.get(ENSEMBLE, "mcnemar_p")
    if split == "validation" or gain is None or p is None:
        return ""
    return (
        f" On validation (n = {wording.count(gain.n)}, {obtained(gain)}) the gain is "
        f"{gain.shown(sign=True)}, McNemar's test {wording.chance(p.value)}."
    )


def _how(score: Score) -> str:
    """What to add where the number was not simply measured on these images."""
    how = obtained(score)
    return "" if how in ("measured", wording.NONE) else f" ({how})"


def _weighed(gain: Score | None, p: Score | None) -> str:
    unsure = (p is not None and p.value >= 0.05) or (
        gain is not None and gain.low is not None and gain.low <= 0 <= (gain.high or 0.0)
    )
    return " The difference may be chance." if unsure else ""


def _without_copies(scores: Scores, split: str) -> str:
    clean, single = (
        scores.get(ENSEMBLE, "accuracy", "clean"),
        scores.get(SINGLE, "accuracy", "clean"),
    )
    intervals = "Brackets hold 95 % intervals."
    everything = scores.get(ENSEMBLE, "accuracy")
    if clean is None or single is None or everything is None:
        return f"{intervals} Whether copies of training images are among them was not looked at."
    if clean.n == everything.n:
        return f"{intervals} No {split} image is an exact copy of a training image."
    copies = wording.count(everything.n - clean.n)
    return (
        f"{intervals} {copies} of these images are exact copies of training images; without them "
        f"(n = {wording.count(clean.n)}) the accuracies are {single.shown()} and {clean.shown()}."
    )
