"""Why a process that trained a trial is gone, and how often that is forgiven; knows no Ray."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One way to die.

    Attributes:
        words: of it, which "3 times" may follow.
        lives: deaths of a trial by this cause after which it is given up.
        signs: what Ray's message then holds, in lower case; the first cause with a sign is taken.
    """

    words: str
    lives: int
    signs: tuple[str, ...] = ()


CAUSES: dict[str, Cause] = {
    "hang": Cause("it gave no sign and was killed", 2),
    # A smaller batch or fewer trials a machine would help; a third attempt would not. Of any
    # process that is gone Ray says that it may have been "the OOM killer": that is no sign.
    "memory": Cause("its process was killed for memory", 2, ("outofmemory", "low on memory")),
    # Spot machines come and go: that says nothing of a trial.
    "node": Cause(
        "its machine was lost",
        20,
        (
            "node has died",
            "node died",
            "node was terminated",
            "node is dead",
            "nodediederror",
            "preempted",
            "drained",
            "node failure",
            "unexpectedly terminated node",
            # Of a process that dies on a machine that lives, Ray tells the death.
            "temporarily unavailable",
        ),
    ),
    "process": Cause("its process died", 3),
}
"""Cause -> what there is to know of it; one line adds one. The last takes what has no sign."""


def cause_of(message: str) -> str:
    """The cause that a message of Ray's speaks of."""
    text = message.lower()
    names = (name for name, cause in CAUSES.items() if any(sign in text for sign in cause.signs))
    return next(names, "process")
