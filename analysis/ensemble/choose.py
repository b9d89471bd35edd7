"""Which ensemble: every rule is tried on images that it did not see, and one is taken.

Each rule of `SELECTIONS` picks members, coefficients and temperature anew in every fold, from the
clean images of the other folds alone; its answers for the fold are then held against the labels.
So a rule that fits the luck of some images pays for it on others.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.ensemble.combine import EnsembleRecipe, log
from analysis.ensemble.select import SELECTIONS, TrialScores, ranked
from analysis.ensemble.stored_predictions import StoredPredictions
from analysis.statistics import one_thread
from orchestrator import metrics
from orchestrator.errors import BadInput

FOLDS = 5
REPEATS = 2
"""Times that the images are dealt into folds anew."""

FEWEST = 50
"""With fewer clean images folds say nothing: the best single trial is taken."""

RULE = (
    "The rules are gone through from the simplest on, in the order "
    + ", ".join(SELECTIONS)
    + ". One takes the place of the one held so far if it is better by more than one standard "
    "error of the paired difference (two, to leave the best single trial) in cross-validated "
    "accuracy or in negative log-likelihood, and not worse by more than one in the other"
)
"""How one rule is chosen, for the report.

Accuracy is what is asked for, but 3,000 images tell two ensembles apart only from about 1 point on.
The likelihood says more an image, so it may decide where accuracy cannot, yet not against it. Each
rule is compared with one other, not with the luckiest of all, and an ensemble, which costs as many
passes as it has members, must win more clearly than one ensemble over another.
"""


@dataclass(frozen=True)
class RuleResult:
    """What one rule came to.

    Attributes:
        rule: name in `SELECTIONS`.
        members: trials that it takes when fitted on all clean images.
        in_sample_accuracy: of that, on the very images that it was fitted on.
        accuracy: cross-validated, on clean images; None where nothing was cross-validated.
        accuracy_gain: that less the best single trial's.
        accuracy_gain_se: standard error of the gain over images, paired.
        accuracy_gap: accuracy of the rule that has the highest, less this one's.
        accuracy_gap_se: standard error of the gap over images, paired; 0 for the highest itself.
        nll: cross-validated negative log-likelihood, nats.
        nll_gain: the best single trial's less that; positive: the rule is better.
        nll_gain_se: standard error of the gain.
    """

    rule: str
    members: int
    in_sample_accuracy: float
    accuracy: float | None = None
    accuracy_gain: float | None = None
    accuracy_gain_se: float | None = None
    accuracy_gap: float | None = None
    accuracy_gap_se: float | None = None
    nll: float | None = None
    nll_gain: float | None = None
    nll_gain_se: float | None = None


@dataclass(frozen=True)
class Answers:
    """Probabilities (n, k) for the same images, with and without the temperature."""

    probabilities: NDArray[np.float64]
    uncalibrated: NDArray[np.float64]


@dataclass(frozen=True)
class EnsembleChoice:
    """What was chosen, from what, and how good it is on images that the choice did not see.

    Attributes:
        rule: the one that was taken.
        recipe: it, fitted on all clean images.
        best_single: the most accurate trial alone, with its own temperature.
        outcomes: every rule, in the order of `SELECTIONS`.
        sentence: what was done and why this rule, to be read by people.
        ensemble: answers for every image by what was chosen and fitted without its fold, the rule
            included: for quoting validation figures. Where the best single trial was chosen,
            these are `single`.
        single: the same of the best single trial, picked without the fold.
        how: "cross-validated", or "measured" where there were too few images for it and the two
            above are answers for images that were fitted on.
    """

    rule: str
    recipe: EnsembleRecipe
    best_single: EnsembleRecipe
    outcomes: tuple[RuleResult, ...]
    sentence: str
    ensemble: Answers
    single: Answers
    how: str


@dataclass(frozen=True)
class _Search:
    """Predictions in a fixed order, the images to fit on, and the rules to fit."""

    predictions: StoredPredictions
    trial_scores: TrialScores
    fitted: NDArray[np.bool_]
    rules: tuple[str, ...]
    most: int

    def recipes(self, images: NDArray[np.bool_], seed: int) -> list[EnsembleRecipe]:
        """Every rule's recipe from these images."""
        best_first = ranked(self.predictions, images, self.trial_scores)
        return [SELECTIONS[rule](best_first, self.most, seed) for rule in self.rules]


