"""Class names of any data set: matched with the seven expressions, in the canonical order."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

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

OTHER_EXPRESSIONS = {"contempt": ("contemptuous",)}
"""Expressions that other data sets have besides, likewise."""

_CANONICAL = {
    spelling: name
    for name, synonyms in (SYNONYMS | OTHER_EXPRESSIONS).items()
    for spelling in (name, *synonyms)
}
_NUMBER = re.compile(r"\d+[\s_.)\-]+(?=\w)")
_NEAR = 0.8  # difflib's ratio; "suprise" has 0.93, "angry.d" 0.83
_SHORTEST = 4  # letters of a name that can be a misspelling: shorter ones are near to anything


def normalised(name: str) -> str:
    """A name as it is compared: composed Unicode (NFC), lower case, no blanks around it."""
    return unicodedata.normalize("NFC", name).strip().lower()


def without_number(name: str) -> str:
    """A normalised name without a number and a separator in front: 3_happy becomes happy."""
    number = _NUMBER.match(name)
    return name[number.end() :] if number else name


def canonical(name: str) -> str:
    """A class's canonical name; an unknown one is only normalised."""
    cleaned = normalised(name)
    return _CANONICAL.get(cleaned) or _CANONICAL.get(without_number(cleaned)) or cleaned


def is_expression(name: str) -> bool:
    """Whether a canonical name is one of the seven expressions, or contempt."""
    return name in _CANONICAL


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct class names: the canonical ones in FER2013's order, then the others by alphabet.

    Whole numbers stand in the order of their values.
    """
    distinct = set(names)
    return tuple(name for name in EMOTIONS if name in distinct) + tuple(
        sorted(distinct - set(EMOTIONS), key=_place)
    )


def _place(name: str) -> tuple[bool, int, str]:
    is_number = name.isascii() and name.isdigit() and len(name) < 10
    return (not is_number, int(name) if is_number else 0, name)


def name_notes(classes: Mapping[str, str]) -> tuple[str, ...]:
    """What a reader should know of how folders became classes.

    Args:
        classes: name as it is written -> class.
    """
    return (
        *_renamed(classes),
        *_merged(classes),
        *_near_misses(classes.values()),
        *_unknown(classes.values()),
    )


def _renamed(classes: Mapping[str, str]) -> list[str]:
    other = {name: k for name, k in sorted(classes.items()) if normalised(name) != k}
    if not other:
        return []
    name, read_as = next(iter(other.items()))
    return [f"{len(other):,} names of classes were read as expressions, e.g. {name} as {read_as}."]


def _merged(classes: Mapping[str, str]) -> list[str]:
    spellings = {
        k: sorted(name for name in classes if classes[name] == k) for k in classes.values()
    }
    several = [names for _, names in sorted(spellings.items()) if len(names) > 1]
    if not several:
        return []
    return [
        f"{len(several):,} classes are spelled in more than one way and were read as one each, "
        f"e.g. {' and '.join(several[0])}."
    ]


def _near_misses(names: Iterable[str]) -> list[str]:
    notes = []
    for name in ordered(names):
        near = [] if is_expression(name) or len(name) < _SHORTEST else _near(name)
        if near:
            notes.append(
                f"{name} is a class of its own: did you mean {_CANONICAL[near[0]]}? Then rename it."
            )
    return notes


def _near(name: str) -> list[str]:
    return difflib.get_close_matches(without_number(name), _CANONICAL, 1, _NEAR)


def _unknown(names: Iterable[str]) -> list[str]:
    distinct = ordered(names)
    if any(is_expression(name) for name in distinct):
        return []
    shown = ", ".join(distinct[:3]) + (", ..." if len(distinct) > 3 else "")
    return [
        f"None of the {len(distinct):,} classes ({shown}) is called like an expression; they keep "
        "their names."
    ]
