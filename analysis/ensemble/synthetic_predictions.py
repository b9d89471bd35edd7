"""Made-up trials with known errors, for tests."""

import numpy as np

from analysis.ensemble.stored_predictions import StoredPredictions


def synthetic_predictions(
    trials: int, images: int, signal: float = 1.5, shared: float = 0.0, seed: int = 0
) -> StoredPredictions:
    """Trials on seven classes whose logits are signal for the label, plus normal noise.

    Args:
        trials: m; names are t000, t001, ...
        images: n; every tenth is no clean one.
        signal: added to the label's logit; 0 for trials that know nothing.
        shared: share of the noise's variance that all trials have in common, 0 to 1.
        seed: of noise and labels.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(7, size=images)
    own = rng.normal(size=(trials, images, 7), scale=np.sqrt(1 - shared))
    logits = own + rng.normal(size=(images, 7), scale=np.sqrt(shared))
    logits += signal * (labels[:, None] == np.arange(7))
    return predictions_of(np.exp(logits), labels)


def predictions_of(shares: object, labels: object) -> StoredPredictions:
    """These (m, n, k) values, made to sum to 1 a row, as stored predictions of (n,) labels."""
    values = np.asarray(shares, dtype=np.float32)
    m, n, _ = values.shape
    return StoredPredictions(
        tuple(f"t{i:03d}" for i in range(m)),
        values / values.sum(axis=2, keepdims=True),
        np.asarray(labels, dtype=np.int64),
        np.array([f"face{i:05d}" for i in range(n)]),
        np.arange(n) % 10 != 9,
    )
