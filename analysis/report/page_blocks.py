"""What a page is made of; the template knows how each block looks, and nothing else.

Every text in a block is plain: the template escapes it.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol


@dataclass(frozen=True)
class Text:
    """A paragraph, in a tone.

    `tone` is "plain", "question", "note" (quieter), "absent" (why there is nothing) or "warning".
    """

    kind: ClassVar[str] = "text"
    words: str
    tone: str = "plain"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    kind: ClassVar[str] = "points"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Terms, each with what is to be said of it.

    Attributes:
        pairs: term and text.
        code: terms whose text is shown as it would be typed.
        spans: terms in whose text that holds for what stands between backticks.
    """

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]
    code: frozenset[str] = frozenset()
    spans: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row.

    Attributes:
        caption: what it shows, with n where one n holds for all of it.
        heads: of the columns.
        rows: as many cells as heads.
        words: heads of columns that hold words; the others hold numbers and are set right.
        marked: indices of rows to set apart, e.g. what was chosen.
        folded: whether it is shown only when asked for.
        trials: of each row, the trial that it is about; empty where rows are about other things.
    """

    kind: ClassVar[str] = "table"
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str] = frozenset()
    marked: frozenset[int] = frozenset()
    folded: bool = False
    trials: tuple[str, ...] = ()


class Block(Protocol):
    """What may stand in a part: a dataclass here, or one of pictures."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Folded:
    """Blocks that are shown only when asked for."""

    kind: ClassVar[str] = "folded"
    words: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Part:
    """Blocks below a smaller heading, or below none."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """Parts below a heading that the contents lead to; `name` is its anchor, ours alone."""

    name: str
    title: str
    parts: tuple[Part, ...]
