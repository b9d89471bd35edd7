"""Rules that pick members and coefficients from probabilities on images with known labels.

Every rule gets `StoredPredictions` whose trials stand best first (`ranked`), and returns a
calibrated `EnsembleRecipe` of at most `most` members. None is chosen here; `choose` does that
across folds.

All rules but the first minimise the negative log-likelihood (NLL), not the error rate. On 3,300
images an accuracy is known to 0.85 points and moves in steps; hundreds of comparisons on it pick
what luck favours. The likelihood is smooth, uses every image, and takes a logarithm a candidate
where accuracy takes an argmax over the classes (20 times slower).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.ensemble import fit
from analysis.ensemble.calibrate import temperature
from analysis.ensemble.combine import EnsembleRecipe, log, recipe_of
from analysis.ensemble.stored_predictions import StoredPredictions
from orchestrator import metrics

POOL = 40
"""Trials that a search looks at: the best by accuracy, then by NLL, half each."""

LOG_POOL = 20
"""Trials that the weighted logit average looks at: all classes of each enter every step."""

BAGS = 20
"""Random halves of the images that the greedy rule is repeated on."""

NEGLIGIBLE = 0.02
"""A smaller coefficient is none: such members cost time and change next to nothing."""

SHRINKAGE = 3000.0
"""Strength of the penalty that holds stacking's weights at the logit average's."""


@dataclass(frozen=True)
class TrialScores:
    """How good each trial is on each image.

    Attributes:
        right: (m, n) whether the likeliest class is the label.
        nll: (m, n) negative log-probability of the label.
    """

    right: NDArray[np.bool_]
    nll: NDArray[np.float32]

    @classmethod
    def of(cls, predictions: StoredPredictions) -> "TrialScores":
        """Of every trial on every image."""
        truth = np.take_along_axis(
            predictions.probabilities, predictions.labels[None, :, None], axis=2
        )[..., 0]
        return cls(predictions.probabilities.argmax(axis=2) == predictions.labels, -log(truth))


def ranked(
    predictions: StoredPredictions, images: NDArray[np.bool_], trial_scores: TrialScores
) -> StoredPredictions:
    """At most `POOL` trials on these images: best first by accuracy, then NLL, then name.

    Args:
        predictions: of all trials on all images.
        images: (n,) mask.
        trial_scores: of the predictions; passed so that it is worked out once for all folds.
    """
    share = images / max(images.sum(), 1)
    accuracy, nll = trial_scores.right @ share, trial_scores.nll @ share
    order = np.lexsort((np.array(predictions.trials), nll, -accuracy))
    by_nll = np.lexsort((np.array(predictions.trials), nll))
    chosen = set(order[: POOL // 2].tolist())
    for row in by_nll.tolist():
        if len(chosen) < POOL:
            chosen.add(row)
    return predictions.part(
        [row for row in order.tolist() if row in chosen], np.flatnonzero(images)
    )


def best_single(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """The trial with the highest accuracy."""
    return calibrated(recipe_of({predictions.trials[0]: 1.0}, "soft vote"), predictions)


def top_soft_vote(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """Mean probability of the k most accurate trials, k from 2 by NLL after calibration."""
    return _top(predictions, most, "soft vote")


def top_logit_average(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """Mean log-probability of the k most accurate trials, k from 2 by NLL after calibration."""
    return _top(predictions, most, "logit average")


def weighted_soft_vote(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """Soft vote with the coefficients of highest likelihood (`fit.mixture`).

    Fitted on all trials, then again on the `most` largest.
    """
    truth = _truth(predictions)
    shares = _largest(fit.mixture(truth), most, lambda kept: fit.mixture(truth[kept]))
    return calibrated(_recipe(shares, predictions, "soft vote"), predictions)


def weighted_logit_average(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """Logit average with the coefficients of highest likelihood (`fit.exponents`).

    Fitted on the `LOG_POOL` most accurate trials, then again on the `most` largest.
    """
    top = predictions.take(predictions.trials[:LOG_POOL])
    logs = log(top.probabilities)
    fitted = fit.exponents(logs, top.labels)
    shares = _largest(fitted, most, lambda kept: fit.exponents(logs[kept], top.labels))
    return calibrated(_recipe(shares, top, "logit average"), top)


def greedy(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """Soft vote built by adding, again and again, the trial that lowers the NLL most.

    Trials may be added repeatedly (`fit.climb`). The search is made on `BAGS` random halves of the
    images, and coefficients are mean counts over them, cut to the `most` largest.

    Source: Caruana et al. 2004, "Ensemble Selection from Libraries of Models",
    https://doi.org/10.1145/1015330.1015432 (selection with replacement, sorted initialisation,
    bagging). Their bags are halves of the trials; where two
    trials stand out, such halves often miss both (on 24 trials of FER2013: 62.4 % against 62.9 %
    with halves of the images, cross-validated).
    """
    truth = _truth(predictions)
    m, n = truth.shape
    rng = np.random.default_rng(seed)
    counts = np.zeros(m)
    for _ in range(BAGS):
        picked = fit.climb(truth[:, np.sort(rng.permutation(n)[: max(1, n // 2)])])
        counts += np.bincount(picked, minlength=m) / len(picked)
    return calibrated(_recipe(_largest(counts, most), predictions, "soft vote"), predictions)


def stacking(predictions: StoredPredictions, most: int, seed: int) -> EnsembleRecipe:
    """Multinomial logistic regression on the log-probabilities of the weighted logit average.

    Its m k^2 + k weights are shrunk towards that average rather than towards nothing: with few
    images it is that average, with many it learns which classes each member mixes up.

    Source: Wolpert 1992, "Stacked Generalization", https://doi.org/10.1016/S0893-6080(05)80023-1;
    the target of the shrinkage is ours.
    """
    start = weighted_logit_average(predictions, most, seed)
    part = predictions.take(start.members)
    m, n, k = part.probabilities.shape
    scales = np.array(start.coefficients) / start.temperature
    rows = log(part.probabilities).transpose(1, 0, 2).reshape(n, m * k).astype(np.float64)
    origin = np.kron(scales[:, None], np.eye(k)).astype(np.float64)
    fitted, bias = fit.regression(rows, part.labels, origin, SHRINKAGE)
    weights = fitted.reshape(m, k, k)
    influence = np.abs(weights).sum(axis=(1, 2))
    recipe = recipe_of(dict(zip(part.trials, influence.tolist(), strict=True)), "stacking")
    order = [part.trials.index(trial) for trial in recipe.members]
    nested = tuple(tuple(map(tuple, weights[i].tolist())) for i in order)
    return calibrated(replace(recipe, weights=nested, bias=tuple(bias.tolist())), part)


Select = Callable[[StoredPredictions, int, int], EnsembleRecipe]

SELECTIONS: dict[str, Select] = {
    "best single": best_single,
    "top soft vote": top_soft_vote,
    "top logit average": top_logit_average,
    "weighted soft vote": weighted_soft_vote,
    "weighted logit average": weighted_logit_average,
    "greedy soft vote": greedy,
    "stacking": stacking,
}
"""Rule by name, the simplest first: that order decides between equals. One line adds one."""


def calibrated(recipe: EnsembleRecipe, predictions: StoredPredictions) -> EnsembleRecipe:
    """The recipe with the temperature that suits the predictions' images best."""
    scores = recipe.scores(predictions.take(recipe.members).probabilities)
    return replace(recipe, temperature=temperature(scores, predictions.labels))


