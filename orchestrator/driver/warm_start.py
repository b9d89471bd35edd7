"""What a sweep takes from those before it, as `--warm-start` asks for."""

from collections.abc import Callable
from typing import Any

from orchestrator.plan import Plan
from orchestrator.scheduling import earlier_trials


def warm_start(planned: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """What a sweep that begins takes from earlier ones, for its journal; it is said.

    Args:
        planned: the sweep, its backend chosen.
        say: takes a line.
    """
    earlier = earlier_trials.earlier_trials(
        planned.results, planned.store, planned.splits.digest, planned.backend
    )
    for problem in earlier.passed_over:
        say(f"note: not searched for earlier trials: {problem}")
    event = earlier.event(earlier.first(planned.space, planned.base))
    say(earlier_trials.sentence(event, planned.results.root, bool(planned.scheduler)))
    return event
