"""`--seeds N`: every configuration with N seeds, or, once a search has ended, every finalist.

A grid in which nobody is stopped is asked for with every seed at once, in one sweep. A search that
stops trials early would spend most seeds on those that it stops: its finalists are trained again
afterwards, by `jobs.refit`, with seeds that the search did not use, so that these owe nothing to
luck.
"""

import dataclasses

from orchestrator.config import Sweep
from orchestrator.errors import BadInput
from orchestrator.process.command_line import words_of
from orchestrator.request import RunOptions, SweepRequest
from orchestrator.resumption import Overrides
from orchestrator.search.space import SearchSpace

SEED = "seed"

REFIT = "jobs.refit"

SAME = ("concurrency", "gpus_per_trial", "backend", "hang_after", "address", "accept_changed_code")
"""How finalists are run: as the sweep was."""


def repeats_all(sweep: Sweep) -> bool:
    """Whether every configuration gets all seeds, and not the finalists alone."""
    return sweep.search == "grid" and not sweep.budget.early_stopping


def with_seeds(request: SweepRequest, sweep: Sweep, overrides: Overrides) -> Overrides:
    """What the command line asks in place of the question's own words, its seeds among it.

    Raises:
        BadInput: where seeds are named one by one, too.
    """
    n = request.seeds
    if n is None or not repeats_all(sweep):
        return overrides
    if SEED in overrides.settings:
        raise BadInput(f"--seeds {n} and --set {SEED}=... both say which seeds; give one of them")
    first = request.seed or 0
    seeds = ",".join(str(seed) for seed in range(first, first + n))
    own = len(SearchSpace.of(sweep.space, sweep.configurations).values(SEED)) or 1
    trials = overrides.trials
    configurations = trials if trials is not None else -(-sweep.budget.trials // own)
    return Overrides(configurations * n, {**overrides.settings, SEED: seeds})


def refit_words(request: SweepRequest, place: str, top: int) -> list[str] | None:
    """The words of `jobs.refit` for a sweep's finalists; None where nobody is trained again.

    Args:
        request: of the sweep.
        place: of its folder.
        top: finalists.
    """
    if request.seeds is None:
        return None
    options = RunOptions(**{name: getattr(request, name) for name in SAME})
    options = dataclasses.replace(options, postprocess=request.postprocess)
    words = [place, f"--top={top}", f"--seeds={request.seeds}", *words_of(options)]
    data = SweepRequest(data=request.data)
    return [*words, *words_of(data, without=("question",))]
