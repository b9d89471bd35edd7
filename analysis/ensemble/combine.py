"""From the members' probabilities to the ensemble's: what is saved, and what a Keras export copies.

Every combiner gives scores z (n, k) out of the members' probabilities p (m, n, k); the answer is
softmax(z / T). With c the coefficients (m,), and log clipped at `SMALLEST`:

- soft vote:     z = log(sum_i c_i p_i)
- logit average: z = sum_i c_i log(p_i)
- stacking:      z = sum_i log(p_i) W_i + b, with W (m, k, k) and b (k,)
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orchestrator import metrics
from orchestrator.errors import BadInput

SMALLEST = 1e-6
"""Probabilities below count as this in every logarithm.

They are stored as float16, whose spacing near 0 is 6e-8: below 1e-6 fewer than four binary digits
are left. It also bounds how far one member that is certain and wrong can pull the others.
"""

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class EnsembleRecipe:
    """Who is in the ensemble and how their probabilities become one answer.

    Attributes:
        members: trials, the one with the largest coefficient first.
        coefficients: (m,) share of each member, in the same order; above 0, sum 1. In stacking they
            do not enter the answer: they are each member's share of the weights' absolute sum.
        combiner: name in `COMBINERS`.
        temperature: T above; 1 leaves the scores as they are.
        weights: (m, k, k) as nested tuples, of stacking alone.
        bias: (k,), of stacking alone.
    """

    members: tuple[str, ...]
    coefficients: tuple[float, ...]
    combiner: str
    temperature: float = 1.0
    weights: tuple[tuple[tuple[float, ...], ...], ...] | None = None
    bias: tuple[float, ...] | None = None

    def apply(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probabilities (n, k) out of the members' (m, n, k), in the members' order."""
        return metrics.probabilities(self.scores(probabilities) / self.temperature)

    def uncalibrated(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """The same at temperature 1."""
        return metrics.probabilities(self.scores(probabilities))

    def scores(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """Scores z (n, k) before temperature and softmax.

        Raises:
            ValueError: unless there is one (n, k) block a member.
        """
        values = np.asarray(probabilities)
        if values.ndim != 3 or len(values) != len(self.members):
            raise ValueError(f"{values.shape} is not ({len(self.members)} members, n, k)")
        return COMBINERS[self.combiner](self, values)

    def to_json(self) -> dict[str, Any]:
        """The same as a value of JSON; `from_json` gives back an equal recipe."""
        return {
            "members": list(self.members),
            "coefficients": list(self.coefficients),
            "combiner": self.combiner,
            "temperature": self.temperature,
            "weights": _nested(self.weights, list),
            "bias": _nested(self.bias, list),
        }

    @classmethod
    def from_json(cls, value: Any) -> "EnsembleRecipe":
        """A recipe out of what `to_json` gave.

        Raises:
            BadInput: if it is anything else; begins with "the recipe", so say which file before.
        """
        try:
            recipe = cls(
                tuple(str(name) for name in value["members"]),
                _nested(value["coefficients"], tuple),
                str(value["combiner"]),
                float(value["temperature"]),
                _nested(value.get("weights"), tuple),
                _nested(value.get("bias"), tuple),
            )
            problem = _problem(recipe)
        except (AttributeError, KeyError, TypeError, ValueError) as reason:
            problem = f"lacks or misspells a part ({type(reason).__name__}: {reason})"
        if problem:
            raise BadInput(f"the recipe {problem}; write the ensemble again")
        return recipe


def log(probabilities: ArrayLike) -> NDArray[Any]:
    """Natural logarithm, probabilities below `SMALLEST` counted as that."""
    logs: NDArray[Any] = np.log(np.maximum(np.asarray(probabilities), SMALLEST))
    return logs


def soft_vote(recipe: EnsembleRecipe, probabilities: Floats) -> NDArray[np.float64]:
    """Logarithm of the weighted mean probability: (m, n, k) -> (n, k)."""
    return log(_weighted(recipe, probabilities))


def logit_average(recipe: EnsembleRecipe, probabilities: Floats) -> NDArray[np.float64]:
    """Weighted mean of log-probabilities: (m, n, k) -> (n, k).

    A member's logits and log-probabilities differ by a number an image, which the softmax takes
    out again: their averages give the same answer.
    """
    return _weighted(recipe, log(probabilities))


def stacking(recipe: EnsembleRecipe, probabilities: Floats) -> NDArray[np.float64]:
    """Multinomial logistic regression on all members' log-probabilities: (m, n, k) -> (n, k)."""
    if recipe.weights is None or recipe.bias is None:
        raise ValueError("a stacking recipe needs weights and a bias")
    products = np.einsum("mnk,mkj->nj", log(probabilities), np.array(recipe.weights))
    scores: NDArray[np.float64] = products + recipe.bias
    return scores


COMBINERS: dict[str, Callable[[EnsembleRecipe, Floats], NDArray[np.float64]]] = {
    "soft vote": soft_vote,
    "logit average": logit_average,
    "stacking": stacking,
}
"""Combiner by name: recipe and probabilities (m, n, k) -> scores (n, k); one line adds one."""


def recipe_of(shares: Mapping[str, float], combiner: str) -> EnsembleRecipe:
    """A recipe at temperature 1 of these members: largest share first, equals by name; sum 1."""
    order = sorted(shares, key=lambda name: (-shares[name], name))
    total = sum(shares.values())
    return EnsembleRecipe(
        tuple(order), tuple(float(shares[name] / total) for name in order), combiner
    )


def _weighted(recipe: EnsembleRecipe, values: Floats) -> NDArray[np.float64]:
    return np.tensordot(np.array(recipe.coefficients), values, axes=1)


def _nested(value: Any, kind: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return kind([_nested(part, kind) for part in value])
    return float(value)


def _problem(recipe: EnsembleRecipe) -> str:
    m = len(recipe.members)
    if m == 0 or len(recipe.coefficients) != m or len(set(recipe.members)) != m:
        return f"has {m} members and {len(recipe.coefficients)} coefficients, expected one each"
    if not math.isclose(sum(recipe.coefficients), 1, abs_tol=1e-6) or min(recipe.coefficients) < 0:
        return f"has coefficients {recipe.coefficients}, expected shares that sum to 1"
    if recipe.combiner not in COMBINERS:
        return f"names the combiner {recipe.combiner!r}; known: {', '.join(COMBINERS)}"
    if not 0 < recipe.temperature < math.inf:
        return f"has temperature {recipe.temperature}, expected a number above 0"
    return _stacking_problem(recipe) if recipe.combiner == "stacking" else ""


def _stacking_problem(recipe: EnsembleRecipe) -> str:
    if recipe.weights is None or recipe.bias is None:
        return "is of stacking and lacks weights or bias"
    k, shape = len(recipe.bias), np.shape(recipe.weights)
    if shape != (len(recipe.members), k, k):
        return f"has weights {shape}, expected {(len(recipe.members), k, k)}"
    numbers = np.concatenate([np.ravel(recipe.weights), recipe.bias])
    return "" if np.isfinite(numbers).all() else "has weights that are not finite"