@dataclass(frozen=True)
class _CrossValidation:
    """One division of the images into folds: each rule's answers for the fold left out."""

    fold: NDArray[np.int64]
    answers: tuple[Answers, ...]


def choose(predictions: StoredPredictions, most: int = 7, seed: int = 0) -> EnsembleChoice:
    """The ensemble to use, chosen on the clean images.

    The same trials and images in another order give the same choice. The standard errors treat
    images as the only source of chance; that the folds' fits share images is left out.

    Args:
        predictions: validation images; those not clean are answered for, never fitted on.
        most: members at most; at least 1.
        seed: of folds and bags.

    Raises:
        BadInput: for most below 1.
    """
    if most < 1:
        raise BadInput(f"members: {most} was asked for; expected 1 or more")
    with one_thread():
        return _chosen(predictions, _search(predictions, most), seed)


def _chosen(predictions: StoredPredictions, search: _Search, seed: int) -> EnsembleChoice:
    recipes = search.recipes(search.fitted, seed)
    if search.fitted.sum() < FEWEST:
        return _too_few_images(predictions, search, recipes[0])
    repeats = [_cross_validate(search, seed + r) for r in range(REPEATS)]
    right, nll = _measured(search, repeats)
    best = decide(right[:, search.fitted], nll[:, search.fitted])
    first = repeats[0]
    without_fold = [search.fitted & (first.fold != fold) for fold in range(FOLDS)]
    picks = [decide(right[:, seen], nll[:, seen]) if best else 0 for seen in without_fold]
    original_order = np.argsort(np.argsort(predictions.ids))
    return EnsembleChoice(
        search.rules[best],
        recipes[best],
        recipes[0],
        _outcomes(search, recipes, right, nll),
        _sentence(search, best, picks),
        _reordered(_by_fold(first, picks), original_order),
        _reordered(first.answers[0], original_order),
        "cross-validated",
    )


def decide(right: NDArray[np.floating], nll: NDArray[np.floating]) -> int:
    """Which row `RULE` takes.

    Args:
        right: (r, n) whether rule r is right about image n, or how often.
        nll: (r, n) its negative log-likelihood there.
    """
    kept = 0
    for rule in range(1, len(right)):
        accuracy, accuracy_error = _gain(right[rule], right[kept])
        likelihood, likelihood_error = _gain(-nll[rule], -nll[kept])
        clearly = 1 if kept else 2
        better = accuracy > clearly * accuracy_error or likelihood > clearly * likelihood_error
        worse = accuracy < -accuracy_error or likelihood < -likelihood_error
        if better and not worse:
            kept = rule
    return kept


