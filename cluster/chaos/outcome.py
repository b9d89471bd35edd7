"""What one fault did, as the table shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What one fault did.

    Attributes:
        detected_s: seconds from the fault to the first event that shows that it was noticed; None
            where the user sees it at once.
        epochs_lost: trained again.
        differences: to the uninterrupted run's tables and rungs; empty if it is equal.
        injections: how many times the fault was injected.
        message: the sentence that the user got, where there is one.
    """

    detected_s: float | None
    epochs_lost: int
    differences: tuple[str, ...]
    injections: int = 1
    message: str = ""


def wrong_exit(code: int, expected: int) -> list[str]:
    """What is wrong with a driver's exit code, if anything."""
    return [] if code == expected else [f"a driver ended with {code}, expected {expected}"]
