"""Learning-rate schedules as pure functions of what has happened so far.

A schedule sees the finished epochs and gives the rate of every step of the next one. Nothing else
is remembered, so a trial that is restored, or paused and promoted, goes on exactly as it would
have without the break. Most only count the epochs: then the next one can be dispatched before the
last one's measurements are read.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.config import TrialConfig
from orchestrator.training.history import EpochRow

REFERENCE_BATCH = 128
"""Images a step for which a learning rate is given where it is scaled."""

RATE_SCALINGS: dict[str, Callable[[float], float]] = {
    "none": lambda times: 1.0,
    "linear": lambda times: times,
    "sqrt": math.sqrt,
}
"""Name -> factor of the learning rate for a batch so many times as large as the reference.

Sources: Goyal et al. 2017, "Accurate, Large Minibatch SGD" (https://arxiv.org/abs/1706.02677),
section 2.1, for linear; Krizhevsky 2014, "One weird trick" (https://arxiv.org/abs/1404.5997), for
the root. Goyal et al. also warm up for five epochs; here that is a schedule, `one_cycle`.
"""

Rates = NDArray[np.float32]


@dataclass(frozen=True)
class Schedule:
    """One way to set the rates of an epoch's steps.

    Attributes:
        rates: (number of epochs before, those epochs' rows, steps, configuration) -> (steps,)
            rates, none negative.
        measured: whether the rows matter; where they do not, `rates` may be asked without them.
        open_ended: whether `config.epochs` does not matter: then the first epochs of a longer trial
            are those of a shorter one, and it can go on from that one's last state.
    """

    rates: Callable[[int, Sequence[EpochRow], int, TrialConfig], Rates]
    measured: bool = False
    open_ended: bool = False

    def __call__(self, history: Sequence[EpochRow], steps: int, config: TrialConfig) -> Rates:
        """Rates of the epoch after these."""
        return self.rates(len(history), history, steps, config)


PLATEAU_FLOOR = 1e-5
"""The rate is not reduced below this; a trial that starts below it stays where it is."""

WARM_UP = 0.3
"""Share of all steps in which one_cycle rises."""

CYCLE_START = 0.1
"""one_cycle starts at this share of the peak."""


def peak(config: TrialConfig) -> float:
    """The highest rate of a trial: the configured one, scaled with the batch where it says so."""
    scaling = RATE_SCALINGS[config.rate_scaling]
    return config.learning_rate * scaling(config.batch_size / REFERENCE_BATCH)


def constant(done: int, rows: Sequence[EpochRow], steps: int, config: TrialConfig) -> Rates:
    """The peak throughout."""
    return np.full(steps, peak(config), dtype=np.float32)


def plateau(done: int, rows: Sequence[EpochRow], steps: int, config: TrialConfig) -> Rates:
    """Lowered whenever some epochs in a row bring no better validation accuracy.

    Sources: the protocol of Pramerdorfer & Kampel 2016 (https://arxiv.org/abs/1612.02903) as
    replicated by Stanford's cs230-fer (factor 0.5, patience 10, floor 1e-5), which is the default;
    Khaireddin & Chen 2021 (https://arxiv.org/abs/2105.03588) take 0.75 and 5. Differs: any gain
    counts, however small, where Keras' `ReduceLROnPlateau` asks for 1e-4. An accuracy that is NaN
    is never better.
    """
    rate, best, waited = peak(config), -math.inf, 0
    floor = min(PLATEAU_FLOOR, rate)
    for row in rows:
        waited += 1
        if row.validation_accuracy > best:
            best, waited = row.validation_accuracy, 0
        elif waited == config.plateau_patience:
            rate, waited = max(rate * config.plateau_factor, floor), 0
    return np.full(steps, rate, dtype=np.float32)


def cosine(done: int, rows: Sequence[EpochRow], steps: int, config: TrialConfig) -> Rates:
    """Half a cosine from the peak to 0 over `config.epochs`, step by step.

    Source: Loshchilov & Hutter 2017, "SGDR" (https://arxiv.org/abs/1608.03983), equation 5 with
    minimum 0, one period. No restarts and no warm-up: `one_cycle` is the schedule that has one.
    """
    share = _progress(done, steps, config)
    return (peak(config) * 0.5 * (1 + np.cos(np.pi * share))).astype(np.float32)


def one_cycle(done: int, rows: Sequence[EpochRow], steps: int, config: TrialConfig) -> Rates:
    """Straight up from a tenth of the peak in the first 30 % of all steps, then straight to 0.

    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters: Part 1"
    (https://arxiv.org/abs/1803.09820),
    section 4. Differs: the way up is shorter than the way down instead of equal, the way down ends
    at 0 in one line instead of two, and momentum is not cycled.
    """
    share = _progress(done, steps, config)
    rising = CYCLE_START + (1 - CYCLE_START) * share / WARM_UP
    falling = (1 - share) / (1 - WARM_UP)
    return (peak(config) * np.minimum(rising, falling)).astype(np.float32)


def warm_restarts(done: int, rows: Sequence[EpochRow], steps: int, config: TrialConfig) -> Rates:
    """Half a cosine from the peak to 0 over `config.cycle` epochs, again and again.

    Sources: Loshchilov & Hutter 2017, "SGDR" (https://arxiv.org/abs/1608.03983), equation 5 with
    minimum 0 and equal periods; Huang et al. 2017, "Snapshot Ensembles"
    (https://arxiv.org/abs/1704.00109), who keep the net at the end of each. Here each end is a
    trial of its own: of trials of 1, 2, 3 cycles the longer goes on from the shorter one's last
    state, so that all cost as much as the longest, and the ensemble chooses among them.
    """
    share = (done % config.cycle + np.arange(steps) / max(steps, 1)) / config.cycle
    return (peak(config) * 0.5 * (1 + np.cos(np.pi * share))).astype(np.float32)


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(constant, open_ended=True),
    "plateau": Schedule(plateau, measured=True, open_ended=True),
    "cosine": Schedule(cosine),
    "one_cycle": Schedule(one_cycle),
    "warm_restarts": Schedule(warm_restarts, open_ended=True),
}


def _progress(done: int, steps: int, config: TrialConfig) -> NDArray[np.float64]:
    """(steps,) share of the whole training done before each step of the next epoch, 0 to 1."""
    return np.minimum((done + np.arange(steps) / max(steps, 1)) / config.epochs, 1.0)
