"""The answer in a few sentences: what stands at the top of the page."""

from analysis import wording
from analysis.answer import Answer
from analysis.report.page_blocks import Block, Facts, Text
from analysis.report.score_lookup import ENSEMBLE, SINGLE, Score, Scores, obtained
from analysis.report.sections.caveats import unfinished
from analysis.report.sections.taggers import CEILING, is_fer2013
from analysis.report.sections.trials.trial_tables import clean_accuracies
from analysis.report.sweep_contents import SweepContents, objects
from analysis.statements import statements
from results.varied import heading

FIRST = 5
"""Of what is unfinished, so much stands at the top of the page; the caveats have all."""


def headline(contents: SweepContents, answer: Answer) -> tuple[Block, ...]:
    """What is missing; what was asked; the answer, setting by setting; the ensemble; how sure."""
    question = str(contents.sweep.get("question") or "").strip()
    opening = (*_incomplete(contents), *((Text(question, "question"),) if question else ()))
    parts = statements(answer)
    findings = tuple(
        (heading(part.setting), part.text) for part in parts if part.kind in ("setting", "seeds")
    )
    ensemble, notes = _ensemble(contents, answer)
    notes = [*notes, *(part.text for part in parts if part.kind == "how")]
    notes += [CEILING] if is_fer2013(contents) else []
    return (
        *opening,
        Text(parts[0].text),
        *((Facts(findings),) if findings else ()),
        *(Text(text) for text in ensemble),
        *(Text(text, "note") for text in notes),
    )


def _ensemble(contents: SweepContents, answer: Answer) -> tuple[list[str], list[str]]:
    """What the ensemble brings, and what to know of it; of the best trial where there is none."""
    split = contents.split
    scores = Scores(contents, split)
    ensemble, single = scores.get(ENSEMBLE, "accuracy"), scores.get(SINGLE, "accuracy")
    if ensemble is None or single is None:
        where = _where(contents, answer)
        return (["No ensemble has been scored."] if answer.ranking else []), [where] * bool(where)
    if contents.ensemble.get("rule") == SINGLE:
        return [_alone(contents, split, single)], [_without_copies(scores, split, alone=True)]
    sentence = _answer(split, scores, single, ensemble) + _over_best_member(scores)
    return [sentence + _lone(contents)], [
        _without_copies(scores, split) + _validated(contents, split)
    ]


def _lone(contents: SweepContents) -> str:
    """That what is called an ensemble is one net, where a rule took a single one."""
    members = objects(contents.ensemble.get("members"))
    return " It has a single member: it is one net." if len(members) == 1 else ""


def _over_best_member(scores: Scores) -> str:
    gain = scores.get(ENSEMBLE, "accuracy_gain_best_member")
    p = scores.get(ENSEMBLE, "mcnemar_p_best_member")
    if gain is None or p is None:
        return ""
    return (
        f" Over its most accurate member on these images the gain is {gain.shown(sign=True)}, "
        f"{wording.chance(p.value)}."
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


def _where(contents: SweepContents, answer: Answer) -> str:
    """What to know of the best configuration's accuracy."""
    if not answer.ranking:
        return ""
    best = answer.ranking[0]
    sentences = []
    if len(best.accuracies) == 1:
        sentences.append("Brackets hold 95 % intervals.")
        clean = clean_accuracies(contents, [best.trial]).get(best.trial)
        if not wording.missing(clean):
            without = f"Without exact copies of training images it is {wording.share(clean)}."
            sentences.append(without)
    if len(answer.ranking) > 1:
        sentences.append(
            "It is the best of several on the same images, which flatters it a little."
        )
    return " ".join(sentences)


def _answer(split: str, scores: Scores, single: Score, ensemble: Score) -> str:
    accuracies = (
        f"On the {split} split (n = {wording.count(ensemble.n)}) {_chosen(split, single)} "
        f"has an accuracy of {single.shown()}, the ensemble of {ensemble.shown()}{_how(ensemble)}"
    )
    gain, p = scores.get(ENSEMBLE, "accuracy_gain"), scores.get(ENSEMBLE, "mcnemar_p")
    difference = gain.shown(sign=True) if gain else wording.signed(ensemble.value - single.value)
    test = f", McNemar's test {wording.chance(p.value)}" if p else ""
    return f"{accuracies}: a gain of {difference}{test}.{_weighed(gain, p)}"


def _alone(contents: SweepContents, split: str, single: Score) -> str:
    """Where the rule that was taken is the best single model; why, as far as it is on record."""
    compared = len(objects(contents.ensemble.get("rules"))) > 1
    why = "no rule of making one passed the test that stands under Rules compared"
    if not compared:
        sentence = str(contents.ensemble.get("sentence") or "").strip().rstrip(".")
        why = sentence.removeprefix("The best single trial was taken: ") or "none was compared"
    return (
        f"On the {split} split (n = {wording.count(single.n)}) {_chosen(split, single)} has an "
        f"accuracy of {single.shown()}{_how(single)}. There is no ensemble: {why}."
    )


def _chosen(split: str, single: Score) -> str:
    """The single model, and on which images it was chosen."""
    if split != "validation":
        return "the single model chosen on validation"
    if obtained(single) == "cross-validated":
        return "the best single model, chosen anew without each image's fold,"
    return "the single model chosen on these very images"


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


def _without_copies(scores: Scores, split: str, alone: bool = False) -> str:
    clean, single = (
        scores.get(ENSEMBLE, "accuracy", "clean"),
        scores.get(SINGLE, "accuracy", "clean"),
    )
    intervals = "Brackets hold 95 % intervals."
    everything = scores.get(ENSEMBLE, "accuracy")
    if clean is None or single is None or everything is None:
        return f"{intervals} There is no figure for images without copies of training images."
    if clean.n == everything.n:
        return f"{intervals} No {split} image is an exact copy of a training image."
    copies = wording.count(everything.n - clean.n)
    are = f"the accuracies are {single.shown()} and {clean.shown()}"
    if alone:
        are = f"the accuracy is {single.shown()}"
    return (
        f"{intervals} {copies} of these images are exact copies of training images; without them "
        f"(n = {wording.count(clean.n)}) {are}."
    )
