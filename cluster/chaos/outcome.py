"""What one fault did, as the table shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Observed:
    """What one fault did.

    Attributes:
        detected_s: seconds from the blow to the first event that shows that it was noticed; None
            where the user sees it at once.
        epochs_lost: trained again.
        differences: to the uninterrupted run's tables and rungs; empty if it is equal.
        blows: how many times it was struck.
        said: the sentence that the user got, where there is one.
    """

    detected_s: float | None
    epochs_lost: int
    differences: tuple[str, ...]
    blows: int = 1
    said: str = ""
