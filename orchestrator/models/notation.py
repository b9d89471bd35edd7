"""The field's notation of network layouts, e.g. CCPCCPFF: read, checked, without Keras.

C convolution · P pooling · N response normalisation · I inception module · R residual block ·
F fully connected; a number repeats the letter after it. The notation is that of the survey in
Pramerdorfer & Kampel, "Facial Expression Recognition using Convolutional Neural Networks: State
of the Art" (https://arxiv.org/abs/1612.02903, Tables I to III). The last F gives the logits, one a
class.

What each layer looks like is decided in `orchestrator.models.layer_sizes`. Differs from the survey
in one point that it leaves open: a written count opens a new stage of residual blocks, so that
3R4R is two stages (the second halves the image and has twice the filters) and RRRRRRR is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.config import CHOICES
from orchestrator.errors import BadInput

LETTERS: dict[str, str] = {
    "C": "convolution",
    "P": "pooling",
    "N": "response normalisation",
    "I": "inception module",
    "R": "residual block",
    "F": "fully connected",
}
"""Every letter and what it means; capitals only, so that no name of a model is a valid string."""

FEATURES = "CIR"
"""Letters that make feature maps; a class activation map needs one."""

LIMIT = 128
"""Layers at most, repeats counted: more is a slip of the hand, and would take minutes to build."""

NAMED: dict[str, str] = {
    "cnn5": "CPCPCPFF",
    "CPCPCPFFF": "CPCPCPFFF",
    "CCPCCPCCPFF": "CCPCCPCCPFF",
    "vgg": "CCPCCPCCPCCPFF",
    "inception": "CIPIIPIIPIIPF",
    "resnet": "3R4R6R3RPF",
}
"""The named models that a string describes; a string equal to one of these builds that model."""


@dataclass(frozen=True)
class Symbol:
    """One letter of a string.

    Attributes:
        letter: one of LETTERS.
        count: how often it is repeated, 1 to LIMIT.
        position: of the letter in the text; the first character has position 1.
        counted: whether the count was written.
    """

    letter: str
    count: int
    position: int
    counted: bool = False


def parse(text: str) -> tuple[Symbol, ...]:
    """The symbols of a string in their order.

    Valid is: at least one C, I or R; every F at the end and at least one; at most LIMIT layers.

    Raises:
        BadInput: for anything else, with the position, the character there and the reason.
    """
    if not text:
        raise BadInput("the architecture is an empty text; expected layers such as CPCPCPFF")
    symbols: list[Symbol] = []
    layers = 0
    for symbol in _tokens(text):
        if symbols and symbols[-1].letter == "F" and symbol.letter != "F":
            raise _refusal(
                text, symbol.position, "fully connected layers (F) come last, nothing after them"
            )
        layers += symbol.count
        if layers > LIMIT:
            raise _refusal(text, symbol.position, f"more than {LIMIT} layers up to here")
        symbols.append(symbol)
    _check_ends(text, symbols)
    return tuple(symbols)


def canonical(text: str) -> str:
    """The one spelling that all strings of the same network share: 2CPRRF and CCP2RF -> CCP2RF.

    Raises:
        BadInput: if the string is not valid.
    """
    return "".join(
        f"{count}R" if letter == "R" else letter * count for letter, count in stages(parse(text))
    )


def stages(symbols: tuple[Symbol, ...]) -> list[tuple[str, int]]:
    """(letter, count) with neighbours joined; an R with a written count stays its own stage."""
    joined: list[tuple[str, int]] = []
    previous: Symbol | None = None
    for symbol in symbols:
        if previous is not None and continues(previous, symbol):
            joined[-1] = (symbol.letter, joined[-1][1] + symbol.count)
        else:
            joined.append((symbol.letter, symbol.count))
        previous = symbol
    return joined


def continues(previous: Symbol, symbol: Symbol) -> bool:
    """Whether `symbol`, directly after `previous`, belongs to the same stage."""
    same = previous.letter == symbol.letter
    return same and (symbol.letter != "R" or not (previous.counted or symbol.counted))


def check(architecture: str) -> None:
    """Refuse what is neither a named model nor a valid string.

    Whether the image is large enough for all poolings is known only when the network is built.

    Raises:
        BadInput: with the known names and with what is wrong with it as a string.
    """
    if architecture in CHOICES["architecture"]:
        return
    try:
        parse(architecture)
    except BadInput as error:
        names = ", ".join(CHOICES["architecture"])
        raise BadInput(f"{error}; the named models are {names}") from None


def _tokens(text: str) -> Iterator[Symbol]:
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and text[end] in "0123456789":
            end += 1
        count = _count(text, start, end)
        if end == len(text):
            raise _refusal(text, end, "a count needs a letter after it")
        if text[end] not in LETTERS:
            raise _refusal(text, end + 1, _unknown(text[end]))
        yield Symbol(text[end], count, end + 1, counted=end > start)
        start = end + 1


def _count(text: str, start: int, end: int) -> int:
    digits = text[start:end]
    if not digits:
        return 1
    if digits[0] == "0":
        raise _refusal(text, start + 1, "a count begins with 1 to 9")
    if len(digits) > len(str(LIMIT)):
        raise _refusal(text, start + 1, f"more than {LIMIT} layers up to here")
    return int(digits)


def _unknown(character: str) -> str:
    if character.upper() in LETTERS:
        return f"unknown letter; the letters are capitals: {character.upper()}?"
    return "unknown letter; known: " + ", ".join(f"{k} {v}" for k, v in LETTERS.items())


def _check_ends(text: str, symbols: list[Symbol]) -> None:
    if symbols[-1].letter != "F":
        raise _refusal(
            text, len(text), "the last layer must be F, the output with one unit a class"
        )
    if not any(symbol.letter in FEATURES for symbol in symbols):
        first = next(symbol for symbol in symbols if symbol.letter == "F")
        raise _refusal(
            text,
            first.position,
            f"a layer that makes feature maps ({', '.join(FEATURES)}) must come before the first F",
        )


def _refusal(text: str, position: int, reason: str) -> BadInput:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return BadInput(
        f"architecture {shown!r}, position {position}, {text[position - 1]!r}: {reason}"
    )