def folds(labels: NDArray[np.integer], clean: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """(n,) fold of each image, 0 to `FOLDS` - 1: classes, clean or not, dealt out evenly."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    order = shuffled[np.lexsort((labels[shuffled], clean[shuffled]))]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % FOLDS
    return fold


def _search(predictions: StoredPredictions, most: int) -> _Search:
    trials = sorted(range(len(predictions.trials)), key=lambda i: predictions.trials[i])
    predictions = predictions.part(trials, np.argsort(predictions.ids))
    fitted = predictions.clean if predictions.clean.any() else np.ones(len(predictions.ids), bool)
    rules = tuple(SELECTIONS) if min(len(predictions.trials), most) > 1 else tuple(SELECTIONS)[:1]
    return _Search(predictions, TrialScores.of(predictions), fitted, rules, most)


def _answers(
    recipe: EnsembleRecipe,
    predictions: StoredPredictions,
    images: NDArray[np.bool_] | slice = slice(None),
) -> Answers:
    rows = [predictions.trials.index(trial) for trial in recipe.members]
    part = predictions.probabilities[rows][:, images]
    return Answers(recipe.apply(part), recipe.uncalibrated(part))


def _cross_validate(search: _Search, seed: int) -> _CrossValidation:
    predictions = search.predictions
    fold = folds(predictions.labels, search.fitted, seed)
    shape = (len(search.rules), *predictions.probabilities.shape[1:])
    warm, cold = np.empty(shape), np.empty(shape)
    for number in range(FOLDS):
        left_out = fold == number
        for rule, recipe in enumerate(search.recipes(search.fitted & ~left_out, seed)):
            answers = _answers(recipe, predictions, left_out)
            warm[rule, left_out] = answers.probabilities
            cold[rule, left_out] = answers.uncalibrated
    return _CrossValidation(fold, tuple(Answers(w, c) for w, c in zip(warm, cold, strict=True)))


def _measured(
    search: _Search, repeats: list[_CrossValidation]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per rule and image, means over the repeats: right (r, n) and NLL (r, n)."""
    labels = search.predictions.labels
    probabilities = np.array([[a.probabilities for a in repeat.answers] for repeat in repeats])
    right = probabilities.argmax(axis=-1) == labels
    truth = np.take_along_axis(probabilities, labels[None, None, :, None], axis=-1)[..., 0]
    return right.mean(axis=0), -log(truth).mean(axis=0)


def _gain(values: NDArray[np.floating], other: NDArray[np.floating]) -> tuple[float, float]:
    """Mean over images of values less other, and the standard error of that."""
    difference = values - other
    n = len(difference)
    return float(difference.mean()), float(difference.std(ddof=min(1, n - 1)) / np.sqrt(n))


def _outcomes(
    search: _Search,
    recipes: list[EnsembleRecipe],
    right: NDArray[np.float64],
    nll: NDArray[np.float64],
) -> tuple[RuleResult, ...]:
    right, nll = right[:, search.fitted], nll[:, search.fitted]
    highest = right[int(right.mean(axis=1).argmax())]
    outcomes = []
    for i, (rule, recipe) in enumerate(zip(search.rules, recipes, strict=True)):
        accuracy_gain, accuracy_gain_se = _gain(right[i], right[0])
        accuracy_gap, accuracy_gap_se = _gain(highest, right[i])
        nll_gain, nll_gain_se = _gain(-nll[i], -nll[0])
        outcome = replace(
            _in_sample(rule, recipe, search),
            accuracy=float(right[i].mean()),
            accuracy_gain=accuracy_gain,
            accuracy_gain_se=accuracy_gain_se,
            accuracy_gap=accuracy_gap,
            accuracy_gap_se=accuracy_gap_se,
            nll=float(nll[i].mean()),
            nll_gain=nll_gain,
            nll_gain_se=nll_gain_se,
        )
        outcomes.append(outcome)
    return tuple(outcomes)


def _in_sample(rule: str, recipe: EnsembleRecipe, search: _Search) -> RuleResult:
    answers = _answers(recipe, search.predictions, search.fitted).probabilities
    labels = search.predictions.labels[search.fitted]
    return RuleResult(rule, len(recipe.members), metrics.accuracy(answers, labels))


def _by_fold(repeat: _CrossValidation, picks: list[int]) -> Answers:
    rule = np.array(picks)[repeat.fold]
    images = np.arange(len(rule))
    return Answers(
        np.array([a.probabilities for a in repeat.answers])[rule, images],
        np.array([a.uncalibrated for a in repeat.answers])[rule, images],
    )


def _reordered(answers: Answers, order: NDArray[np.int64]) -> Answers:
    return Answers(answers.probabilities[order], answers.uncalibrated[order])


def _too_few_images(
    predictions: StoredPredictions, search: _Search, single: EnsembleRecipe
) -> EnsembleChoice:
    answers = _answers(single, predictions)
    outcome = _in_sample(search.rules[0], single, search)
    sentence = (
        f"The best single trial was taken: {search.fitted.sum()} validation images are too few to "
        f"compare ensembles on (at least {FEWEST} are needed). Its figures are of the images that "
        "it was picked on."
    )
    return EnsembleChoice(
        outcome.rule, single, single, (outcome,), sentence, answers, answers, "measured"
    )


def _sentence(search: _Search, best: int, picks: list[int]) -> str:
    m, n = len(search.predictions.trials), int(search.fitted.sum())
    kind = "clean " if search.predictions.clean.any() else ""
    if len(search.rules) == 1:
        why = "there is one trial" if m == 1 else "one member was allowed"
        return f"The best single trial was taken: {why}."
    agreed = sum(pick == best for pick in picks)
    copies = "" if kind else " All of them are copies of training images."
    return (
        f"From {m} trials, {len(search.rules)} rules were compared by {REPEATS} times {FOLDS}-fold "
        f"cross-validation on {n} {kind}validation images; members, coefficients and temperature "
        f"were fitted without the fold.{copies} {RULE}. That is: {search.rules[best]}; without one "
        f"fold's images the same rule came out in {agreed} of {FOLDS} cases."
    )
