"""Coefficients and weights of highest likelihood: arrays in, arrays out."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

ROUNDS = 200
"""Rounds of expectation and maximisation; each costs two matrix-vector products."""

FIRST = 2
"""Rows that a climb starts from."""

STEPS = 20
"""Rows in a climb's ensemble, repeats counted: coefficients come in twentieths."""

ROUNDING = 1e-6
"""Differences in a mean of logarithms below this are float32's."""


def mixture(truth: NDArray[np.float32]) -> NDArray[np.float64]:
    """Coefficients c of highest likelihood of a mixture sum_i c_i p_i.

    The likelihood is concave in c, and each round of
    c_i <- mean over images of c_i p_i / sum_j c_j p_j raises it: one optimum, no step length.

    Args:
        truth: (m, n) probability that each gives the label, above 0.

    Returns:
        (m,) at least 0, sum 1.

    Source: Dempster, Laird, Rubin 1977, "Maximum Likelihood from Incomplete Data via the EM
    Algorithm", mixtures of known components, https://doi.org/10.1111/j.2517-6161.1977.tb01600.x.
    """
    m, n = truth.shape
    shares = np.full(m, 1 / m, dtype=np.float32)
    for _ in range(ROUNDS):
        shares *= truth @ (1 / (shares @ truth)) / n
    return shares.astype(np.float64)


def exponents(logs: NDArray[np.float32], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Exponents b of highest likelihood of a product prod_i p_i^b_i, made to sum to 1 a row.

    Convex in b; by L-BFGS-B. b / sum(b) are coefficients of a logit average, 1 / sum(b) is its
    temperature.

    Args:
        logs: (m, n, k) log-probabilities.
        labels: (n,) integers below k.

    Returns:
        (m,) at least 0.

    Source: Heskes 1998, "Selecting weighting factors in logarithmic opinion pools".
    """
    m, n, k = logs.shape
    images = np.arange(n)
    flat = logs.reshape(m, n * k)
    wanted = logs[:, images, labels].mean(axis=1).astype(np.float64)

    def loss(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = (b.astype(np.float32) @ flat).reshape(n, k)
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        sums = shares.sum(axis=1, keepdims=True)
        nll = float(np.log(sums).mean() - scores[images, labels].mean())
        return nll, flat @ (shares / sums).ravel() / n - wanted

    start = np.full(m, 1 / m)
    options = {"maxiter": 60}
    bounds = [(0, None)] * m
    fitted = optimize.minimize(loss, start, jac=True, bounds=bounds, options=options)
    b: NDArray[np.float64] = fitted.x
    return b


def climb(truth: NDArray[np.float32]) -> NDArray[np.int64]:
    """Greedy selection with replacement: the soft vote that adding row by row leads to.

    From the `FIRST` rows on, the row that lowers the negative log-likelihood most is added until
    there are `STEPS`; of the ensembles on the way the one with the lowest is returned, the shortest
    of equals.

    Args:
        truth: (m, n) probability that each gives the label, above 0; the best rows first.

    Returns:
        Rows picked, repeats counted.
    """
    picked = list(range(min(FIRST, len(truth))))
    total = truth[picked].sum(axis=0)
    losses = [float(-np.log(total / len(picked)).mean())]
    scratch = np.empty_like(truth)
    while len(picked) < STEPS:
        np.log(np.add(truth, total, out=scratch), out=scratch)
        gains = scratch.mean(axis=1)
        best = int(gains.argmax())
        picked.append(best)
        total = total + truth[best]
        losses.append(float(np.log(len(picked)) - gains[best]))
    enough = np.flatnonzero(np.array(losses) <= min(losses) + ROUNDING)[0]
    return np.array(picked[: len(picked) - len(losses) + 1 + int(enough)])


def regression(
    rows: NDArray[np.float64],
    labels: NDArray[np.integer],
    start: NDArray[np.float64],
    strength: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Multinomial logistic regression, penalised by strength / 2 times |weights - start|^2.

    Args:
        rows: (n, q) features.
        labels: (n,) integers below k.
        start: (q, k) weights that the penalty pulls towards; the bias is free.
        strength: of the penalty, against a sum of NLL over the images; above 0.

    Returns:
        Weights (q, k) and bias (k,), the latter with mean 0.
    """
    q, k = start.shape
    n = max(len(labels), 1)
    images = np.arange(len(labels))
    one_hot = (labels[:, None] == np.arange(k)).astype(np.float64)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[: q * k].reshape(q, k), flat[q * k :]
        scores = rows @ weights + bias
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        sums = shares.sum(axis=1, keepdims=True)
        away = weights - start
        nll = np.log(sums).sum() - scores[images, labels].sum()
        excess = shares / sums - one_hot
        slope = np.concatenate([(rows.T @ excess + strength * away).ravel(), excess.sum(axis=0)])
        # A mean, not a sum, so that it stops at the same precision whatever the number of images.
        return float(nll + strength / 2 * (away**2).sum()) / n, slope / n

    first = np.concatenate([start.ravel(), np.zeros(k)])
    options = {"maxiter": 100}
    fitted = optimize.minimize(loss, first, jac=True, method="L-BFGS-B", options=options)
    bias = fitted.x[q * k :]
    return fitted.x[: q * k].reshape(q, k), bias - bias.mean()
