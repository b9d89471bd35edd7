"""FER2013's published counts, and in which way a copy of it departs from them."""

from orchestrator.data.faces import EMOTIONS
from orchestrator.data.raw import SPLITS, Raw

COUNTS = {
    "training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "validation": (467, 56, 496, 895, 653, 415, 607),
    "test": (491, 55, 528, 879, 594, 416, 626),
}
"""Split -> images a class in canonical order (Training, PublicTest, PrivateTest)."""


def departures(raw: Raw) -> tuple[str, ...]:
    """A sentence for each split that is there and does not have the published counts.

    Copies in circulation differ: some are filtered, some have classes filled up. Data in another
    layout than FER2013's is not compared, nor is a split that is wholly absent.
    """
    if not raw.fer2013:
        return ()
    counts = raw.counts()
    sentences = []
    for split, expected in COUNTS.items():
        row = dict(zip(raw.classes, counts[SPLITS.index(split)].tolist(), strict=True))
        if any(row.values()) and row != dict(zip(EMOTIONS, expected, strict=True)):
            sentences.append(_sentence(split, row, dict(zip(EMOTIONS, expected, strict=True))))
    return tuple(sentences)


def _sentence(split: str, counts: dict[str, int], expected: dict[str, int]) -> str:
    differing = [
        f"{name} {number:,} instead of {expected.get(name, 0):,}"
        for name, number in counts.items()
        if number != expected.get(name, 0)
    ]
    return (
        f"The {split} split has {sum(counts.values()):,} images, FER2013 as published "
        f"{sum(expected.values()):,}: {', '.join(differing)}."
    )
