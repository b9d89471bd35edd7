"""Says so when no trial runs because there is no room for one: nobody waits for ever in silence."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ray

from orchestrator.on_ray.resources import TrialResources

FIRST_S = 30.0
"""Without a trial that runs, before a word is said; a process of a trial starts in seconds."""

LONGEST_S = 600.0
"""Between two words; they come more and more seldom."""


class CapacityWatch:
    """Counts the trials that run; listens to the ledger, and is called often.

    Args:
        resources: what a trial takes.
        say: tells the user.
        nodes: what Ray's nodes have.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        resources: TrialResources,
        say: Callable[[str], None],
        nodes: Callable[[], Sequence[Mapping[str, Any]]] = ray.nodes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resources = resources
        self._nodes = nodes
        self._say = say
        self._clock = clock
        self._running: set[str] = set()
        self._rest()

    def _rest(self) -> None:
        self._since, self._pause = self._clock(), FIRST_S

    def on_event(self, event: Mapping[str, Any], entry: object) -> None:
        """See `Ledger.listen`."""
        if event["event"] == "started":
            self._running.add(event["trial"])
        elif event["event"] in ("ended", "died"):
            self._running.discard(event["trial"])
        self._rest()

    def check(self) -> None:
        """Say a word if it is time to."""
        if self._running:
            return
        now = self._clock()
        if now - self._since >= self._pause:
            self._since, self._pause = now, min(LONGEST_S, 2 * self._pause)
            self._say(no_room(self._resources, self._nodes()))


def no_room(resources: TrialResources, nodes: Sequence[Mapping[str, Any]]) -> str:
    """What a trial takes and what there is, in one sentence."""
    alive = [node["Resources"] for node in nodes if node.get("Alive")]
    cpus, gpus = (max((n.get(kind, 0) for n in alive), default=0) for kind in ("CPU", "GPU"))
    threads, share = resources.threads, resources.gpus
    fits = any(n.get("CPU", 0) >= threads and n.get("GPU", 0) >= share for n in alive)
    why = "they are taken" if fits else "no trial can begin before a larger one joins"
    return (
        f"waiting for room: a trial takes {threads} CPU and {share:g} GPU of one node; "
        f"{len(alive)} nodes have up to {cpus:g} CPU and {gpus:g} GPU each: {why}"
    )
