"""From a string of the notation to a list of layers with their sizes; no Keras yet."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.errors import BadInput
from orchestrator.models.notation import FEATURES, Symbol, continues, parse

INCEPTION_STEP = 32
"""The i-th inception module has n = 32 i, up to the seventh (n = 224), as in the survey's net."""

INCEPTION_MODULES = 7


@dataclass(frozen=True)
class Style:
    """What a family's letters look like; the defaults are those of any other string.

    Attributes:
        filters: of C and R, a stage each; the last holds for all later stages. A stage ends with
            a P, or with a stage of R directly before another.
        kernels: side in pixels of C's kernels, a stage each; the last holds for later stages.
        pool_window: side in pixels of P; its stride is always 2.
        units: of every F but the last.
        dropout_after_pooling: whether dropout follows a P that stands behind a C.
        dropout_after_each_hidden: whether dropout follows every hidden F, or the last one only.
    """

    filters: tuple[int, ...] = (32, 64, 128, 256, 512)
    kernels: tuple[int, ...] = (3,)
    pool_window: int = 2
    units: int = 256
    dropout_after_pooling: bool = True
    dropout_after_each_hidden: bool = True


@dataclass(frozen=True)
class LayerSize:
    """One layer of the network.

    Attributes:
        letter: of the notation.
        name: of the layer: its letter in lower case and its number among its like, e.g. "c3".
        size: filters of C and R, n of I, units of F (the output's: 0); 0 for P and N.
        window: side in pixels of C's kernel or of P's window; 0: P is the global average.
        strides: 2 where R halves the image; 1 otherwise. P always halves.
        dropout: whether dropout follows.
        last_feature: whether class activation maps are taken here.
    """

    letter: str
    name: str
    size: int = 0
    window: int = 0
    strides: int = 1
    dropout: bool = False
    last_feature: bool = False


def layer_sizes(text: str, side: int, style: Style) -> tuple[LayerSize, ...]:
    """The layers of a string for images whose shorter side has `side` pixels.

    Where the notation says nothing: the P between a last I or R and the first F is the global
    average (He et al. 2016; Pramerdorfer & Kampel's inception and residual nets), every other P
    halves; the second and later stages of R without a P between begin with a stride of 2; I and R
    are not followed by dropout, the global average is.

    Raises:
        BadInput: if the string is not valid, or halves an image of one pixel.
    """
    return tuple(_Walk(text, side, style).layers())


class _Walk:
    """Walks along the symbols and remembers what the next layer's size depends on."""

    def __init__(self, text: str, side: int, style: Style) -> None:
        self.text, self.side, self.style = text, side, style
        self.symbols = parse(text)
        letters = "".join(s.letter * s.count for s in self.symbols)
        self.last_feature = max(letters.rfind(letter) for letter in FEATURES)
        self.length = len(letters)
        self.last_pool = letters.rfind("P") if self._averages(letters) else -1
        self.stage = 0
        self.numbers: dict[str, int] = {}
        self.feature = ""
        self.stage_used = self.residual_before = False

    def _averages(self, letters: str) -> bool:
        hidden = letters.rstrip("F")
        return hidden.endswith("P") and hidden.rstrip("PN")[-1] in "IR"

    def layers(self) -> Iterator[LayerSize]:
        previous: Symbol | None = None
        index = 0
        for symbol in self.symbols:
            fresh = previous is None or not continues(previous, symbol)
            for repeat in range(symbol.count):
                yield self._layer(symbol, index, opens=fresh and repeat == 0)
                index += 1
            previous = symbol

    def _layer(self, symbol: Symbol, index: int, opens: bool) -> LayerSize:
        letter = symbol.letter
        self.numbers[letter] = self.numbers.get(letter, 0) + 1
        name = f"{letter.lower()}{self.numbers[letter]}"
        if letter == "P":
            return self._pooling(symbol, name, average=index == self.last_pool)
        if letter == "N":
            return LayerSize("N", name)
        if letter == "F":
            return self._fully_connected(name, left=self.length - 1 - index)
        return self._features(symbol, name, opens, last=index == self.last_feature)

    def _features(self, symbol: Symbol, name: str, opens: bool, last: bool) -> LayerSize:
        letter, strides = symbol.letter, 1
        if letter == "R" and opens and self.residual_before:
            self._halve(symbol)
            self.stage, strides = self.stage + 1, 2
        self.residual_before = self.residual_before or letter == "R"
        self.feature, self.stage_used = letter, True
        if letter == "I":
            size = INCEPTION_STEP * min(self.numbers["I"], INCEPTION_MODULES)
        else:
            size = _at(self.style.filters, self.stage)
        window = _at(self.style.kernels, self.stage) if letter == "C" else 0
        return LayerSize(letter, name, size, window, strides, last_feature=last)

    def _pooling(self, symbol: Symbol, name: str, average: bool) -> LayerSize:
        if average:
            return LayerSize("P", name, dropout=True)
        self._halve(symbol)
        if self.stage_used:
            self.stage += 1
        self.stage_used = self.residual_before = False
        dropout = self.style.dropout_after_pooling and self.feature == "C"
        return LayerSize("P", name, window=self.style.pool_window, dropout=dropout)

    def _fully_connected(self, name: str, left: int) -> LayerSize:
        if left == 0:
            return LayerSize("F", name)
        dropout = self.style.dropout_after_each_hidden or left == 1
        return LayerSize("F", name, self.style.units, dropout=dropout)

    def _halve(self, symbol: Symbol) -> None:
        if self.side < 2:
            raise BadInput(
                f"architecture {self.text!r}, position {symbol.position}, {symbol.letter!r}: too "
                "many poolings for this image, one pixel is left to halve; take some P (or stages "
                "of R) out"
            )
        self.side = (self.side + 1) // 2


def _at(values: tuple[int, ...], index: int) -> int:
    return values[min(index, len(values) - 1)]