def _top(predictions: StoredPredictions, most: int, combiner: str) -> EnsembleRecipe:
    sizes = range(min(2, len(predictions.trials), most), min(most, len(predictions.trials)) + 1)
    recipes = [
        calibrated(recipe_of(dict.fromkeys(predictions.trials[:size], 1.0), combiner), predictions)
        for size in sizes
    ]
    return min(recipes, key=lambda recipe: _nll(recipe, predictions))


def _nll(recipe: EnsembleRecipe, predictions: StoredPredictions) -> float:
    scores = recipe.scores(predictions.take(recipe.members).probabilities)
    return metrics.nll(scores / recipe.temperature, predictions.labels)


def _truth(predictions: StoredPredictions) -> NDArray[np.float32]:
    """(m, n) probability of the label, at least what a logarithm takes."""
    truth = np.take_along_axis(
        predictions.probabilities, predictions.labels[None, :, None], axis=2
    )[..., 0]
    logs: NDArray[np.float32] = log(truth)
    return np.exp(logs)


def _largest(
    shares: NDArray[np.floating],
    most: int,
    again: Callable[[NDArray[np.int64]], NDArray[np.floating]] | None = None,
) -> NDArray[np.float64]:
    """Shares with all but the `most` largest set to 0, those fitted once more if need be."""
    kept = np.sort(np.argsort(-shares, kind="stable")[:most])
    left = np.zeros(len(shares))
    left[kept] = again(kept) if again and most < len(shares) else shares[kept]
    return left


def _recipe(
    shares: NDArray[np.float64], predictions: StoredPredictions, combiner: str
) -> EnsembleRecipe:
    total = shares.sum()
    if not total > 0:  # nothing that the trials say helps: as good as any
        return recipe_of({predictions.trials[0]: 1.0}, combiner)
    kept = np.flatnonzero(shares >= NEGLIGIBLE * total)
    return recipe_of({predictions.trials[i]: float(shares[i]) for i in kept}, combiner)
