"""Class names of any data set, in the canonical order."""

from collections.abc import Iterable

from orchestrator.data.faces import EMOTIONS

SYNONYMS = {
    "angry": ("anger", "ang", "an"),
    "disgust": ("disgusted", "disgusting", "dis", "di"),
    "fear": ("fearful", "afraid", "scared", "fea", "fe"),
    "happy": ("happiness", "joy", "joyful", "hap", "ha"),
    "sad": ("sadness", "sorrow", "sa"),
    "surprise": ("surprised", "surprising", "astonished", "sur", "su"),
    "neutral": ("neutrality", "neu", "ne"),
}
"""Canonical class -> other names for it, in lower case; the two-letter ones are JAFFE's."""

_CANONICAL = {name: name for name in EMOTIONS} | {
    synonym: name for name, synonyms in SYNONYMS.items() for synonym in synonyms
}


def canonical(name: str) -> str:
    """A class's canonical name; an unknown one is only cleaned of case and blanks."""
    cleaned = name.strip().lower()
    return _CANONICAL.get(cleaned, cleaned)


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names: the canonical ones in FER2013's order, then the others by alphabet."""
    distinct = set(names)
    return tuple(name for name in EMOTIONS if name in distinct) + tuple(
        sorted(distinct - set(EMOTIONS))
    )
